package blob

import (
	"context"
	"io"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

const (
	sampleRows  = 10_000
	sampleBytes = 1 << 20
)

func (s *Source) sampleRows() int {
	if s.cfg.SampleRows > 0 {
		return s.cfg.SampleRows
	}
	return sampleRows
}

// header opens a file and reads the names of its columns, those of declared columns
// where it has none. in is nil when there is an error.
func (s *Source) header(ctx context.Context, o connector.Object) (in *input, names []string, err error) {
	in, err = s.open(ctx, o, true)
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, in.interrupt)
	defer stop()
	names, err = in.dec.Columns(ctx)
	if err == nil && len(names) > 0 {
		return in, s.named(in.dec, names), nil
	}
	if err != nil {
		err = in.fail(ctx, err)
	}
	in.Close()
	return nil, nil, err
}

// named gives an input without names of its own those of the declared columns.
func (s *Source) named(dec connector.Decoder, names []string) []string {
	p, ok := dec.(Positional)
	if !ok || !p.Positional() {
		return names
	}
	named := append([]string(nil), names...)
	for i := range min(len(named), len(s.cfg.Columns)) {
		named[i] = s.cfg.Columns[i].Name
	}
	return named
}

// bind fixes the schema of an opened file whose columns are own.
func (s *Source) bind(r *reader, own []string) error {
	in := r.in
	names := s.named(in.dec, own)
	missing, extra := compare(s.schema, names, nil)
	if s.cfg.NewColumn == "add" {
		missing = s.onlyDeclared(missing)
	}
	if err := s.drift(in, names, missing, extra); err != nil {
		return err
	}
	if err := in.bind(s.schema, own, names); err != nil {
		return err
	}
	s.watch(r, extra)
	return nil
}

// onlyDeclared keeps the declared columns: the others come from a file that has
// more than the rest.
func (s *Source) onlyDeclared(names []string) []string {
	if len(s.cfg.Columns) == 0 {
		return nil
	}
	var kept []string
	for _, n := range names {
		if fieldIndex(s.cfg.Columns, n) >= 0 {
			kept = append(kept, n)
		}
	}
	return kept
}

// bind binds the decoder to sch, whose names are names where the input says own.
func (in *input) bind(sch *record.Schema, own, names []string) error {
	renamed := *sch
	renamed.Fields = append([]record.Field(nil), sch.Fields...)
	for i := range own {
		if own[i] == names[i] {
			continue
		}
		if f := sch.Index(names[i]); f >= 0 {
			renamed.Fields[f].Name = own[i]
		}
	}
	return in.dec.Bind(&renamed)
}

// sample feeds up to limit rows of the undeclared columns to the inferrers.
func (s *Source) sample(ctx context.Context, in *input, names []string, found *columns, limit int) error {
	own, err := in.dec.Columns(ctx)
	if err != nil {
		return in.fail(ctx, err)
	}
	sch := &record.Schema{}
	var into []*guess
	var hints []record.Type
	if h, ok := in.dec.(connector.Hinter); ok {
		hints = h.Hints()
	}
	for i, name := range names {
		g := found.infer[name]
		if g == nil {
			continue
		}
		if hints != nil {
			if t := hints[i]; t.Kind != record.Invalid {
				g.hinted(t)
				continue
			}
		}
		sch.Fields = append(sch.Fields, record.Field{Name: own[i], Type: record.Type{Kind: record.String}})
		into = append(into, g)
	}
	if len(into) == 0 {
		return nil
	}
	if err := in.dec.Bind(sch); err != nil {
		return in.fail(ctx, err)
	}
	stop := context.AfterFunc(ctx, in.interrupt)
	defer stop()
	return in.infer(ctx, into, limit)
}

// infer reads rows until it has seen enough.
func (in *input) infer(ctx context.Context, into []*guess, limit int) error {
	var m connector.Morsel
	start := in.read.n.Load()
	for rows := 0; rows < limit && in.read.n.Load()-start < sampleBytes; rows += m.Batch.Rows {
		err := in.dec.Next(ctx, &m)
		if err == io.EOF && ctx.Err() == nil {
			return nil
		}
		if err == nil {
			err = in.dec.Decode(&m)
		}
		if err != nil {
			return in.fail(ctx, err)
		}
		for i, g := range into {
			g.add(&m.Batch, m.Batch.Cols[i].Values(&m.Batch, m.Batch.Sel))
		}
		if err := m.Batch.Err; err != nil {
			return in.fail(ctx, err)
		}
	}
	return nil
}

func (g *guess) add(b *record.Batch, v *record.Vector) {
	for _, row := range b.Sel {
		switch v.Cells[row] {
		case record.Value:
			g.from.Add(b.Text(v.Str[row]))
		case record.Null:
			g.from.AddNull()
		}
	}
}
