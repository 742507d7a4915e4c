// Package plan turns a checked flow into something that can run: connections are
// opened, columns named and typed, steps compiled, the target compared. After Build
// nobody reads YAML.
package plan

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/flow/step"
)

// Run names a run and fixes the times that expressions may use.
type Run struct {
	ID        string    // sortable and unique: 20060102T150405-xxxxxx
	Started   time.Time // UTC
	Scheduled time.Time // the slot; Started when there is none
}

// Purpose is what a plan is built for.
type Purpose uint8

const (
	ToRun     Purpose = iota // the engine lists the splits and prepares the sink itself
	ToShow                   // list the splits and compare the target, change nothing
	ToPreview                // leave the sink alone
)

// Request is what Build works from.
type Request struct {
	Flow     *flow.Flow
	Project  *flow.Project
	Registry *connector.Registry
	Profile  string            // of connections.yaml; "" = none
	Params   map[string]string // as given on the command line
	Run      Run
	Env      connector.Env // Project, Stdin, Stdout, Network and Notice; the rest is filled in per connection
	Purpose  Purpose
	Sums     bool // checksums of the files read and written are wanted
	// Secret releases a secret for what asks for it; nil = there is no store to take one from,
	// and a run that needs one fails with a *NoStoreError. Safe from any goroutine.
	Secret func(context.Context, Ask) (connector.Secret, error)
	Cursor json.RawMessage // where the last run ended, as far as is known here: a sink's own wins
	// From and To bound a backfill of an incremental source, From <= cursor < To; it leaves
	// the stored cursor alone. "" = no bound; both empty = no backfill.
	From, To string
}

// Plan is a flow ready to run. What is exported is data, and what `plan` prints;
// the rest are open handles. A plan runs once. Close it.
type Plan struct {
	Flow    string            `json:"flow"`
	Stream  string            `json:"stream,omitempty"` // of the flow, which is one of many then
	File    string            `json:"file"`
	Digest  string            `json:"digest"` // of the flow file
	Profile string            `json:"profile,omitempty"`
	Params  map[string]string `json:"params,omitempty"`
	Needs   *Needs            `json:"needs"`
	Run     Run               `json:"-"`

	Source  Endpoint             `json:"source"`
	Splits  *connector.SplitPlan `json:"splits"`
	Since   json.RawMessage      `json:"since,omitempty"` // the cursor that Splits start from
	Columns []Column             `json:"columns"`         // of the source
	Steps   []StepInfo           `json:"steps"`
	Output  []Column             `json:"output"` // columns that reach the sink
	Sink    Endpoint             `json:"sink"`
	Changes []string             `json:"changes"` // what the sink will create or alter
	Notes   []string             `json:"notes"`

	// Streams are the plans of a flow with streams, which then has little of its own.
	Streams []*Plan `json:"streams,omitempty"`

	Options flow.RunOptions `json:"-"`
	// RejectsInto is the path of the rejects file when the flow names one.
	RejectsInto string      `json:"-"`
	Errors      flow.Errors `json:"-"`
	Strict      bool        `json:"-"` // check every cell, also those nobody uses

	// From, Schema, Ops and To are the live parts: the source, the columns it gives,
	// the compiled steps, and the sink (nil in a preview).
	From   connector.Source `json:"-"`
	Schema *record.Schema   `json:"-"`
	Ops    []*step.Op       `json:"-"`
	To     connector.Sink   `json:"-"`

	closers []io.Closer // tunnels
}

// Endpoint is one end of a flow, for people.
type Endpoint struct {
	Connection string `json:"connection,omitempty"` // "" = the project's files
	Type       string `json:"type"`
	Object     string `json:"object"` // glob, file, table, query
	Mode       string `json:"mode,omitempty"`
}

// Column is a column with its type, for people.
type Column struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Declared bool   `json:"declared"`
}

// StepInfo is one step of a plan, for people.
type StepInfo struct {
	Name    string `json:"name"`
	Explain string `json:"explain,omitempty"` // which parts are kernels, which run in the VM
}

// Out is the schema of the rows that reach the sink.
func (p *Plan) Out() *record.Schema {
	if len(p.Ops) == 0 {
		return p.Schema
	}
	return p.Ops[len(p.Ops)-1].Out
}

// JSON is the plan as `plan --out` writes it.
func (p *Plan) JSON() ([]byte, error) { return json.MarshalIndent(p, "", "  ") }
