package runcmd

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/release"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/flow/engine"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/flow/state"
)

// Streamed is what became of one stream of a flow. The numbers of a stream that failed are
// how far it came: nothing of it is visible.
type Streamed struct {
	Name string `json:"name"`
	engine.Report
	Exit  int         `json:"exit"`
	Error *ui.Failure `json:"error,omitempty"`
	err   error
}

// many is a run of a flow with streams.
type many struct {
	s      *session
	job    job
	id     plan.Run
	access *release.Access
	flows  []*flow.Flow
	width  int // streams at a time

	mu     sync.Mutex
	next   int
	meters []*engine.Meter
	done   []Streamed // by stream
	failed bool
}

// mostAbreast is how many streams are under way at once where the flow does not say.
const mostAbreast = 8

// streams runs a flow with streams: each as a flow of its own, under the lock of the whole.
func (s *session) streams(ctx context.Context, j job, id plan.Run, access *release.Access) (*engine.Report, []Streamed, error) {
	began := time.Now()
	report := &engine.Report{Run: id.ID, Flow: j.flow.Name.Value, Status: engine.Failed}
	unlock, err := s.store().Lock(j.flow.Name.Value)
	if errors.Is(err, state.ErrBusy) && j.flow.Run.Overlap == "skip" {
		report.Status = engine.Skipped
		return report, nil, nil
	}
	if err != nil {
		return report, nil, fmt.Errorf("flow %s: %w", j.flow.Name.Value, err)
	}
	defer unlock()
	m := &many{s: s, job: j, id: id, access: access}
	if err := m.list(ctx, report); err != nil {
		return nil, nil, err
	}
	m.done = make([]Streamed, len(m.flows))
	stop := s.follow(j, id, m.counts)
	var wg sync.WaitGroup
	for range min(m.width, len(m.flows)) {
		wg.Go(func() {
			for i := m.take(ctx); i >= 0; i = m.take(ctx) {
				m.run(ctx, i)
			}
		})
	}
	wg.Wait()
	stop()
	err = m.sum(ctx, report)
	report.DurationMS = time.Since(began).Milliseconds()
	return report, m.done, err
}

// list finds out which streams there are, trying again where that may help.
func (m *many) list(ctx context.Context, report *engine.Report) error {
	early, _, cancel := m.s.untilStopped(ctx)
	defer cancel()
	_, err := engine.Attempts(early, m.job.flow.Retries(), m.s.stop, func(ctx context.Context) (*engine.Report, error) {
		req := m.s.request(m.job, m.id)
		m.access.Fill(ctx, &req)
		var notes []string
		var err error
		m.flows, notes, err = streams(ctx, m.s.env, req, m.s.wanted(m.job))
		report.Notes = notes
		return nil, err
	})
	if m.width = m.job.flow.Run.Parallel; m.width == 0 {
		m.width = min(runtime.GOMAXPROCS(0), mostAbreast)
	}
	if slices.ContainsFunc(m.flows, m.alone) {
		m.width = 1
	}
	return err
}

// alone reports whether a stream's sink takes no rows of another meanwhile.
func (m *many) alone(f *flow.Flow) bool {
	all, _ := m.s.project.Connections()
	if f.Sink.Connection.Value == "" {
		return false
	}
	conn, _ := all.Resolve(m.s.env.Registry(), f.Sink.Connection.Value, m.s.profile)
	return conn != nil && conn.Type.Table != nil && conn.Type.Table.OneWriter
}

// wanted is the streams that are asked for; nil = all of them.
func (s *session) wanted(j job) []string {
	if j.saved == nil {
		return s.o.Streams
	}
	names := []string{}
	for _, p := range j.saved.Streams {
		names = append(names, p.Stream)
	}
	return names
}

// streams lists the streams of a flow, or only those that are wanted.
func streams(ctx context.Context, env *cli.Env, req plan.Request, wanted []string) ([]*flow.Flow, []string, error) {
	list, notes, diags, err := plan.Streams(ctx, req)
	if found := cli.Serious(diags); len(found) > 0 {
		return nil, nil, &cli.FindingsError{Diags: found}
	}
	env.WarnOf(diags)
	if err != nil || wanted == nil {
		return list, notes, err
	}
	var names []string
	for _, f := range list {
		names = append(names, f.Stream.Name)
	}
	var chosen []*flow.Flow
	for _, name := range wanted {
		i := slices.Index(names, name)
		if i < 0 {
			return nil, nil, &cli.UsageError{Message: "flow " + req.Flow.Name.Value + " has no stream " + spec.Quote(name), Hint: spec.DidYouMean(name, names)}
		}
		chosen = append(chosen, list[i])
	}
	return chosen, notes, nil
}

// take is the next stream to run, -1 when there is none or no more are to begin.
func (m *many) take(ctx context.Context) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.next == len(m.flows) || m.failed && m.job.flow.OnStreamError == "stop" || m.over(ctx) {
		return -1
	}
	m.next++
	return m.next - 1
}

// over reports whether the whole run is to end.
func (m *many) over(ctx context.Context) bool {
	select {
	case <-m.s.stop:
		return true
	case <-ctx.Done():
		return true
	default:
		return false
	}
}

