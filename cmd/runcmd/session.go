package runcmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/release"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/flow/engine"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/flow/state"
)

// session is one call of `run`: what its flows have in common.
type session struct {
	o        *RunOptions
	env      *cli.Env
	project  *flow.Project
	params   map[string]string
	profile  string
	lockWait time.Duration
	stop     <-chan struct{}
	done     []Finished
	memory   sync.Mutex // for who changes the limit
	takeBack func()     // what a second signal would do; nil: nothing
}

// prepare opens the project and finds the flows to run, in order, each checked.
func (s *session) prepare() ([]job, error) {
	var err error
	if s.params, err = parseParams(s.o.Params); err != nil {
		return nil, err
	}
	set, err := s.env.Settings()
	if err != nil {
		return nil, err
	}
	s.profile, s.lockWait = cmp.Or(s.o.Profile, set.Env), set.LockTimeout
	if s.project, err = s.env.Project(); err != nil {
		return nil, err
	}
	return s.jobs()
}

// Refuse ends a run that err did not let begin, and returns err.
func Refuse(env *cli.Env, flows []string, err error) error {
	return (&session{o: &RunOptions{Env: env, Flows: flows}, env: env}).refuse(err)
}

// refuse tells programs that nothing was run, in the way a run that failed does.
func (s *session) refuse(err error) error {
	fin := Finished{Event: "run.finished", Report: engine.Report{Run: plan.NewRun(s.env.Now()).ID, Status: engine.Failed}, Error: s.env.Failure(err)}
	fin.Exit = fin.Error.Exit
	if len(s.o.Flows) > 0 {
		fin.Flow = s.o.Flows[0]
	}
	if f, ok := errors.AsType[*cli.FindingsError](err); ok {
		fin.Findings = f.Diags
	}
	return s.finish(fin, err)
}

// finish hands out the last event of a run. The error is err, or that of the receipt.
func (s *session) finish(fin Finished, err error) error {
	s.event(fin)
	s.done = append(s.done, fin)
	if s.o.Receipt == "" {
		return err
	}
	if e := writeReceipts(s.o.Receipt, s.done); err == nil {
		return e
	}
	return err
}

func (s *session) jobs() ([]job, error) {
	var jobs []job
	if s.o.PlanFile != "" {
		j, err := s.fromPlan(s.o.PlanFile, s.o.Flows)
		if err != nil {
			return nil, err
		}
		jobs = []job{j}
	} else {
		for _, name := range s.o.Flows {
			f, err := s.env.Flow(s.project, name)
			if err != nil {
				return nil, err
			}
			jobs = append(jobs, job{flow: f})
		}
	}
	if s.o.WithUpstream {
		var err error
		if jobs, err = s.upstream(jobs); err != nil {
			return nil, err
		}
	}
	var diags []flow.Diag
	for _, j := range jobs {
		if s.env.UI.JSON && j.flow.Sink.File.Value == "-" {
			return nil, &cli.UsageError{Message: "flow " + j.flow.Name.Value + " writes its rows to standard output, and so would --json its events", Hint: "leave out --json, or give the flow's sink a file"}
		}
		if len(s.o.Streams) > 0 && !j.upstream && !j.flow.HasStreams() {
			return nil, cli.Usagef("flow %s has no streams: leave out --stream", j.flow.Name.Value)
		}
		diags = append(diags, cli.Serious(plan.Check(j.flow, s.project, s.env.Registry()))...)
	}
	if len(diags) > 0 {
		return nil, &cli.FindingsError{Diags: diags}
	}
	return jobs, nil
}

// run runs one flow and tells about it. The error is what the program ends with.
func (s *session) run(ctx context.Context, j job) error {
	id := plan.NewRun(s.env.Now())
	name := j.flow.Name.Value
	s.event(started{Event: "run.started", Run: id.ID, Flow: name, Time: s.env.Now().UTC()})
	report, streams, access, err := s.execute(ctx, j, id)
	err = s.env.Secrets.Error(err)
	began := report != nil
	if began {
		for i, n := range report.Notes { // of attempts that failed
			report.Notes[i] = s.env.Secrets.Text(n)
		}
	} else {
		report = &engine.Report{Run: id.ID, Flow: name, Status: engine.Failed, PeakRSS: engine.PeakRSS()}
	}
	if sig := s.env.Signals.Err(); sig != nil && (errors.Is(err, engine.ErrInterrupted) || errors.Is(err, context.Canceled)) {
		err = sig
		report.Status = engine.Interrupted
	}
	if err == nil {
		err = outcome(report, s.o.FailIfEmpty)
	}
	fin := s.ended(report, streams, err)
	if s.takeBack != nil {
		defer s.takeBack()
	}
	if e := endAudit(ctx, access, fin); e != nil {
		err = errors.Join(e, err)
		fin = s.ended(report, streams, err)
	}
	if report.Rejects != "" {
		s.event(rejected{Event: "run.rejected", Run: id.ID, Flow: name, Rows: report.RowsRejected, File: report.Rejects})
	}
	if f, ok := errors.AsType[*cli.FindingsError](err); ok {
		fin.Findings = f.Diags
	}
	if began && !s.env.UI.JSON {
		s.summary(fin)
	}
	return s.finish(fin, err)
}

