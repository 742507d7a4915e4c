package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/flow/step"
)

// manyLines is lines whose splits may be open at once. It notes how many were.
type manyLines struct {
	*lines
	refuse connector.SplitID // Open fails
	meet   int               // readers wait for each other until so many have begun

	mu     sync.Mutex
	active int // not at their end
	most   int
	begun  int
	met    chan struct{}
}

func (m *manyLines) Parallel() int { return 4 }

func (m *manyLines) Open(ctx context.Context, s connector.Split) (connector.Reader, error) {
	if s.ID == m.refuse {
		return nil, errors.New("open: gone")
	}
	r, err := m.lines.Open(ctx, s)
	m.mu.Lock()
	m.active++
	m.most = max(m.most, m.active)
	m.mu.Unlock()
	return &meetingReader{Reader: r, m: m}, err
}

type meetingReader struct {
	connector.Reader
	m     *manyLines
	begun bool
}

// Next of the first piece waits until enough readers are at theirs.
func (r *meetingReader) Next(ctx context.Context, m *connector.Morsel) error {
	if !r.begun && r.m.meet > 0 {
		r.m.mu.Lock()
		if r.m.begun++; r.m.begun == r.m.meet {
			close(r.m.met)
		}
		r.m.mu.Unlock()
		<-r.m.met
	}
	r.begun = true
	err := r.Reader.Next(ctx, m)
	if err == io.EOF {
		r.m.mu.Lock()
		r.m.active--
		r.m.mu.Unlock()
	}
	return err
}

type manyFiles struct{ *memory }

func (manyFiles) Parallel() int { return 3 }

func manyJob(t *testing.T, splits int) (*job, *manyLines, *plan.Plan) {
	t.Helper()
	var all [][]string
	for i := range splits {
		all = append(all, numbers(100)[i*100/splits:(i+1)*100/splits])
	}
	j := newJob(t, all...)
	j.sink.perSplit, j.o.Workers = true, 4
	m := &manyLines{lines: j.src, met: make(chan struct{})}
	p := j.plan()
	p.From, p.To = m, manyFiles{j.sink}
	return j, m, p
}

// TestSplitsSideBySide: splits with a file each are read at once, and each file has its rows in order.
func TestSplitsSideBySide(t *testing.T) {
	for _, batch := range []int{1, 3, 1000} {
		j, m, p := manyJob(t, 10)
		j.src.batch, m.meet = batch, 3
		p.Ops = []*step.Op{only(func(name string) bool { return number(name)%2 == 0 }, false)}
		r, err := Run(t.Context(), p, j.o)
		if err != nil || r.RowsRead != 100 || r.RowsWritten != 50 || r.Splits != 10 {
			t.Fatalf("%v, %+v", err, *r)
		}
		var want []string
		for i := 0; i < 100; i += 2 {
			want = append(want, fmt.Sprintf("x%d", i))
		}
		if !slices.Equal(j.sink.visible, want) {
			t.Errorf("rows %v", j.sink.visible)
		}
		if m.most > 3 || j.src.open.Load() != 0 {
			t.Errorf("%d at once, %d left", m.most, j.src.open.Load())
		}
	}
}

// TestSplitsOneAfterTheOther: where the order of rows counts, the next split is only opened ahead.
func TestSplitsOneAfterTheOther(t *testing.T) {
	for _, c := range []struct {
		name     string
		perSplit bool
		size     int64
		ops      []*step.Op
		most     int
	}{
		{"one output", false, -1, nil, 2},
		{"a step that remembers", true, smallSplit + 1, []*step.Op{only(func(string) bool { return true }, true)}, 2},
		{"small splits", false, smallSplit, nil, 4},
	} {
		j, m, p := manyJob(t, 10)
		m.size = c.size
		j.sink.perSplit, p.Ops = c.perSplit, c.ops
		r, err := Run(t.Context(), p, j.o)
		if err != nil || r.RowsWritten != 100 || r.Splits != 10 {
			t.Fatalf("%s: %v, %+v", c.name, err, *r)
		}
		if len(j.sink.visible) != 100 || !slices.IsSortedFunc(j.sink.visible, func(a, b string) int { return number(a) - number(b) }) {
			t.Errorf("%s: rows %v", c.name, j.sink.visible)
		}
		if m.most > c.most {
			t.Errorf("%s: %d readers at once", c.name, m.most)
		}
	}
}

