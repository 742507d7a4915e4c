package formattest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// Cell is a value in the text form of Vector.AppendText; numbers compare exactly that way.
type Cell struct {
	Null bool
	Text string
}

// String shows NULL and text apart.
func (c Cell) String() string {
	if c.Null {
		return "NULL"
	}
	return fmt.Sprintf("%q", c.Text)
}

// Reject is a rejected row with where it came from.
type Reject struct {
	Line   int64
	Code   record.Code
	Column string
	Record string
	// Message is for people.
	Message string
}

// Table is everything a decoder said about an input. Rejects stand in the order of their
// lines.
type Table struct {
	Columns []string
	Rows    [][]Cell
	Rejects []Reject
}

// Input is something to read.
type Input struct {
	Format *connector.Format
	Config any            // nil: the defaults
	Schema *record.Schema // nil: every column, as strings
	Chunk  int            // bytes; 0 = the default
	File   string
}

// Decoder makes the decoder of in over r.
func (in Input) Decoder(r io.Reader) (connector.Decoder, error) {
	cfg := in.Config
	if cfg == nil {
		cfg = in.Format.Config()
	}
	opt := connector.DecodeOptions{File: in.File, ChunkSize: in.Chunk}
	if in.Format.RandomAccess {
		data, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		opt.At, opt.Size = bytes.NewReader(data), int64(len(data))
	}
	return in.Format.NewDecoder(cfg, r, opt)
}

// Read reads all of r, chunk by chunk with one slot. The memory of a chunk is
// overwritten before the next one is read.
func (in Input) Read(ctx context.Context, r io.Reader) (*Table, error) {
	d, err := in.Decoder(r)
	if err != nil {
		return nil, err
	}
	t := &Table{}
	if t.Columns, err = in.bind(ctx, d); err != nil {
		return nil, err
	}
	m := &connector.Morsel{}
	for {
		if err := d.Next(ctx, m); err == io.EOF {
			slices.SortStableFunc(t.Rejects, func(a, b Reject) int { return int(a.Line - b.Line) })
			return t, nil
		} else if err != nil {
			return t, err
		}
		if err := d.Decode(m); err != nil {
			return t, err
		}
		if err := t.add(&m.Batch); err != nil {
			return t, err
		}
		poison(m)
	}
}

// bind names the columns and fixes the schema.
func (in Input) bind(ctx context.Context, d connector.Decoder) ([]string, error) {
	names, err := d.Columns(ctx)
	if err != nil {
		return nil, err
	}
	schema := in.Schema
	if schema == nil {
		schema = Strings(names)
	}
	return names, d.Bind(schema)
}

// Strings is a schema of string columns.
func Strings(names []string) *record.Schema {
	s := &record.Schema{}
	for _, n := range names {
		s.Fields = append(s.Fields, record.Field{Name: n, Type: record.Type{Kind: record.String}})
	}
	return s
}

// add appends the rows and rejects of b. A Bad cell makes its row a reject.
func (t *Table) add(b *record.Batch) error {
	vectors := make([]*record.Vector, len(b.Cols))
	for i, c := range b.Cols {
		vectors[i] = c.Values(b, b.Sel)
	}
	if b.Err != nil {
		return b.Err
	}
	if left := b.Rows - len(b.Sel); left != len(b.Rejects) {
		return fmt.Errorf("%d rows, %d alive, but %d rejects", b.Rows, len(b.Sel), len(b.Rejects))
	}
	for _, r := range b.Rejects {
		t.Rejects = append(t.Rejects, Reject{b.Origin.Position(b, r.Row).Line, r.Code, r.Column, string(b.Origin.Record(b, r.Row)), r.Message})
	}
	for _, row := range b.Sel {
		cells, fault := rowCells(b, vectors, row)
		if fault != nil {
			fault.Line, fault.Record = b.Origin.Position(b, row).Line, string(b.Origin.Record(b, row))
			t.Rejects = append(t.Rejects, *fault)
			continue
		}
		t.Rows = append(t.Rows, cells)
	}
	return nil
}

func rowCells(b *record.Batch, vectors []*record.Vector, row int32) ([]Cell, *Reject) {
	cells := make([]Cell, len(vectors))
	for i, v := range vectors {
		switch v.Cells[row] {
		case record.Null:
			cells[i].Null = true
		case record.Value:
			cells[i].Text = cellText(b, v, row)
		default:
			return nil, &Reject{Code: v.Fault(row).Code, Message: v.Fault(row).Message}
		}
	}
	return cells, nil
}

// cellText is the text of a value. Space between the tokens of JSON does not count.
func cellText(b *record.Batch, v *record.Vector, row int32) string {
	s := v.AppendText(nil, b, row)
	if v.Type.Kind == record.JSON {
		var out bytes.Buffer
		if json.Compact(&out, s) == nil {
			return out.String()
		}
	}
	return string(s)
}

// poison overwrites what the next chunk will reuse, so that anything that escaped shows.
func poison(m *connector.Morsel) {
	fill(m.Chunk[:cap(m.Chunk)])
	fill(m.Batch.Aux[:cap(m.Batch.Aux)])
	fill(m.Out[:cap(m.Out)])
}

func fill(b []byte) {
	for i := range b {
		b[i] = 0xdb
	}
}