// ended is the last event of a run that ended with err.
func (s *session) ended(report *engine.Report, streams []Streamed, err error) Finished {
	fin := Finished{Event: "run.finished", Report: *report, Streams: streams, Error: s.env.Failure(err)}
	if fin.Error != nil {
		fin.Exit = fin.Error.Exit
	}
	return fin
}

// outcome is what a run without an error ends with.
func outcome(r *engine.Report, failIfEmpty bool) error {
	switch {
	case r.Status == engine.Partial:
		return &cli.Outcome{Exit: 4, Code: "partial", Message: ui.Plural(r.RowsRejected, "row") + " of flow " + r.Flow + " quarantined", Hint: "why? see " + r.Rejects}
	case r.Status == engine.Empty && failIfEmpty:
		return &cli.Outcome{Exit: 5, Code: "empty", Message: "flow " + r.Flow + " found nothing to read"}
	}
	return nil
}

// execute builds the plan and runs it. The report is nil when it did not come to a run,
// and access too when the store did not let it begin.
func (s *session) execute(ctx context.Context, j job, id plan.Run) (*engine.Report, []Streamed, *release.Access, error) {
	if t := j.flow.Run.Timeout; t > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t)
		defer cancel()
	}
	early, _, cancel := s.untilStopped(ctx)
	defer cancel()
	access, err := s.begin(early, j, id)
	if err != nil {
		return nil, nil, nil, err
	}
	s.takeBack = endAnyway(ctx, s.env.Signals, access)
	if j.flow.HasStreams() {
		report, list, err := s.streams(ctx, j, id, access)
		return report, list, access, err
	}
	report, err := engine.Attempts(ctx, j.flow.Retries(), s.stop, func(ctx context.Context) (*engine.Report, error) {
		return s.attempt(ctx, j, id, access)
	})
	return report, nil, access, err
}

// attempt is one try of a run.
func (s *session) attempt(ctx context.Context, j job, id plan.Run, access *release.Access) (*engine.Report, error) {
	early, settled, cancel := s.untilStopped(ctx)
	defer cancel()
	p, err := s.build(early, j, id, access)
	settled()
	if err != nil {
		if t := j.flow.Run.Timeout; t > 0 && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = fmt.Errorf("the run took longer than its timeout of %s: %w", t, err)
		}
		return nil, err
	}
	defer p.Close()
	defer s.allowMemory(p)()
	o := engine.Options{State: s.store(), FullRefresh: s.o.FullRefresh, Stop: s.stop, RejectsDir: filepath.Join(s.project.Dir, "rejects")}
	if j.of != nil {
		o.Meter, o.Workers = j.of.meter(), j.of.workers()
	} else {
		o.Meter = new(engine.Meter)
		defer s.follow(j, id, func() counts { return countsOf(o.Meter) })()
	}
	return engine.Run(ctx, p, o)
}

// store keeps cursors and runs.
func (s *session) store() waiting {
	return waiting{Store: state.Open(filepath.Join(s.project.Dir, stateDir)), patience: s.lockWait, stop: s.stop}
}

// request is what a plan of a job is built from, without what the store gives.
func (s *session) request(j job, id plan.Run) plan.Request {
	req := plan.Request{Flow: j.flow, Project: s.project, Registry: s.env.Registry(), Profile: s.profile, Params: s.params, Run: id, Sums: s.o.Receipt != "",
		Env: connector.Env{Project: s.project.Dir, Stdin: s.env.UI.In, Stdout: s.env.UI.Out}}
	if j.upstream {
		req.Params = s.known(j.flow)
	} else {
		req.From, req.To = s.o.From, s.o.To
	}
	return req
}

// build makes the plan.
func (s *session) build(ctx context.Context, j job, id plan.Run, access *release.Access) (*plan.Plan, error) {
	req := s.request(j, id)
	if !s.o.FullRefresh {
		var err error
		if req.Cursor, err = s.store().Cursor(j.flow.Key()); err != nil {
			return nil, err
		}
	}
	access.Fill(ctx, &req)
	p, err := build(ctx, s.env, req)
	if err != nil {
		return nil, err
	}
	if j.saved != nil {
		p.Splits, p.Since = j.saved.Splits, j.saved.Since
	}
	return p, nil
}

// known leaves only the parameters that f has: those of the flow asked for may mean
// nothing to the flows before it.
func (s *session) known(f *flow.Flow) map[string]string {
	params := map[string]string{}
	for _, p := range f.Params {
		if v, ok := s.params[p.Name.Value]; ok {
			params[p.Name.Value] = v
		}
	}
	return params
}

func (s *session) event(v any) {
	if s.env.UI.JSON && !s.o.NoEvents {
		// A run goes on when nobody listens any more.
		_ = s.env.UI.Event(v)
	}
}
