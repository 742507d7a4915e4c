// Package connector holds the contracts between the engine and the outside world:
// sources and sinks of rows, stores of bytes, formats and codecs, and the registry
// that lists them. It imports nothing of the house outside itself.
//
// Bytes and rows are separate. A Store lists, opens and creates named byte
// streams and knows no format; a Format turns a byte stream into batches and back
// and knows no store; package blob joins them into a Source and a Sink. A table
// connector (a database) is a Source and a Sink itself.
//
// Split, SplitPlan, Session and Receipt are plain data, so that what they describe can
// be stored before it is done, and done again after a crash.
package connector

import (
	"context"
	"encoding/json"
	"io"

	"github.com/headgate/headgate/connector/record"
)

// SplitID names a split within a run. It is stable when the same plan is made again.
type SplitID string

// Split is one piece of a source that is read on its own, from start to end.
type Split struct {
	ID    SplitID         `json:"id"`
	Name  string          `json:"name"`           // for people: a file's path, a table's name
	Spec  json.RawMessage `json:"spec,omitempty"` // the connector's own: path, key range
	Rows  int64           `json:"rows"`           // estimate, -1 unknown
	Bytes int64           `json:"bytes"`          // estimate of what Reader.BytesRead will reach, -1 unknown
}

// SplitPlan freezes what one run reads. It is stored before the first byte moves.
type SplitPlan struct {
	Splits []Split         `json:"splits"`
	Cursor json.RawMessage `json:"cursor,omitempty"` // the cursor once every split is committed; nil = the source keeps none
}

// Stream describes the rows of a source.
type Stream struct {
	Schema *record.Schema
	// Missing lists declared columns the input does not have, Extra lists input
	// columns that are not declared. Both are what `drift` decides on.
	Missing, Extra []string
	// Notes are findings for people that do not stop a run ("3 files, header differs").
	Notes []string
}

// Source reads rows. Its methods are called from one goroutine, in the order
// Discover, Plan, Open.
type Source interface {
	// Discover names and types the columns. It reads no more than a sample and
	// changes nothing.
	Discover(ctx context.Context) (*Stream, error)
	// Plan lists the splits, in the order in which rows are to appear. cursor is what the
	// last committed run left in SplitPlan.Cursor, nil for everything.
	Plan(ctx context.Context, cursor json.RawMessage) (*SplitPlan, error)
	// Open starts reading a split as the schema of Discover says.
	Open(ctx context.Context, s Split) (Reader, error)
	// Close releases what the source holds. It may be called twice.
	io.Closer
}

// Acker is a Source with something to do upstream once a run is durable: delete or
// move files. Ack is called after Sink.Commit, maybe again after a crash, and must
// then succeed without doing harm.
type Acker interface {
	// Acks reports whether this source, as it is configured, has anything to do.
	Acks() bool
	Ack(ctx context.Context, p *SplitPlan) error
}

// Parallel is a Source or a Sink whose Open may be called from several goroutines at once,
// and whose Readers or Writers do not get into each other's way.
type Parallel interface {
	// Parallel is how many are worth having open at once, at least 1.
	Parallel() int
}

// Concluder is a Source that knows only after reading what its plan comes to: which
// splits were read at all, what their checksums are. Conclude is called after every Reader was
// closed and before the receipts are stored; it may change p.Cursor and the Spec of splits.
type Concluder interface {
	Conclude(ctx context.Context, p *SplitPlan) error
}

// Summer is a Source or a Sink that knows checksums of the files it read or wrote. Sums is called
// after Commit.
type Summer interface {
	Sums() []FileSum
}

// FileSum identifies the contents of a file as it is stored.
type FileSum struct {
	Name   string `json:"name"` // for people
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // in hex
}

// Reader reads one split in two halves. Next is serial: the engine calls it from
// one goroutine at a time, in order. Decode is parallel: it may run on several
// morsels of the same reader at once, after Next filled them.
type Reader interface {
	// Next fills m with the next piece of the input, whole records only, or
	// returns io.EOF, then and ever after.
	Next(ctx context.Context, m *Morsel) error
	// Decode makes m.Batch from what Next put in m. Rows it cannot read are in
	// Batch.Rejects and not in Batch.Sel; an error ends the run.
	Decode(m *Morsel) error
	// BytesRead is how much of the input (as stored, before decoding) Next has
	// consumed. Safe to call at any time from any goroutine.
	BytesRead() int64
	// Close may be called twice, and before EOF.
	io.Closer
}

// Morsel is the work of one worker slot: a piece of input on its way to the output. Its memory is
// reused for the next piece.
type Morsel struct {
	Chunk   []byte       // the piece as read; owned by the slot, grown by Next
	Batch   record.Batch // made by Decode, changed by the steps
	Out     []byte       // made by Writer.Encode
	Scratch any          // the reader's own, kept between pieces of the same reader; nil at first
	Parts   any          // the writer's own, made by Encode for Append
}

