package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/flow/state"
	"github.com/headgate/headgate/flow/step"
)

func (j *job) mustRun(t *testing.T, status Status) *Report {
	t.Helper()
	r, err := j.start()
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != status {
		t.Fatalf("status %s, want %s", r.Status, status)
	}
	balanced(t, r)
	return r
}

func balanced(t *testing.T, r *Report) {
	t.Helper()
	if r.RowsRead != r.RowsWritten+r.RowsFiltered+r.RowsDeduped+r.RowsRejected {
		t.Errorf("rows do not balance: %+v", *r)
	}
}

func TestSameRowsInOrderWhateverTheBatch(t *testing.T) {
	var want []string
	for i := range 1000 {
		if i%3 != 0 && i < 700 {
			want = append(want, fmt.Sprintf("x%d", i))
		}
	}
	for _, batch := range []int{1, 2, 7, 1000} {
		for _, workers := range []int{1, 4} {
			for _, perSplit := range []bool{false, true} {
				j := newJob(t, numbers(1000)[:400], nil, numbers(1000)[400:])
				j.src.batch, j.o.Workers, j.sink.perSplit = batch, workers, perSplit
				seen := 0
				j.ops = append(j.ops,
					only(func(name string) bool { return number(name)%3 != 0 }, false),
					only(func(string) bool { seen++; return seen <= len(want) }, true)) // only right when in order
				r := j.mustRun(t, Succeeded)
				if !slices.Equal(j.sink.visible, want) {
					t.Fatalf("batch %d, workers %d, per split %v: wrong rows", batch, workers, perSplit)
				}
				if r.RowsRead != 1000 || r.RowsWritten != int64(len(want)) || r.Splits != 3 || !r.Committed {
					t.Errorf("batch %d: %+v", batch, *r)
				}
				if n := j.src.open.Load(); n != 0 {
					t.Errorf("%d readers left open", n)
				}
			}
		}
	}
}

func number(name string) (n int) {
	fmt.Sscanf(name, "x%d", &n)
	return n
}

// TestFirstErrorOfTheRows makes the second bad row much quicker to find than the
// first.
func TestFirstErrorOfTheRows(t *testing.T) {
	rows := numbers(100)
	rows[10], rows[90] = "slow,ten", "quick,ninety"
	for range 20 {
		j := newJob(t, rows)
		j.src.batch, j.o.Workers = 1, 4
		reached := make(chan bool)
		j.ops = append(j.ops, only(func(name string) bool {
			if name == "slow" {
				<-reached
			}
			if name == "x12" {
				close(reached)
			}
			return true
		}, false))
		r, err := j.start()
		var rejected *RejectedError
		if !errors.As(err, &rejected) || rejected.Row.Line != 11 || rejected.Row.Code != record.BadValue {
			t.Fatalf("error: %v", err)
		}
		if want := `split0:11: column n: "ten" is not an int (row.bad_value)`; err.Error() != want {
			t.Fatalf("error %q, want %q", err, want)
		}
		if r.Status != Failed || r.Committed || j.sink.aborted != 1 || j.sink.visible != nil {
			t.Fatalf("after a failed run: %+v, %+v", *r, j.sink)
		}
		balanced(t, r)
	}
}

