package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/flow/state"
	"github.com/headgate/headgate/flow/step"
)

// lines is a source of one text column and one int column: "text" and "text,int".
// Each split is a list of lines.
type lines struct {
	splits  [][]string
	batch   int           // lines of a morsel
	size    int64         // of each split, as it is told; 0 = not known
	fail    error         // of Next, after the last line of the last split
	forever bool          // the last split never ends
	waits   bool          // the last split never ends and gives nothing more
	waiting chan struct{} // closed when a reader waits
	acked   int
	ackErr  error
	deaf    bool // nothing to acknowledge
	cursor  json.RawMessage
	planned json.RawMessage // the cursor that Plan was given
	open    atomic.Int64
}

func schema() *record.Schema {
	return &record.Schema{Fields: []record.Field{
		{Name: "name", Type: record.Type{Kind: record.String}, Declared: true},
		{Name: "n", Type: record.Type{Kind: record.Int}, Declared: true},
	}}
}

func (l *lines) Discover(context.Context) (*connector.Stream, error) {
	return &connector.Stream{Schema: schema()}, nil
}

func (l *lines) Plan(_ context.Context, cursor json.RawMessage) (*connector.SplitPlan, error) {
	l.planned = cursor
	p := &connector.SplitPlan{Cursor: l.cursor}
	for i := range l.splits {
		p.Splits = append(p.Splits, connector.Split{ID: connector.SplitID(fmt.Sprint(i)), Name: fmt.Sprintf("split%d", i), Bytes: cmp.Or(l.size, -1)})
	}
	return p, nil
}

func (l *lines) Open(_ context.Context, s connector.Split) (connector.Reader, error) {
	var i int
	fmt.Sscan(string(s.ID), &i)
	l.open.Add(1)
	return &lineReader{src: l, split: i, last: i == len(l.splits)-1}, nil
}

func (l *lines) Close() error { return nil }
func (l *lines) Acks() bool   { return !l.deaf }

func (l *lines) Ack(context.Context, *connector.SplitPlan) error { l.acked++; return l.ackErr }

type lineReader struct {
	src    *lines
	split  int
	next   int
	passed atomic.Int64
	last   bool
	closed bool
}

// piece is what a morsel of lines keeps in its Scratch.
type piece struct {
	split, first int
	lines        []string
}

func (r *lineReader) Next(ctx context.Context, m *connector.Morsel) error {
	all := r.src.splits[r.split]
	if r.next >= len(all) && r.last && r.src.forever && ctx.Err() == nil {
		r.next = 0
	}
	if r.next >= len(all) && r.last && r.src.waits {
		close(r.src.waiting)
		<-ctx.Done()
		return ctx.Err()
	}
	if r.next >= len(all) {
		if r.last && r.src.fail != nil {
			return r.src.fail
		}
		return io.EOF
	}
	n := min(r.src.batch, len(all)-r.next)
	m.Scratch = &piece{r.split, r.next, all[r.next : r.next+n]}
	r.next += n
	r.passed.Store(int64(r.next))
	return nil
}

func (r *lineReader) Decode(m *connector.Morsel) error {
	p := m.Scratch.(*piece)
	m.Batch.Reset(len(p.lines))
	m.Batch.Origin = p
	for i, f := range schema().Fields {
		m.Batch.Cols = append(m.Batch.Cols, m.Batch.InputColumn(f.Type, i))
	}
	return nil
}

func (r *lineReader) BytesRead() int64 { return r.passed.Load() }

func (r *lineReader) Close() error {
	if !r.closed {
		r.closed = true
		r.src.open.Add(-1)
	}
	return nil
}

func (p *piece) FillText(b *record.Batch, col int, sel []int32, v *record.Vector) {
	for _, row := range sel {
		parts := strings.SplitN(p.lines[row], ",", 2)
		if col == len(parts) {
			v.Cells[row] = record.Null
			continue
		}
		v.Str[row], v.Cells[row] = b.AddText([]byte(parts[col])), record.Value
	}
}

func (p *piece) Position(_ *record.Batch, row int32) record.Position {
	return record.Position{File: fmt.Sprintf("split%d", p.split), Line: int64(p.first) + int64(row) + 1}
}

func (p *piece) Record(_ *record.Batch, row int32) []byte { return []byte(p.lines[row]) }

// memory is a sink that keeps the first column of each row.
type memory struct {
	perSplit bool
	refuse   string // a name whose rows Append rejects
	failing  string // commit, seal or append: which call fails

	mu        sync.Mutex
	staged    map[string][]string
	visible   []string
	committed string // run
	aborted   int
	prepared  *record.Schema
	state     connector.State
}

func (s *memory) Prepare(_ context.Context, in *record.Schema, run connector.Run, _ bool) (*connector.Session, error) {
	s.prepared = in
	s.staged = map[string][]string{}
	return &connector.Session{ID: run.ID}, nil
}