// Session is what Sink.Prepare decided. It is stored before rows move.
type Session struct {
	ID      string          `json:"id"`                // the run's id
	Changes []string        `json:"changes,omitempty"` // what will be created or altered, for people: DDL, file names
	Notes   []string        `json:"notes,omitempty"`   // what a person should know ("total: 31 digits, stored as TEXT")
	Cursor  json.RawMessage `json:"cursor,omitempty"`  // the cursor found beside the data; wins over the local one
	Spec    json.RawMessage `json:"spec,omitempty"`    // the connector's own
}

// Receipt says that a writer's rows are durable but not visible.
type Receipt struct {
	Split SplitID         `json:"split"`
	Rows  int64           `json:"rows"`
	Bytes int64           `json:"bytes"`
	Spec  json.RawMessage `json:"spec,omitempty"` // the connector's own: staged name and final name
}

// State is what a sink that can must store beside the data, in the same transaction.
type State struct {
	Flow   string          `json:"flow"`
	Run    string          `json:"run"`
	Cursor json.RawMessage `json:"cursor,omitempty"` // nil: leave the stored cursor alone
}

// Result is what a commit did, where the target can tell; -1 = unknown.
type Result struct {
	Inserted, Updated, Deleted int64
	Outputs                    []string // final names, for people
}

// Sink writes rows. Its methods are called from one goroutine, in the order Prepare,
// Open, (Writer), Commit or Abort.
type Sink interface {
	// Prepare compares the target with the rows to come. With dry it changes
	// nothing and only reports: that is what `plan` prints. Otherwise it may build
	// what is needed aside.
	Prepare(ctx context.Context, in *record.Schema, run Run, dry bool) (*Session, error)
	// Open starts a writer. When PerSplit is false the engine opens one writer for
	// the whole run, with an empty Split.
	Open(ctx context.Context, ses *Session, s Split) (Writer, error)
	// PerSplit reports whether each split has an output of its own.
	PerSplit() bool
	// Commit makes the rows of all receipts visible, atomically where the target
	// can, together with st. For a session that is committed already it succeeds
	// and changes nothing: a crash between Commit and its record leads to a second call.
	Commit(ctx context.Context, ses *Session, rs []Receipt, st State) (*Result, error)
	// Abort undoes what Prepare, Open and Seal did. It may be called for a session of a
	// run that crashed, with the receipts recorded then.
	Abort(ctx context.Context, ses *Session, rs []Receipt) error
	// Close releases what the sink holds. It may be called twice.
	io.Closer
}

// Keeper is a Sink that keeps cursors beside the data. Its methods are called outside of runs,
// instead of Prepare.
type Keeper interface {
	// Kept is the cursor of a flow, nil for none, and its last committed run, "" for none.
	Kept(ctx context.Context, flow string) (cursor json.RawMessage, run string, err error)
	// Keep changes the cursor; nil forgets it.
	Keep(ctx context.Context, flow string, cursor json.RawMessage) error
}

// Positioner is a Source that is read by a cursor and can make one of what a person writes. Position
// is called after Discover. Reading goes on after the rows with that cursor, or, with
// tie, after the one of them with that tie breaker.
type Positioner interface {
	Position(ctx context.Context, cursor, tie string) (json.RawMessage, error)
}

// Run is what a sink may know of the run: it names outputs and marks state.
type Run struct {
	ID, Flow string
}

// Checker is a Writer whose Encode rejects every row with a bad cell by itself, so that
// nobody has to ask for the values of the cells before.
type Checker interface {
	// ChecksCells marks it.
	ChecksCells()
}

// Sender is a Writer for all splits that can begin to take rows while it waits for what becomes
// of those before them.
type Sender interface {
	// Send is followed by Append of the same morsel, in which rows are rejected. It is serial and in
	// the order of the rows, and may run beside Append of the morsel before, and no other. A morsel
	// that was sent and not appended is discarded by Close.
	Send(ctx context.Context, m *Morsel) error
}

// Writer writes one output. Encode is parallel, Append is serial and in the order of the rows.
type Writer interface {
	// Encode prepares the rows of m.Batch.Sel in m.Out. It may run on several morsels at
	// once. Rows that cannot be written are rejected in the batch.
	Encode(m *Morsel) error
	// Append takes the rows. Rows the target refuses are rejected in the batch; the
	// rest are accepted.
	Append(ctx context.Context, m *Morsel) error
	// Seal makes everything appended durable and invisible.
	Seal(ctx context.Context) (Receipt, error)
	// Close discards what was not sealed. It may be called twice.
	io.Closer
}
