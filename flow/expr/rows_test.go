package expr

import (
	"fmt"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector/record"
)

// texts is an Origin over cells of text; a cell of "NULL" is NULL.
type texts struct {
	rows  [][]string
	start [][]int // offset of each cell in the chunk
}

func (o *texts) FillText(_ *record.Batch, col int, sel []int32, v *record.Vector) {
	for _, row := range sel {
		cell := o.rows[row][col]
		if cell == "NULL" {
			v.Cells[row] = record.Null
			continue
		}
		v.Str[row], v.Cells[row] = record.ChunkView(o.start[row][col], len(cell)).AsPlain(), record.Value
	}
}

func (o *texts) Position(*record.Batch, int32) record.Position { return record.Position{} }

func (o *texts) Record(*record.Batch, int32) []byte { return nil }

// batchOf is a batch of input columns over rows of text.
func batchOf(schema *record.Schema, rows [][]string) *record.Batch {
	o := &texts{rows: rows, start: make([][]int, len(rows))}
	var buf []byte
	for i, r := range rows {
		o.start[i] = make([]int, len(r))
		for j, cell := range r {
			o.start[i][j] = len(buf)
			buf = append(buf, cell...)
		}
	}
	b := &record.Batch{}
	b.Reset(len(rows))
	b.Origin, b.Buf = o, buf
	for i, f := range schema.Fields {
		b.Cols = append(b.Cols, b.InputColumn(f.Type, i))
	}
	return b
}

// schemaOf reads "name:type" pairs.
func schemaOf(t testing.TB, spec ...string) *record.Schema {
	t.Helper()
	s := &record.Schema{}
	for _, f := range spec {
		name, kind, _ := strings.Cut(f, ":")
		typ := record.Type{}
		if kind != "" {
			var err error
			if typ, err = record.ParseType(kind); err != nil {
				t.Fatal(err)
			}
		}
		s.Fields = append(s.Fields, record.Field{Name: name, Type: typ})
	}
	return s
}

func compile(t testing.TB, src string, scope Scope) *Program {
	t.Helper()
	p, findings := Compile(src, scope)
	if len(findings) > 0 {
		t.Fatalf("%s: %v", src, findings)
	}
	return p
}

// cellText shows a cell: its text, NULL, or !code message.
func cellText(b *record.Batch, v *record.Vector, row int32) string {
	switch v.Cells[row] {
	case record.Null:
		return "NULL"
	case record.Bad:
		f := v.Fault(row)
		return fmt.Sprintf("!%s %s", strings.TrimPrefix(string(f.Code), "row."), f.Message)
	case record.Value:
		return string(v.AppendText(nil, b, row))
	}
	return fmt.Sprintf("cell %d", v.Cells[row])
}

// evaluate runs e over all rows of b.
func evaluate(e *Eval, b *record.Batch) []string {
	var v record.Vector
	v.Reset(e.p.Type(), b.Rows)
	e.Into(b, b.Sel, &v)
	out := make([]string, b.Rows)
	for i := range out {
		out[i] = cellText(b, &v, int32(i))
	}
	return out
}

// newVMOnly is an Eval that runs all of p in the CEL VM.
func newVMOnly(p *Program) *Eval {
	e := &Eval{p: p}
	e.root = &lane{n: p.root, t: p.root.typ.record(), column: -1, k: buildVM(e, p.root, true)}
	return e
}
