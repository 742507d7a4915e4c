// Package flow holds the nouns of a project's YAML files and reads them. It
// checks what can be known from one file alone; package plan checks the rest.
package flow

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/spec"
)

// Flow is one flow file.
type Flow struct {
	File  string // path as shown to people
	Bytes []byte // the file, for snippets and the digest

	Version       int        `key:"version" required:"true" help:"version of the file format: 1"`
	Name          Text       `key:"flow" required:"true" help:"the flow's name: a-z, 0-9 and -, unique in the project"`
	Description   string     `key:"description" help:"what the flow is for"`
	Owner         string     `key:"owner" help:"who looks after it"`
	Tags          []string   `key:"tags" help:"words to find it by"`
	Schedule      *Schedule  `key:"schedule" help:"when it is due"`
	After         []Text     `key:"after" help:"other flows that must have succeeded"`
	Params        Params     `key:"params" help:"values given to a run"`
	Source        Source     `key:"source" help:"what it reads"`
	Steps         Steps      `key:"steps" help:"what it does with the rows, in order; each step is a map with one key"`
	Sink          Sink       `key:"sink" help:"what it writes"`
	Errors        Errors     `key:"errors" help:"what becomes of rows that cannot be read, computed or written"`
	Run           RunOptions `key:"run" help:"how a run behaves"`
	Notify        *Notify    `key:"notify" help:"whom to tell how a run ended"`
	Tests         []Test     `key:"tests" help:"rows in and rows expected out"`
	Defaults      Part       `key:"defaults" help:"what the streams have in common"`
	Streams       Streams    `key:"streams" help:"many tables, or many files: a name, or a pattern with *, and what differs for it; each becomes a flow of its own"`
	OnStreamError string     `key:"on_stream_error" enum:"continue,stop" default:"continue" help:"what to do when a stream fails: go on with the others, or begin no more"`

	Stream *StreamOf // which stream of a flow this is; nil = a whole flow
}

// Digest identifies the contents of the flow's file: SHA-256 in hex.
func (f *Flow) Digest() string {
	sum := sha256.Sum256(f.Bytes)
	return hex.EncodeToString(sum[:])
}

// Retries says how often a run may be tried again; nil = never. What comes from standard input, or
// went to standard output, cannot be had again.
func (f *Flow) Retries() *Retry {
	if f.standard() {
		return nil
	}
	return f.Run.Retry
}

// standard reports whether the flow reads standard input or writes standard output.
func (f *Flow) standard() bool {
	return f.Source.Files != nil && f.Source.Files.Glob.Value == "-" || f.Sink.File.Value == "-"
}

// Schedule says when a flow is due.
type Schedule struct {
	Cron     Text `key:"cron" required:"true" help:"minute, hour, day of month, month, day of week"`
	Timezone Text `key:"timezone" help:"such as Europe/Berlin; left out = UTC"`
}

// Errors says what becomes of rows that cannot be read, computed or written.
type Errors struct {
	Pos         Pos
	Rows        string `key:"rows" enum:"fail,skip,quarantine" default:"fail" help:"what to do with such a row"`
	MaxRows     int64  `key:"max_rows" default:"-1" help:"the run fails when there are more; left out = no limit"`
	MaxRate     Rate   `key:"max_rate" default:"-1" help:"the run fails when more of the rows read, such as 0.5%; left out = no limit"`
	Destination `key:"into" help:"where rejects go; left out = rejects/<run>.jsonl"`
}

// DecodeNode takes a map.
func (e *Errors) DecodeNode(n *yaml.Node, d *spec.Decoder) {
	type plain Errors
	d.Decode(n, (*plain)(e))
	e.Pos = posOf(n)
}

// NodeSchema is a map.
func (e *Errors) NodeSchema() map[string]any {
	type plain Errors
	return spec.JSONSchema((*plain)(e))
}

// Destination is where rejects go.
type Destination struct {
	Into Text `key:"file" required:"true" help:"a file; may hold ${{ }}"`
}

// RunOptions tune a run.
type RunOptions struct {
	Timeout  time.Duration `key:"timeout" help:"the run fails when it takes longer; left out = no limit"`
	Overlap  string        `key:"overlap" enum:"skip,fail" default:"fail" help:"what to do when a run of this flow is still going"`
	Retry    *Retry        `key:"retry" help:"how often to try again what may pass: a request, a read that goes on where it stopped, or the run, whichever is closest; left out = requests of http and s3 are tried five times, nothing else twice"`
	Parallel int           `key:"parallel" default:"0" help:"workers; of a flow with streams, streams at a time; 0 = one per processor, of streams 8 at most"`
	Memory   spec.Size     `key:"memory" help:"for steps that must remember rows; left out = 256MiB"`
}

// Retry says how often to try again.
type Retry struct {
	Attempts int           `key:"attempts" default:"3" help:"tries in all"`
	Backoff  time.Duration `key:"backoff" default:"1s" help:"the wait before the second try; it doubles each time"`
}

// Notify says whom to tell how a run ended.
type Notify struct {
	On  []string `key:"on" required:"true" enum:"succeeded,partial,failed,interrupted,empty,skipped,recovered" help:"the endings that count"`
	Via Text     `key:"via" required:"true" help:"the connection that carries the message"`
}

// Test is a flow's own test.
type Test struct {
	Name   Text                       `key:"name" required:"true" help:"what is shown"`
	Params spec.Ordered[*yaml.Node]   `key:"params" help:"values given to the run"`
	Rows   []spec.Ordered[*yaml.Node] `key:"rows" required:"true" help:"rows in, as the source gives them"`
	Expect TestResult                 `key:"expect" required:"true" help:"what must come out"`
}

// TestResult is what a test must come to.
type TestResult struct {
	Rows []spec.Ordered[*yaml.Node] `key:"rows" help:"rows out, in order; only the columns named are compared"`
}