func TestRejectsAreKept(t *testing.T) {
	rows := numbers(20)
	rows[3], rows[7], rows[12] = "a,x", "b", "refused,5"
	j := newJob(t, rows)
	j.rules.Rows, j.sink.refuse = "quarantine", "refused"
	r := j.mustRun(t, Partial)
	if r.RowsWritten != 18 || r.RowsRejected != 2 {
		t.Fatalf("%+v", *r)
	}
	f, err := os.Open(r.Rejects)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if st, _ := f.Stat(); st.Mode().Perm() != 0o600 {
		t.Errorf("mode of the rejects: %v", st.Mode())
	}
	var got []string
	for sc := bufio.NewScanner(f); sc.Scan(); {
		var row Rejected
		if err := json.Unmarshal(sc.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s:%d %s %s %q", row.File, row.Line, row.Column, row.Code, row.Record))
	}
	want := []string{`split0:4 n row.bad_value "a,x"`, `split0:13 name row.constraint "refused,5"`}
	if !slices.Equal(got, want) {
		t.Errorf("rejects %q, want %q", got, want)
	}
}

func TestRejectLimits(t *testing.T) {
	rows := numbers(100)
	for i := range 10 {
		rows[i*10] = "bad,x"
	}
	for _, c := range []struct {
		name    string
		maxRows int64
		maxRate float64
		want    string
	}{
		{"rows", 9, -1, "more than 9 rows rejected"},
		{"rows reached", 10, -1, ""},
		{"rate", -1, 0.09, "10 of 100 rows rejected, more than 9 %"},
		{"rate reached", -1, 0.1, ""},
	} {
		for _, mode := range []string{"skip", "quarantine"} {
			j := newJob(t, rows)
			j.rules.Rows, j.rules.MaxRows = mode, c.maxRows
			j.rules.MaxRate = rate(c.maxRate)
			r, err := j.start()
			balanced(t, r)
			if c.want == "" {
				if err != nil || r.RowsRejected != 10 {
					t.Errorf("%s, %s: %v, %+v", c.name, mode, err, *r)
				}
				continue
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || r.Committed {
				t.Errorf("%s, %s: %v", c.name, mode, err)
			}
		}
	}
}

func TestRequiredIsCheckedForRowsThatSurvive(t *testing.T) {
	j := newJob(t, []string{"a,1", "b", "drop"})
	j.rules.Rows = "quarantine"
	j.ops = append(j.ops, only(func(name string) bool { return name != "drop" }, false))
	req := schema()
	req.Fields[1].Required = true
	p := j.plan()
	p.Schema = req
	r, err := Run(j.ctx, p, j.o)
	if err != nil || r.RowsWritten != 1 || r.RowsFiltered != 1 || r.RowsRejected != 1 {
		t.Fatalf("%+v, %v", *r, err)
	}
}

// TestStrict: a strict flow also checks the rows that a filter drops.
func TestStrict(t *testing.T) {
	for _, strict := range []bool{false, true} {
		j := newJob(t, []string{"a,1", "drop,x"})
		j.rules.Rows = "skip"
		j.ops = append(j.ops, only(func(name string) bool { return name != "drop" }, false))
		p := j.plan()
		p.Strict = strict
		r, err := Run(j.ctx, p, j.o)
		if err != nil || (r.RowsRejected == 1) != strict || (r.RowsFiltered == 0) != strict {
			t.Errorf("strict %v: %+v, %v", strict, *r, err)
		}
	}
}

// TestChecksComeBeforeStepsThatRemember: a row that is rejected must not have been
// counted by a limit.
func TestChecksComeBeforeStepsThatRemember(t *testing.T) {
	j := newJob(t, []string{"bad,x", "good,1", "more,2"})
	j.rules.Rows = "skip"
	seen := 0
	j.ops = append(j.ops, only(func(string) bool { seen++; return seen <= 1 }, true))
	j.mustRun(t, Succeeded)
	if !slices.Equal(j.sink.visible, []string{"good"}) {
		t.Errorf("rows %v", j.sink.visible)
	}
}

func TestImbalanceFails(t *testing.T) {
	j := newJob(t, numbers(10))
	j.ops = append(j.ops, op("lossy", false, func(b *record.Batch) error { b.Sel = b.Sel[min(1, len(b.Sel)):]; return nil }))
	r, err := j.start()
	if err == nil || !strings.Contains(err.Error(), "do not balance") || r.Committed {
		t.Fatalf("a step that loses rows: %v", err)
	}
}

func TestEmpty(t *testing.T) {
	none := newJob(t)
	if r := none.mustRun(t, Empty); none.sink.committed != "" || r.Committed {
		t.Error("a run without splits committed")
	}
	blank := newJob(t, nil, nil)
	if r := blank.mustRun(t, Empty); !r.Committed {
		t.Error("a run over empty splits must commit")
	}
}

func TestFailuresLeaveNothing(t *testing.T) {
	for _, failing := range []string{"append", "seal", "commit"} {
		j := newJob(t, numbers(10))
		j.sink.failing = failing
		r, err := j.start()
		if err == nil || r.Status != Failed || r.Committed || j.sink.visible != nil || j.sink.aborted != 1 || j.src.acked != 0 {
			t.Errorf("%s: %v, %+v", failing, err, *r)
		}
	}
	j := newJob(t, numbers(10))
	j.src.fail = errors.New("read split0: input/output error")
	if r, err := j.start(); err == nil || err.Error() != j.src.fail.Error() || r.Committed {
		t.Errorf("a source that fails: %v", err)
	}
}

func TestStepsFinishAndStop(t *testing.T) {
	j := newJob(t, numbers(10))
	last := op("expect", false, func(*record.Batch) error { return nil })
	last.Finish = func() error { return errors.New("expect: too few rows") }
	j.ops = append(j.ops, last)
	if r, err := j.start(); err == nil || r.Committed {
		t.Errorf("Finish: %v", err)
	}
	j = newJob(t, numbers(10))
	j.src.forever = true
	j.ops, j.o.Workers = append(j.ops, limit(5)), 1
	if r := j.mustRun(t, Succeeded); r.RowsWritten != 5 {
		t.Errorf("limit of an endless source: %+v", *r)
	}
	j = newJob(t, numbers(100))
	all := 0
	counting := op("expect", true, func(b *record.Batch) error { all += len(b.Sel); return nil })
	counting.Finish = func() error { return nil }
	j.ops = append(j.ops, counting, limit(5))
	if j.mustRun(t, Succeeded); all != 100 {
		t.Errorf("a step that counts all rows saw %d of 100 before a limit", all)
	}
}

// limit lets n rows through.
func limit(n int64) *step.Op {
	var seen atomic.Int64
	op := only(func(string) bool { return seen.Add(1) <= n }, true)
	op.Done = func() bool { return seen.Load() >= n }
	return op
}

func TestInterrupt(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, how := range []string{"stop", "cancel"} {
		j := newJob(t, numbers(10))
		j.src.forever = true
		ctx, cancel := context.WithCancel(context.Background())
		stop := make(chan struct{})
		j.ctx, j.o.Stop, j.o.Workers = ctx, stop, 4
		passed := 0
		j.ops = append(j.ops, only(func(string) bool {
			if passed++; passed == 500 {
				if how == "stop" {
					close(stop)
				} else {
					cancel()
				}
			}
			return true
		}, true))
		r, err := j.start()
		if !errors.Is(err, ErrInterrupted) || r.Status != Interrupted || r.Committed || j.sink.aborted != 1 {
			t.Errorf("%s: %v, %+v", how, err, *r)
		}
		balanced(t, r)
		if j.src.open.Load() != 0 {
			t.Errorf("%s: readers left open", how)
		}
		cancel()
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		runtime.Gosched()
	}
	t.Errorf("%d goroutines before, %d after", before, runtime.NumGoroutine())
}

// TestInterruptAWaitingReader stops a run whose source has nothing to give, as
// standard input may.
func TestInterruptAWaitingReader(t *testing.T) {
	j := newJob(t, numbers(10))
	stop := make(chan struct{})
	j.src.waits, j.src.waiting, j.o.Stop = true, make(chan struct{}), stop
	go func() {
		<-j.src.waiting
		close(stop)
	}()
	r, err := j.start()
	if !errors.Is(err, ErrInterrupted) || r.RowsWritten != 10 || r.Committed {
		t.Fatalf("%v, %+v", err, *r)
	}
}

func TestCursor(t *testing.T) {
	j := newJob(t, numbers(3))
	j.src.cursor = json.RawMessage(`3`)
	j.mustRun(t, Succeeded)
	if string(j.sink.state.Cursor) != "3" || j.sink.state.Flow != "test" || j.src.acked != 1 {
		t.Errorf("state in the sink: %+v, acked %d", j.sink.state, j.src.acked)
	}
	j.run = "r2"
	j.mustRun(t, Succeeded)
	if string(j.src.planned) != "3" {
		t.Errorf("cursor of the second run: %s", j.src.planned)
	}
	j.run, j.o.FullRefresh = "r3", true
	j.mustRun(t, Succeeded)
	if j.src.planned != nil {
		t.Errorf("cursor of a full refresh: %s", j.src.planned)
	}
}

// TestStoredPlan runs a plan that was stored, once as it was made and once too late.
func TestStoredPlan(t *testing.T) {
	j := newJob(t, numbers(3))
	p := j.plan()
	p.Splits, p.Since = &connector.SplitPlan{Splits: []connector.Split{{ID: "0", Name: "split0", Bytes: -1}}, Cursor: json.RawMessage(`{"n":3}`)}, nil
	if r, err := Run(t.Context(), p, j.o); err != nil || r.RowsWritten != 3 {
		t.Fatalf("%v, %+v", err, *r)
	}
	p.Run.ID = "r2"
	if r, err := Run(t.Context(), p, j.o); !errors.Is(err, ErrStale) || r.RowsWritten != 0 || r.Committed {
		t.Errorf("too late: %v, %+v", err, *r)
	}
	p.Run.ID, p.Since = "r3", json.RawMessage("{\n \"n\": 3}")
	if _, err := Run(t.Context(), p, j.o); err != nil {
		t.Errorf("made since: %v", err)
	}
}

// TestRecover starts a run after one that was cut off at each of its stages.
func TestRecover(t *testing.T) {
	for _, c := range []struct {
		name    string
		phase   state.Phase
		staged  bool
		visible []string
		aborted int
		acked   int // with the run itself
		note    string
	}{
		{"begun", state.Begun, true, []string{"new"}, 1, 1, "undid run r0"},
		{"sealed", state.Sealed, true, []string{"old", "new"}, 0, 2, "finished run r0"},
		{"sealed and rolled back", state.Sealed, false, []string{"new"}, 1, 1, "undid run r0"},
		{"committed, source not told", state.Committed, false, []string{"new"}, 0, 2, "told the source of run r0"},
	} {
		j := newJob(t, []string{"new,1"})
		if c.staged {
			j.sink.staged = map[string][]string{"0": {"old"}}
		}
		err := j.o.State.Put(&state.Record{Run: "r0", Flow: "test", Phase: c.phase, Plan: &connector.SplitPlan{Cursor: json.RawMessage(`7`)},
			Session: &connector.Session{ID: "r0"}, Receipts: []connector.Receipt{{Split: "0"}}, Committed: c.phase == state.Committed})
		if err != nil {
			t.Fatal(err)
		}
		r := j.mustRun(t, Succeeded)
		if !slices.Equal(j.sink.visible, c.visible) || j.sink.aborted != c.aborted || j.src.acked != c.acked {
			t.Errorf("%s: visible %v, aborted %d, acked %d", c.name, j.sink.visible, j.sink.aborted, j.src.acked)
		}
		if !strings.HasPrefix(strings.Join(r.Notes, ";"), c.note) {
			t.Errorf("%s: notes %q", c.name, r.Notes)
		}
		if committed := c.note != "undid run r0"; (string(j.src.planned) == "7") != committed {
			t.Errorf("%s: cursor %s", c.name, j.src.planned)
		}
	}
}

// TestSourceIsToldLater: an acknowledgement that fails is made up for by the next run, before it
// lists what to read.
func TestSourceIsToldLater(t *testing.T) {
	j := newJob(t, numbers(3))
	j.src.ackErr = errors.New("no route")
	r, err := j.start()
	if err == nil || !r.Committed || !strings.Contains(err.Error(), "no route") {
		t.Fatalf("%v, %+v", err, *r)
	}
	j.run, j.src.ackErr = "r2", nil
	r = j.mustRun(t, Succeeded)
	if j.src.acked != 3 || !strings.HasPrefix(strings.Join(r.Notes, ";"), "told the source of run r1") {
		t.Errorf("acked %d times, notes %q", j.src.acked, r.Notes)
	}
	j.run, j.src.deaf = "r3", true
	j.mustRun(t, Succeeded)
	if j.src.acked != 3 {
		t.Error("told a source that has nothing to do")
	}
}

func TestOverlap(t *testing.T) {
	j := newJob(t, numbers(3))
	unlock, err := state.Open(j.dir()).Lock("test")
	if err != nil {
		t.Fatal(err)
	}
	if r, err := j.start(); !errors.Is(err, state.ErrBusy) || r.Status != Failed {
		t.Errorf("overlap fail: %v, %+v", err, *r)
	}
	p := j.plan()
	p.Options.Overlap = "skip"
	if r, err := Run(j.ctx, p, j.o); err != nil || r.Status != Skipped {
		t.Errorf("overlap skip: %v, %+v", err, *r)
	}
	unlock()
	j.mustRun(t, Succeeded)
}