// TestErrorsOfLaterSplitsWait: what goes wrong in opening ahead is told when its turn comes.
func TestErrorsOfLaterSplitsWait(t *testing.T) {
	j, m, p := manyJob(t, 2)
	j.sink.perSplit = false
	m.refuse = "1"
	j.src.splits[0][49] = "x,bad"
	_, err := Run(t.Context(), p, j.o)
	if err == nil || !strings.Contains(err.Error(), `"bad" is not an int`) {
		t.Errorf("%v", err)
	}
	j, m, p = manyJob(t, 3)
	m.refuse = "2"
	r, err := Run(t.Context(), p, j.o)
	if err == nil || err.Error() != "open: gone" || r.Committed || j.src.open.Load() != 0 || j.sink.aborted != 1 {
		t.Errorf("%v, %+v, %d readers left", err, *r, j.src.open.Load())
	}
}

// TestFailuresSideBySide: whatever fails, nothing is left open and nothing is committed.
func TestFailuresSideBySide(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*job, *manyLines, *plan.Plan)
		want  string
	}{
		{"a row", func(j *job, _ *manyLines, _ *plan.Plan) { j.src.splits[3][2] = "x,bad" }, "is not an int"},
		{"reading", func(j *job, _ *manyLines, _ *plan.Plan) { j.src.fail = errors.New("read: cut off") }, "cut off"},
		{"appending", func(j *job, _ *manyLines, _ *plan.Plan) { j.sink.failing = "append" }, "disk full"},
		{"sealing", func(j *job, _ *manyLines, _ *plan.Plan) { j.sink.failing = "seal" }, "disk full"},
		{"a step", func(_ *job, _ *manyLines, p *plan.Plan) {
			p.Ops = []*step.Op{op("filter", false, func(*record.Batch) error { return errors.New("step: broken") })}
		}, "broken"},
	} {
		for range 20 {
			j, m, p := manyJob(t, 8)
			c.spoil(j, m, p)
			r, err := Run(t.Context(), p, j.o)
			if err == nil || !strings.Contains(err.Error(), c.want) || r.Committed || j.sink.visible != nil || j.src.open.Load() != 0 {
				t.Fatalf("%s: %v, %+v, %d readers left", c.name, err, *r, j.src.open.Load())
			}
		}
	}
}

// TestStopSideBySide: a signal ends readers that wait for input.
func TestStopSideBySide(t *testing.T) {
	j, _, p := manyJob(t, 3)
	j.src.waits, j.src.waiting = true, make(chan struct{})
	stop := make(chan struct{})
	j.o.Stop = stop
	go func() { <-j.src.waiting; close(stop) }()
	r, err := Run(t.Context(), p, j.o)
	if !errors.Is(err, ErrInterrupted) || r.Status != Interrupted || j.src.open.Load() != 0 {
		t.Errorf("%v, %+v", err, *r)
	}
}

// TestLimitKeepsWhatWasWritten: rows that were written before a step had enough are in their files.
func TestLimitKeepsWhatWasWritten(t *testing.T) {
	j, _, p := manyJob(t, 10)
	var n atomic.Int64
	enough := only(func(string) bool { return n.Add(1) <= 25 }, true)
	enough.Done = func() bool { return n.Load() >= 25 }
	p.Ops = []*step.Op{enough}
	r, err := Run(t.Context(), p, j.o)
	if err != nil || r.RowsWritten != 25 || len(j.sink.visible) != 25 || j.src.open.Load() != 0 {
		t.Errorf("%v, %+v, %d rows visible", err, *r, len(j.sink.visible))
	}
}
