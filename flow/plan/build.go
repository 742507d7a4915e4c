package plan

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/blob"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/flow/expr"
	"github.com/headgate/headgate/flow/step"
)

// NewRun names a run that starts now. Names sort by time.
func NewRun(now time.Time) Run {
	var tail [3]byte
	rand.Read(tail[:])
	now = now.UTC().Truncate(time.Microsecond)
	return Run{ID: now.Format("20060102T150405") + "-" + hex.EncodeToString(tail[:]), Started: now, Scheduled: now}
}

// Build checks the flow as Check does, opens its connections, and makes everything
// that a run needs. With findings the plan is nil and the error too; findings that
// are warnings come with a plan. Errors are those of the outside world.
func Build(ctx context.Context, req Request) (*Plan, []flow.Diag, error) {
	b := &builder{req: req, ctx: ctx, checker: newChecker(req.Flow, req.Project, req.Registry, req.Profile)}
	p, err := b.build()
	diags := b.diags()
	if err != nil || serious(diags) {
		if b.plan != nil {
			b.plan.closers = b.closers
			b.plan.Close()
		}
		return nil, diags, err
	}
	p.closers = b.closers
	return p, diags, nil
}

func serious(diags []flow.Diag) bool {
	return slices.ContainsFunc(diags, func(d flow.Diag) bool { return !d.Warning })
}

type builder struct {
	*checker
	ctx    context.Context
	req    Request
	plan   *Plan
	params map[string]string // the values of this run, as text

	tunnels map[string]*tunnel // by connection
	closers []io.Closer        // closed with the plan, last first
}

// failed reports whether there is a finding that is not a warning.
func (b *builder) failed() bool { return serious(b.diags()) }

func (b *builder) build() (*Plan, error) {
	if all, _ := b.project.Connections(); !all.HasProfile(b.req.Profile) {
		return nil, &ProfileError{b.req.Profile, all.ProfileNames()}
	}
	b.all()
	if b.failed() {
		return nil, nil
	}
	if b.opaque && b.req.Purpose == ToPreview {
		return nil, fmt.Errorf("flow %s moves files unparsed: there are no rows to show", b.flow.Name.Value)
	}
	if err := b.parameters(); err != nil || b.failed() {
		return nil, err
	}
	if err := b.start(); err != nil {
		return nil, err
	}
	if err := b.open(); err != nil || b.failed() {
		return nil, err
	}
	if err := b.compile(); err != nil || b.failed() {
		return nil, err
	}
	if err := b.openSink(); err != nil || b.failed() {
		return nil, err
	}
	if b.req.Purpose == ToShow {
		if err := b.show(); err != nil {
			return nil, err
		}
	}
	return b.plan, nil
}

// ProfileError is a profile that connections.yaml does not have.
type ProfileError struct {
	Name  string
	Known []string
}

func (e *ProfileError) Error() string {
	msg := fmt.Sprintf("no profile %q in connections.yaml", e.Name)
	if hint := spec.DidYouMean(e.Name, e.Known); hint != "" {
		return msg + "; " + hint
	}
	return msg
}

// start makes the plan with what is known before anything is opened.
func (b *builder) start() error {
	f := b.flow
	needs, err := b.needs()
	if err != nil {
		return err
	}
	b.plan = &Plan{Flow: f.Key(), File: f.File, Digest: f.Digest(), Profile: b.req.Profile,
		Needs: needs, Params: b.params, Run: b.req.Run, Options: f.Run, Errors: f.Errors, Strict: f.Source.Strict, Notes: []string{}}
	if f.Stream != nil {
		b.plan.Stream = f.Stream.Name
	}
	if f.Errors.Into.Value != "" {
		into := b.text(f.Errors.Into)
		if !filepath.IsAbs(into) {
			into = filepath.Join(b.req.Env.Project, into)
		}
		b.plan.RejectsInto = into
	}
	return nil
}

