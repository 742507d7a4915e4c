// Package step holds the steps of a flow: one file a step, and one line in table.go.
package step

import (
	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow/expr"
)

// Kind is one kind of step: an entry of the table.
type Kind struct {
	Name    string // the key in YAML
	Summary string // one line of help
	// Decode reads the step's value. Findings go to d; the step is usable for Check
	// even when there were some.
	Decode func(n *yaml.Node, d *spec.Decoder) Step
	// Schema is the JSON schema of the step's value.
	Schema func() map[string]any
}

// Step is a decoded step.
type Step interface {
	// Check reports what is wrong with the step over in (positions are the YAML
	// file's) and gives the scope after it, as well as it can be told, so that later steps are
	// checked too. It has the Vars of in.
	Check(in expr.Scope, d *spec.Decoder) expr.Scope
	// Compile makes the step runnable. It is called only when Check over the same
	// columns, all known, had no findings.
	Compile(in *record.Schema, env Env) (*Op, error)
}

// Env is what a run lends its steps.
type Env struct {
	Vars    expr.Vars // names with one value for the whole run
	Memory  int64     // bytes that all slots of one stateful step may keep before they spill; 0 = the default
	TempDir string    // where to spill; "" = the system's
	// Key finds a symmetric key of `keys:`; nil = there is nobody to ask, and a step that
	// needs one compiles to an op that refuses rows.
	Key func(name string) (connector.Secret, error)
}

// KeyUser is a Step that needs symmetric keys of `keys:`.
type KeyUser interface {
	// Keys lists them, with where they are named. It is called after Decode.
	Keys() []KeyName
}

// KeyName names a key in a flow's file.
type KeyName struct {
	Name string
	Node *yaml.Node
}

// Op is a compiled step.
type Op struct {
	Name string // "filter"
	Out  *record.Schema
	// Ordered ops share state: the engine gives them the batches one at a time, in
	// the order of the rows. Others get an instance per worker slot.
	Ordered bool
	// New makes an instance: one per slot, or exactly one when Ordered.
	New func() Instance
	// Bounds is what the op demands of columns: a row that does not meet them is filtered,
	// and nothing else happens to it. May be nil.
	Bounds []expr.Bound
	// Explain says for people how it runs: which parts are kernels and which the VM.
	Explain string
	// Finish is called once after the last batch of a successful run: an error fails
	// the run (expect: min_rows). May be nil.
	Finish func() error
	// Done reports that no later row can survive (a limit that is reached), so the engine
	// may stop reading. May be nil. Safe from any goroutine.
	Done func() bool
	// Close releases what the op holds (spill files). May be nil. May be called twice.
	Close func() error
}

// Instance applies an op to batches.
type Instance interface {
	// Apply narrows b.Sel, changes b.Cols, and accounts for every row it takes
	// out: b.Filtered, b.Deduped or b.Reject. An error ends the run.
	Apply(b *record.Batch) error
}
