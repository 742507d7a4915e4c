package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow"
)

// Streams lists the flows that a flow with streams comes to: those of the file, in its order,
// with the tables that a pattern stands for in the order of the source. It asks the
// source for its tables, and changes nothing. Notes are for people.
func Streams(ctx context.Context, req Request) (list []*flow.Flow, notes []string, diags []flow.Diag, err error) {
	diags = Check(req.Flow, req.Project, req.Registry)
	if serious(diags) {
		return nil, nil, diags, nil
	}
	if all, _ := req.Project.Connections(); !all.HasProfile(req.Profile) {
		return nil, nil, diags, &ProfileError{req.Profile, all.ProfileNames()}
	}
	l := &lister{ctx: ctx, req: req, builder: &builder{checker: newChecker(req.Flow, req.Project, req.Registry, req.Profile), req: req, ctx: ctx}}
	defer func() { err = errors.Join(err, closeAll(l.builder.closers)) }()
	if err := l.list(); err != nil {
		return nil, nil, nil, err
	}
	found := append(diags, l.builder.diags()...)
	if serious(found) {
		return nil, nil, flow.SortDiags(found), nil
	}
	if err := l.apart(); err != nil {
		return nil, nil, nil, err
	}
	return l.flows, l.notes, flow.SortDiags(append(diags, l.builder.diags()...)), nil
}

// lister finds out what streams stand for.
type lister struct {
	ctx     context.Context
	req     Request
	builder *builder // for its connections and its findings
	flows   []*flow.Flow
	notes   []string
}

// table is a table of a source, and the stream that it belongs to.
type table struct {
	connector.Relation
	stream int  // of the flow; -1 = none
	weight int  // of that stream's pattern
	left   bool // a pattern would mean it if it were a table
}

// list makes the flows.
func (l *lister) list() error {
	streams := l.req.Flow.Streams
	tables := map[string][]table{} // by connection
	for i := range streams {
		s := &streams[i]
		if s.Given() || l.builder.hasFiles(s) {
			continue
		}
		name := s.Connection()
		if _, done := tables[name]; !done {
			found, err := l.tables(name)
			if err != nil {
				return err
			}
			tables[name] = found
		}
		l.claim(i, s, tables[name])
	}
	for _, list := range tables {
		l.leftOut(list)
	}
	for i := range streams {
		s := &streams[i]
		switch {
		case s.Skip:
		case s.Given():
			l.add(s, flow.StreamOf{Name: s.Name.Value, Table: s.Name.Value})
		case l.builder.hasFiles(s):
			l.add(s, flow.StreamOf{Name: s.Name.Value, Table: stem(s.Name.Value), Object: s.Name.Value, Files: true})
		default:
			l.addTables(i, s, tables[s.Connection()])
		}
	}
	return nil
}

// tables asks a connection for what it has.
func (l *lister) tables(name string) ([]table, error) {
	all, _ := l.req.Project.Connections()
	conn, _ := all.Resolve(l.req.Registry, name, l.req.Profile)
	if conn == nil || conn.Type.Table == nil || conn.Type.Table.Describe == nil {
		return nil, fmt.Errorf("connection %s cannot tell which tables it has", name)
	}
	found, err := conn.Type.Table.Describe(l.ctx, l.builder.env(conn), conn.Config, "")
	if err != nil {
		return nil, err
	}
	list := make([]table, len(found))
	for i, r := range found {
		list[i] = table{Relation: r, stream: -1}
	}
	return list, nil
}

// claim gives stream i the tables that it means more exactly than the streams before it.
func (l *lister) claim(i int, s *flow.Stream, tables []table) {
	p := parsePattern(s.Name.Value)
	found := 0
	for j := range tables {
		t := &tables[j]
		switch {
		case !p.means(t.Relation):
		case p.literal() || t.Whole():
			found++
			if w := p.weight(); t.stream < 0 || w >= t.weight {
				t.stream, t.weight = i, w
			}
		default:
			t.left = t.left || !s.Skip
		}
	}
	switch {
	case found > 0:
	case p.literal():
		names := make([]string, len(tables))
		for j, t := range tables {
			names[j] = t.Name
			if p.schema != "" && t.Schema != "" {
				names[j] = t.Schema + "." + t.Table
			}
		}
		l.builder.report(s.Name, "flow.stream", "connection "+s.Connection()+" has no table "+spec.Quote(s.Name.Value)+" that it may read", spec.DidYouMean(s.Name.Value, names))
	default:
		l.notes = append(l.notes, "stream "+s.Name.Value+": no table matches")
	}
}

// leftOut notes what no stream names, and no pattern means because it has no rows of its own.
func (l *lister) leftOut(tables []table) {
	var names []string
	for _, t := range tables {
		if t.left && t.stream < 0 && t.Kind != "partition" {
			names = append(names, t.Name+" ("+t.Kind+")")
		}
	}
	if n := len(names); n > 0 {
		l.notes = append(l.notes, "a pattern means tables; name what else is wanted: "+strings.Join(names[:min(n, 10)], ", "))
	}
}

// addTables adds the tables of stream i.
func (l *lister) addTables(i int, s *flow.Stream, tables []table) {
	p := parsePattern(s.Name.Value)
	for _, t := range tables {
		if t.stream != i {
			continue
		}
		of := flow.StreamOf{Name: t.Name, Schema: t.Schema, Table: t.Table, Object: t.Name}
		if p.schema != "" && t.Schema != "" {
			of.Name = t.Schema + "." + t.Table
		}
		l.add(s, of)
	}
}

