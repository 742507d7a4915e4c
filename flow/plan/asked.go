package plan

import (
	"context"
	"errors"
	"slices"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/flow"
)

// Asked lists what a flow asks of the connection's tables. Streams are those of the tables that
// the connection has now; another connection is not asked for its own. Notes say what is
// not known.
func (l *Link) Asked(ctx context.Context, f *flow.Flow, run Run) (needs []connector.Need, notes []string, err error) {
	req := l.builder.req
	req.Flow, req.Run = f, run
	parts := wholes(f, req.Project, req.Registry, req.Profile)
	if serious(findings(parts)) {
		return nil, []string{"flow " + f.Key() + ": not compared, as there are faults in it: headgate validate"}, nil
	}
	if !slices.ContainsFunc(parts, l.used) {
		return nil, nil, nil
	}
	flows := []*flow.Flow{f}
	if f.HasStreams() {
		if flows, notes, err = l.streams(ctx, req); err != nil {
			return nil, nil, err
		}
	}
	for _, sub := range flows {
		more, known, err := l.asked(ctx, req, sub)
		if err != nil {
			return nil, nil, err
		}
		needs = append(needs, more...)
		if !known {
			notes = append(notes, "flow "+sub.Key()+": not compared, as a parameter without a default says which table")
		}
	}
	return needs, notes, nil
}

// used reports whether a flow reads tables of the connection, or writes them.
func (l *Link) used(c *checker) bool {
	return l.reads(c) || l.writes(c)
}

func (l *Link) reads(c *checker) bool {
	return c.from != nil && c.from.Name == l.conn.Name && c.flow.Source.Files == nil
}

func (l *Link) writes(c *checker) bool {
	return c.to != nil && c.to.Name == l.conn.Name && c.flow.Sink.File.Value == ""
}

// asked is what one flow, or stream, asks. It is not known where a value is missing.
func (l *Link) asked(ctx context.Context, req Request, f *flow.Flow) (needs []connector.Need, known bool, err error) {
	b := &builder{checker: newChecker(f, req.Project, req.Registry, req.Profile), req: req, ctx: ctx}
	b.all()
	var missing *ParamError
	if err := b.parameters(); err != nil && !errors.As(err, &missing) {
		return nil, false, err
	}
	if l.reads(b.checker) {
		read := b.sourceRequest(&Endpoint{})
		needs = append(needs, connector.Need{Flow: f.Key(), Read: &read})
	}
	if l.writes(b.checker) {
		write := b.sinkRequest(b.target(), texts(f.Sink.Key))
		needs = append(needs, connector.Need{Flow: f.Key(), Write: &write})
	}
	if b.failed() {
		return nil, false, nil
	}
	return needs, true, nil
}

// streams are the flows that a flow with streams comes to.
func (l *Link) streams(ctx context.Context, req Request) (list []*flow.Flow, notes []string, err error) {
	if l.alone(req) {
		list, notes, diags, err := Streams(ctx, req)
		if err == nil && serious(diags) {
			notes = append(notes, "flow "+req.Flow.Key()+": not compared: "+diags[0].Message)
		}
		return list, notes, err
	}
	c := newChecker(req.Flow, req.Project, req.Registry, req.Profile)
	for i := range req.Flow.Streams {
		s := &req.Flow.Streams[i]
		name := s.Name.Value
		of := flow.StreamOf{Name: name, Table: name, Object: name}
		switch p := parsePattern(name); {
		case s.Skip:
			continue
		case s.Given():
		case c.hasFiles(s):
			of.Table, of.Files = stem(name), true
		case !p.literal():
			notes = append(notes, "flow "+req.Flow.Key()+": stream "+name+": not compared, as connection "+s.Connection()+" says which tables these are")
			continue
		default:
			of.Schema, of.Table = p.schema, p.table
		}
		sub, _ := req.Flow.StreamFlow(s, of)
		list = append(list, sub)
	}
	return list, notes, nil
}

// alone reports whether the connection is the only one that has to be asked which tables the
// streams are.
func (l *Link) alone(req Request) bool {
	c := newChecker(req.Flow, req.Project, req.Registry, req.Profile)
	for i := range req.Flow.Streams {
		s := &req.Flow.Streams[i]
		if !s.Skip && !s.Given() && !c.hasFiles(s) && s.Connection() != l.conn.Name {
			return false
		}
	}
	return true
}