// store opens the store of a connection; nil is the project's folder.
func (b *builder) store(conn *flow.Resolved) (connector.Store, error) {
	if conn == nil {
		typ := b.registry.Type("file")
		return typ.Store(b.ctx, b.env(nil), typ.Config())
	}
	return conn.Type.Store(b.ctx, b.env(conn), conn.Config)
}

func name(conn *flow.Resolved) string {
	if conn == nil {
		return ""
	}
	return conn.Name
}

// open opens the source and learns its columns.
func (b *builder) open() error {
	s := &b.flow.Source
	end := Endpoint{Connection: name(b.from), Type: "file"}
	if b.from != nil {
		end.Type = b.from.Type.Name
	}
	var err error
	if s.Files != nil {
		end.Object = b.text(s.Files.Glob)
		b.plan.From, err = b.fileSource(end)
	} else {
		req := b.sourceRequest(&end)
		b.plan.From, err = b.from.Type.Table.NewSource(b.ctx, b.env(b.from), b.from.Config, req)
	}
	if err != nil {
		b.plan.From = nil // not a nil pointer in an interface
	}
	b.plan.Source = end
	if err != nil || b.failed() {
		return err
	}
	stream, err := b.plan.From.Discover(b.ctx)
	if err != nil {
		return err
	}
	b.plan.Schema, b.plan.Columns = stream.Schema, Columns(stream.Schema)
	b.plan.Notes = append(b.plan.Notes, stream.Notes...)
	return nil
}

func (b *builder) sourceRequest(end *Endpoint) connector.SourceRequest {
	s := &b.flow.Source
	req := connector.SourceRequest{Query: s.Query.Value, Columns: declaredFields(s), Select: texts(s.Select),
		NewColumn: s.Drift.NewColumn, MissingColumn: s.Drift.MissingColumn, BatchBytes: b.batchBytes()}
	if s.Table.Value != "" {
		req.Table = b.text(s.Table)
		end.Object = req.Table
	} else {
		end.Object = "query: " + strings.Join(strings.Fields(s.Query.Value), " ")
	}
	for _, a := range s.Args {
		if req.Args == nil {
			req.Args = map[string]any{}
		}
		req.Args[a.Name.Value] = b.arg(a.Value)
	}
	if s.Incremental == nil && b.req.From+b.req.To != "" {
		b.report(s.Table, "flow.source", "--from and --to go with an `incremental` source", "")
	}
	if inc := s.Incremental; inc != nil {
		req.Incremental = &connector.Incremental{Cursor: inc.Cursor.Value, TieBreaker: inc.TieBreaker.Value, Start: b.text(inc.Start),
			Lag: inc.Lag, Nulls: inc.Nulls, From: b.req.From, To: b.req.To}
	}
	if sp := s.Split; sp != nil {
		req.Split = &connector.SplitBy{Column: sp.By.Value, TargetRows: sp.TargetRows}
	}
	return req
}

func (b *builder) sinkRequest(table string, key []string) connector.SinkRequest {
	s := &b.flow.Sink
	return connector.SinkRequest{Table: table, Mode: s.Mode.Value, Key: key, Create: s.Create, Evolve: s.Evolve,
		Before: texts(s.Before), After: texts(s.After), MaxShrink: maxShrink(s)}
}

// maxShrink is the limit of a sink, nil without one.
func maxShrink(s *flow.Sink) *float64 {
	if s.MaxShrink < 0 {
		return nil
	}
	share := float64(s.MaxShrink)
	return &share
}

func texts(list []flow.Text) []string {
	var out []string
	for _, t := range list {
		out = append(out, t.Value)
	}
	return out
}