func (s *memory) PerSplit() bool { return s.perSplit }

func (s *memory) Open(_ context.Context, _ *connector.Session, sp connector.Split) (connector.Writer, error) {
	return &memoryWriter{sink: s, split: sp.ID}, nil
}

func (s *memory) Commit(_ context.Context, ses *connector.Session, rs []connector.Receipt, st connector.State) (*connector.Result, error) {
	if s.failing == "commit" {
		return nil, errors.New("commit: refused")
	}
	if s.failing == "line" { // before the commit got there
		s.failing = ""
		return nil, connector.Transient(errors.New("commit: the line is dead"))
	}
	if s.committed == ses.ID {
		return &connector.Result{}, nil
	}
	if s.staged == nil {
		return nil, connector.ErrNothingStaged
	}
	for _, r := range rs {
		s.visible = append(s.visible, s.staged[string(r.Split)]...)
	}
	s.committed, s.state = ses.ID, st
	if s.failing == "answer" {
		s.failing = ""
		return nil, connector.Transient(errors.New("commit: the answer got lost"))
	}
	return &connector.Result{}, nil
}

func (s *memory) Abort(context.Context, *connector.Session, []connector.Receipt) error {
	s.aborted++
	s.staged = nil
	return nil
}

func (s *memory) Close() error { return nil }

type memoryWriter struct {
	sink  *memory
	split connector.SplitID
	rows  []string
}

func (w *memoryWriter) Encode(m *connector.Morsel) error {
	m.Out = m.Out[:0]
	b := &m.Batch
	v := b.Cols[0].Values(b, b.Sel)
	for _, row := range b.Sel {
		m.Out = append(append(m.Out, b.Text(v.Str[row])...), '\n')
	}
	return nil
}

func (w *memoryWriter) Append(_ context.Context, m *connector.Morsel) error {
	if w.sink.failing == "append" {
		return errors.New("append: disk full")
	}
	b := &m.Batch
	for i, name := range strings.Split(strings.TrimSuffix(string(m.Out), "\n"), "\n") {
		switch {
		case len(b.Sel) == 0:
		case name == w.sink.refuse:
			b.Reject(b.Sel[i], record.Constraint, "name", "the sink does not take it")
		default:
			w.rows = append(w.rows, name)
		}
	}
	return nil
}

func (w *memoryWriter) Seal(context.Context) (connector.Receipt, error) {
	if w.sink.failing == "seal" {
		return connector.Receipt{}, errors.New("seal: disk full")
	}
	w.sink.mu.Lock()
	defer w.sink.mu.Unlock()
	w.sink.staged[string(w.split)] = w.rows
	return connector.Receipt{Split: w.split, Rows: int64(len(w.rows))}, nil
}

func (w *memoryWriter) Close() error { return nil }

// apply is a step made of a function.
type apply func(b *record.Batch) error

func (f apply) Apply(b *record.Batch) error { return f(b) }

func op(name string, ordered bool, f apply) *step.Op {
	return &step.Op{Name: name, Out: schema(), Ordered: ordered, New: func() step.Instance { return f }}
}

// only keeps the rows whose name keep accepts.
func only(keep func(name string) bool, ordered bool) *step.Op {
	return op("filter", ordered, func(b *record.Batch) error {
		v := b.Cols[0].Values(b, b.Sel)
		kept := b.Sel[:0]
		for _, row := range b.Sel {
			if keep(string(b.Text(v.Str[row]))) {
				kept = append(kept, row)
			} else {
				b.Filtered++
			}
		}
		b.Sel = kept
		return nil
	})
}

// job is a run in the making.
type job struct {
	src   *lines
	sink  *memory
	ops   []*step.Op
	rules flow.Errors
	o     Options
	run   string
	ctx   context.Context
}

func newJob(t *testing.T, splits ...[]string) *job {
	t.Helper()
	dir := t.TempDir()
	return &job{src: &lines{splits: splits, batch: 3}, sink: &memory{}, run: "r1", ctx: context.Background(),
		rules: flow.Errors{Rows: "fail", MaxRows: -1, MaxRate: -1},
		o:     Options{State: state.Open(filepath.Join(dir, "state")), RejectsDir: filepath.Join(dir, "rejects")}}
}

func (j *job) plan() *plan.Plan {
	return &plan.Plan{Flow: "test", Run: plan.Run{ID: j.run}, From: j.src, Schema: schema(), Ops: j.ops, To: j.sink, Errors: j.rules}
}

func (j *job) start() (*Report, error) { return Run(j.ctx, j.plan(), j.o) }

// dir is where the job's state is.
func (j *job) dir() string { return filepath.Join(filepath.Dir(j.o.RejectsDir), "state") }

func rate(x float64) flow.Rate { return flow.Rate(x) }

// numbers is n lines "x<i>,<i>".
func numbers(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("x%d,%d", i, i)
	}
	return out
}
