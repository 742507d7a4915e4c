package conntest

import (
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// Null is the cell of Rows that stands for NULL.
const Null = "\x00"

// Rows is test data: the cells of a schema in their canonical text, which for bytes
// is base64.
type Rows struct {
	Schema *record.Schema
	Cells  [][]string
}

// Schema makes a schema of "name type" pairs, such as "total decimal(12,2)".
func Schema(t testing.TB, fields ...string) *record.Schema {
	t.Helper()
	sch := &record.Schema{}
	for _, f := range fields {
		space := strings.LastIndexByte(f, ' ')
		parsed, err := record.ParseType(f[space+1:])
		if err != nil {
			t.Fatal(err)
		}
		sch.Fields = append(sch.Fields, record.Field{Name: f[:max(space, 0)], Type: parsed, Declared: true})
	}
	return sch
}

// Fill makes m hold rows from up to to of r, typed.
func (r Rows) Fill(t testing.TB, m *connector.Morsel, from, to int) {
	t.Helper()
	m.Chunk = m.Chunk[:0]
	var views []record.View
	for _, cells := range r.Cells[from:to] {
		for _, c := range cells {
			views = append(views, record.ChunkView(len(m.Chunk), len(c)))
			m.Chunk = append(m.Chunk, c...)
		}
	}
	b := &m.Batch
	b.Reset(to - from)
	b.Buf = m.Chunk
	b.Origin = origin{r, from}
	width := len(r.Schema.Fields)
	for c, f := range r.Schema.Fields {
		col := b.NewColumn(f.Type)
		v := col.Vector()
		for row := range int32(to - from) {
			if r.Cells[from+int(row)][c] == Null {
				v.Cells[row] = record.Null
				continue
			}
			v.ParseCell(b, row, views[int(row)*width+c])
			if v.Cells[row] != record.Value {
				t.Fatalf("row %d, column %s: %s", from+int(row), f.Name, v.Fault(row).Message)
			}
		}
		b.Cols = append(b.Cols, col)
	}
}

// origin says where a row of Rows is from.
type origin struct {
	rows Rows
	from int
}

func (o origin) FillText(*record.Batch, int, []int32, *record.Vector) {}

func (o origin) Position(_ *record.Batch, row int32) record.Position {
	return record.Position{File: "conntest", Line: int64(o.from) + int64(row) + 1}
}

func (o origin) Record(_ *record.Batch, row int32) []byte {
	return []byte(strings.Join(o.rows.Cells[o.from+int(row)], "|"))
}

// Texts is the rows alive in b in their canonical text. A bad cell is "!" and its
// message.
func Texts(b *record.Batch) [][]string {
	vectors := make([]*record.Vector, len(b.Cols))
	for c, col := range b.Cols {
		vectors[c] = col.Values(b, b.Sel)
	}
	all := make([][]string, 0, len(b.Sel))
	for _, row := range b.Sel {
		cells := make([]string, len(b.Cols))
		for c, v := range vectors {
			switch v.Cells[row] {
			case record.Null:
				cells[c] = Null
			case record.Bad:
				cells[c] = "!" + v.Fault(row).Message
			default:
				cells[c] = string(v.AppendText(nil, b, row))
			}
		}
		all = append(all, cells)
	}
	return all
}