// compile checks the steps over the columns as they are, and compiles them.
func (b *builder) compile() error {
	schema := b.plan.Schema
	b.d.Findings = nil
	b.columns(expr.Scope{Schema: schema})
	if b.failed() {
		return nil
	}
	env := step.Env{Vars: b.vars, Key: b.bytes(), Memory: int64(b.flow.Run.Memory)}
	for i, s := range b.steps {
		op, err := s.Compile(schema, env)
		if err != nil {
			return fmt.Errorf("%s:%d: step %s: %w", b.flow.File, b.flow.Steps[i].Name.Pos.Line, b.flow.Steps[i].Name.Value, err)
		}
		b.plan.Ops = append(b.plan.Ops, op)
		b.plan.Steps = append(b.plan.Steps, StepInfo{Name: op.Name, Explain: op.Explain})
		schema = op.Out
	}
	if hidden := b.hidden(schema, b.chosen); len(hidden) > 0 {
		op := step.Without(schema, hidden)
		b.plan.Ops, schema = append(b.plan.Ops, op), op.Out
	}
	b.plan.Output = Columns(schema)
	b.narrow()
	return nil
}

// narrow tells the source what the first step demands of its columns. What later
// ones demand cannot count: a row may be rejected before it gets there.
func (b *builder) narrow() {
	source, ok := b.plan.From.(connector.Narrower)
	if !ok || len(b.plan.Ops) == 0 {
		return
	}
	var ranges []connector.Range
	for _, d := range b.plan.Ops[0].Bounds {
		ranges = append(ranges, connector.Range(d))
	}
	source.Narrow(ranges)
}

// openSink opens the sink and writes nothing.
func (b *builder) openSink() error {
	s := &b.flow.Sink
	end := Endpoint{Connection: name(b.to), Type: "file"}
	if b.to != nil {
		end.Type = b.to.Type.Name
	}
	var err error
	if s.File.Value != "" {
		end.Object = s.File.Value
		err = b.openFile()
	} else {
		end.Object, end.Mode = b.target(), s.Mode.Value
		key := b.sinkKey()
		if b.req.Purpose != ToPreview {
			b.plan.To, err = b.to.Type.Table.NewSink(b.ctx, b.env(b.to), b.to.Config, b.sinkRequest(end.Object, key))
		}
	}
	b.plan.Sink = end
	return err
}

// openFile opens a file sink. Its name may depend on the split, and then on
// nothing that is not known yet.
func (b *builder) openFile() error {
	t := b.flow.Sink.File
	perSplit := usesSplit(t)
	if !perSplit {
		b.plan.Sink.Object = b.text(t)
	}
	if b.req.Purpose == ToPreview {
		return nil
	}
	store, err := b.store(b.to)
	if err != nil {
		return err
	}
	seq := map[connector.SplitID]int{}
	b.plan.To = blob.NewSink(blob.SinkConfig{Store: store, StoreName: name(b.to), Registry: b.registry, Keys: b.key, Pattern: t.Value,
		PerSplit: perSplit, Layers: b.encode, PartitionBy: texts(b.flow.Sink.PartitionBy), RollSize: b.flow.Sink.RollSize(), Sums: b.req.Sums, Hold: b.unverified(), InOrder: strings.Contains(t.Value, "split.seq"), Name: func(s connector.Split) (string, error) {
			if _, ok := seq[s.ID]; !ok {
				seq[s.ID] = len(seq) + 1
			}
			return b.expand(t, withSplit(b.vars, s, seq[s.ID]))
		}})
	return nil
}

// show lists the splits and compares the target.
func (b *builder) show() error {
	p := b.plan
	ses, err := p.To.Prepare(b.ctx, p.Out(), connector.Run{ID: p.Run.ID, Flow: p.Flow}, true)
	if err != nil {
		return err
	}
	p.Changes, p.Notes = append([]string{}, ses.Changes...), append(p.Notes, ses.Notes...)
	cursor := ses.Cursor
	if cursor == nil {
		cursor = b.req.Cursor
	}
	p.Since = cursor
	p.Splits, err = p.From.Plan(b.ctx, cursor)
	return err
}

// Close releases the source, the steps, the sink and the tunnels. It may be called twice.
func (p *Plan) Close() error {
	var errs []error
	if p.From != nil {
		errs = append(errs, p.From.Close())
	}
	for _, op := range p.Ops {
		if op.Close != nil {
			errs = append(errs, op.Close())
		}
	}
	if p.To != nil {
		errs = append(errs, p.To.Close())
	}
	errs = append(errs, closeAll(p.closers))
	return errors.Join(errs...)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