// run runs stream i.
func (m *many) run(ctx context.Context, i int) {
	f, id := m.flows[i], m.id
	id.ID = fmt.Sprintf("%s-%04d", id.ID, i+1)
	j := job{flow: f, upstream: m.job.upstream, of: m}
	if m.job.saved != nil {
		j.saved = m.job.saved.Streams[i]
	}
	report, err := engine.Attempts(ctx, f.Retries(), m.s.stop, func(ctx context.Context) (*engine.Report, error) {
		return m.s.attempt(ctx, j, id, m.access)
	})
	if report == nil {
		report = &engine.Report{Run: id.ID, Flow: f.Key(), Status: engine.Failed}
	}
	for n, text := range report.Notes {
		report.Notes[n] = m.s.env.Secrets.Text(text)
	}
	st := Streamed{Name: f.Stream.Name, Report: *report, err: m.s.env.Secrets.Error(err)}
	if st.Error = m.s.env.Failure(st.err); st.Error != nil {
		st.Exit = st.Error.Exit
	} else if st.Status == engine.Partial {
		st.Exit = 4
	}
	m.s.event(streamFinished{Event: "stream.finished", Run: m.id.ID, Flow: m.job.flow.Name.Value, Streamed: st})
	if st.err != nil && !errors.Is(st.err, engine.ErrInterrupted) && ctx.Err() == nil {
		m.s.env.UI.Warn("stream " + st.Name + " failed: " + st.Error.Message)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done[i], m.failed = st, m.failed || err != nil
}

// meter is a new stream's own.
func (m *many) meter() *engine.Meter {
	m.mu.Lock()
	defer m.mu.Unlock()
	meter := new(engine.Meter)
	m.meters = append(m.meters, meter)
	return meter
}

// counts is how far all streams have come. How much there is to read is not known before the last has begun.
func (m *many) counts() counts {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := counts{total: -1, splits: int64(len(m.flows))}
	for _, meter := range m.meters {
		one := countsOf(meter)
		c.read, c.written, c.rejected, c.bytes = c.read+one.read, c.written+one.written, c.rejected+one.rejected, c.bytes+one.bytes
	}
	for _, st := range m.done {
		if st.Name != "" {
			c.splitsDone++
		}
	}
	return c
}

// workers shares the processors between the streams.
func (m *many) workers() int { return max(1, runtime.GOMAXPROCS(0)/min(m.width, len(m.flows))) }

// sum adds up the streams that ended, each of which balances, and says how the run ended.
func (m *many) sum(ctx context.Context, r *engine.Report) error {
	var first *Streamed
	failed, partial, empty := 0, 0, 0
	for i := range m.done {
		st := &m.done[i]
		switch {
		case st.Name == "":
			st.Name, st.Status, st.Flow = m.flows[i].Stream.Name, engine.Skipped, m.flows[i].Key()
		case st.err != nil:
			failed++
			if first == nil {
				first = st
			}
		default:
			add(r, st)
		}
		switch st.Status {
		case engine.Partial:
			partial++
		case engine.Empty:
			empty++
		}
	}
	r.Status = engine.Failed
	switch {
	case ctx.Err() != nil && errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		return fmt.Errorf("the run took longer than its timeout of %s: %w", m.job.flow.Run.Timeout, context.DeadlineExceeded)
	case m.over(ctx) && (m.next < len(m.flows) || first != nil && errors.Is(first.err, engine.ErrInterrupted)):
		r.Status = engine.Interrupted
		return engine.ErrInterrupted
	case first != nil && (m.job.flow.OnStreamError == "stop" || failed == len(m.done)):
		return fmt.Errorf("stream %s: %w", first.Name, first.err)
	}
	switch r.Status = engine.Succeeded; {
	case failed > 0:
		r.Status = engine.Partial
		return &cli.Outcome{Exit: 4, Code: "partial", Message: fmt.Sprintf("%d of the %d streams of flow %s failed", failed, len(m.done), r.Flow),
			Hint: "run them again with --stream; the first: " + first.Name}
	case partial > 0:
		r.Status = engine.Partial
	case empty == len(m.done):
		r.Status = engine.Empty
	}
	return nil
}

// add adds a stream that ended to the whole.
func add(r *engine.Report, st *Streamed) {
	r.RowsRead, r.RowsWritten, r.RowsFiltered = r.RowsRead+st.RowsRead, r.RowsWritten+st.RowsWritten, r.RowsFiltered+st.RowsFiltered
	r.RowsDeduped, r.RowsRejected = r.RowsDeduped+st.RowsDeduped, r.RowsRejected+st.RowsRejected
	r.BytesRead, r.BytesWritten, r.Splits = r.BytesRead+st.BytesRead, r.BytesWritten+st.BytesWritten, r.Splits+st.Splits
	r.PeakRSS = max(r.PeakRSS, st.PeakRSS)
	r.Committed = r.Committed || st.Committed
	r.Outputs = append(r.Outputs, st.Outputs...)
	r.FilesRead, r.FilesWritten = append(r.FilesRead, st.FilesRead...), append(r.FilesWritten, st.FilesWritten...)
	if r.Rejects == "" {
		r.Rejects = st.Rejects
	}
	for _, n := range st.Notes {
		r.Notes = append(r.Notes, st.Name+": "+n)
	}
}