func (l *lister) add(s *flow.Stream, of flow.StreamOf) {
	f, diags := l.req.Flow.StreamFlow(s, of)
	if serious(diags) { // the connection's type tells more than the file
		l.builder.others = append(l.builder.others, diags...)
	}
	l.flows = append(l.flows, f)
}

// apart refuses streams that would spoil each other's rows.
func (l *lister) apart() error {
	type place struct{ what, where string }
	first := map[place]string{}
	for _, f := range l.flows {
		b := &builder{checker: newChecker(f, l.req.Project, l.req.Registry, l.req.Profile), req: l.req, ctx: l.ctx}
		if err := b.parameters(); err != nil {
			return err
		}
		sink, at := &f.Sink, f.Sink.Table
		var places []place
		switch mode := sink.Mode.Value; {
		case sink.File.Value != "":
			if at = sink.File; !usesSplit(at) {
				places = append(places, place{"file", sink.Connection.Value + ":" + b.text(at)})
			}
		case mode == "replace" || mode == "truncate" || mode == "mirror":
			b.to, _ = b.connection(sink.Connection, "write")
			places = append(places, place{"table", sink.Connection.Value + ":" + b.target()})
		}
		if f.Errors.Into.Value != "" {
			places = append(places, place{"rejects file", b.text(f.Errors.Into)})
		}
		for _, p := range places {
			if other, twice := first[p]; twice {
				l.builder.report(at, "flow.stream", fmt.Sprintf("streams %s and %s write to the same %s, %s", other, f.Stream.Name, p.what, strings.TrimPrefix(p.where, ":")),
					"put ${{ stream.schema }} or ${{ stream.name }} into its name")
			}
			first[p] = f.Stream.Name
		}
		l.builder.others = append(l.builder.others, b.diags()...)
	}
	return nil
}

// hasFiles reports whether a stream's source is a store of files.
func (c *checker) hasFiles(s *flow.Stream) bool {
	name := s.Connection()
	if name == "" {
		return true
	}
	all, _ := c.project.Connections()
	if !all.Has(name) {
		return false
	}
	conn, _ := all.Resolve(c.registry, name, c.profile)
	return conn != nil && (conn.Type.Table == nil || conn.Type.Table.NewSource == nil)
}

// wholes are the checkers of a flow: its own, or those of its streams as far as the
// project's files tell. All of them have found what there is to find.
func wholes(f *flow.Flow, p *flow.Project, reg *connector.Registry, profile string) []*checker {
	if !f.HasStreams() {
		c := newChecker(f, p, reg, profile)
		c.all()
		return []*checker{c}
	}
	var list []*checker
	for i := range f.Streams {
		s := &f.Streams[i]
		if s.Skip {
			continue
		}
		c := newChecker(f, p, reg, profile)
		of := flow.StreamOf{Name: s.Name.Value, Table: s.Name.Value, Object: s.Name.Value, Files: c.hasFiles(s)}
		var diags []flow.Diag
		c.flow, diags = f.StreamFlow(s, of)
		c.others = append(c.others, diags...)
		c.all()
		list = append(list, c)
	}
	return list
}

// findings are those of all, each once.
func findings(list []*checker) []flow.Diag {
	if len(list) == 1 {
		return list[0].diags()
	}
	var all []flow.Diag
	for _, c := range list {
		all = append(all, c.diags()...)
	}
	return flow.SortDiags(all)
}

// sinkKey is the key of the rows in the sink: the flow's, or of a stream without one that of
// the table that it reads.
func (b *builder) sinkKey() []string {
	s := &b.flow.Sink
	if len(s.Key) > 0 || b.flow.Stream == nil || b.plan.Schema == nil || !slices.Contains([]string{"upsert", "update", "delete", "mirror"}, s.Mode.Value) {
		return texts(s.Key)
	}
	var key []string
	fields := b.plan.Out().Fields
	for place := 1; ; place++ {
		i := slices.IndexFunc(fields, func(f record.Field) bool { return f.Origin().Key == place })
		if i < 0 {
			break
		}
		key = append(key, fields[i].Name)
	}
	if len(key) == 0 {
		b.report(s.Mode, "flow.stream", "stream "+b.flow.Stream.Name+": load mode "+s.Mode.Value+" needs a `key`, and the table has no primary key among the columns that are read",
			"name the columns that identify a row, or use another mode for it")
	}
	return key
}

// target is the sink's table. The names of a source's tables are written as the sink writes names.
func (b *builder) target() string {
	t, of := b.flow.Sink.Table, b.flow.Stream
	if of == nil || b.to == nil || b.to.Type.Table == nil || b.to.Type.Table.WriteName == nil {
		return b.text(t)
	}
	plain := b.vars
	defer func() { b.vars = plain }()
	b.vars = withStream(plain, *of, b.to.Type.Table.WriteName)
	return b.text(t)
}

// Whole is the plan of a flow with streams without those: what it needs.
func Whole(req Request) (*Plan, error) {
	c := &checker{flow: req.Flow, project: req.Project, registry: req.Registry, profile: req.Profile, streams: wholes(req.Flow, req.Project, req.Registry, req.Profile)}
	needs, err := c.needs()
	if err != nil {
		return nil, err
	}
	f := req.Flow
	return &Plan{Flow: f.Name.Value, File: f.File, Digest: f.Digest(), Profile: req.Profile, Params: req.Params, Needs: needs, Run: req.Run, Options: f.Run, Errors: f.Errors,
		Columns: []Column{}, Steps: []StepInfo{}, Output: []Column{}, Changes: []string{}, Notes: []string{}}, nil
}
