package engine

import (
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/flow/step"
)

// checks says where in the steps the cells of the source are checked, and which.
// They are checked for the rows that survive the filters, before the first step
// that remembers rows: a row must not be rejected after it decided the fate of
// another. Without such a step that is the end.
type checks struct {
	at       int      // before ops[at]
	live     []int    // columns there that reach the sink
	names    []string // of live
	guessed  []bool   // of live: the type was inferred
	required []int    // columns of the source
	source   []string // names of required
}

// trace finds out which columns reach the sink by sending an empty batch through
// the steps: a column that is only moved or renamed is the same column at the end.
func trace(schema *record.Schema, ops []*step.Op, insts []step.Instance) (checks, error) {
	c := checks{at: len(ops)}
	for i := range schema.Fields {
		if schema.Fields[i].Required {
			c.required = append(c.required, i)
			c.source = append(c.source, schema.Fields[i].Name)
		}
	}
	var b record.Batch
	b.Reset(0)
	b.Origin = nowhere{}
	for i, f := range schema.Fields {
		b.Cols = append(b.Cols, b.InputColumn(f.Type, i))
	}
	var there []*record.Column
	for i, op := range ops {
		if op.Ordered && c.at == len(ops) {
			c.at = i
			there = append(there, b.Cols...)
		}
		if err := insts[i].Apply(&b); err != nil {
			return c, err
		}
	}
	if c.at == len(ops) {
		there = append(there, b.Cols...)
	}
	fields := in(schema, ops, c.at).Fields
	end := map[*record.Column]bool{}
	for _, col := range b.Cols {
		end[col] = true
	}
	for i, col := range there {
		if end[col] && col.Input() >= 0 {
			c.live = append(c.live, i)
			c.names = append(c.names, fields[i].Name)
			c.guessed = append(c.guessed, !fields[i].Declared)
		}
	}
	return c, nil
}

// in is the schema before ops[i].
func in(schema *record.Schema, ops []*step.Op, i int) *record.Schema {
	if i == 0 {
		return schema
	}
	return ops[i-1].Out
}

// apply rejects the rows of b with a cell that is not of its type, or NULL where
// that is not allowed. cols are the columns of the source. Values that did not have to be made of
// a text are left to a writer that checks them.
func (c *checks) apply(b *record.Batch, cols []*record.Column, left bool) {
	before := len(b.Rejects)
	for i, col := range c.required {
		var v *record.Vector
		if cols[col].Input() >= 0 {
			v = cols[col].Source(b, b.Sel)
		} else {
			v = cols[col].Values(b, b.Sel)
		}
		for _, row := range b.Sel {
			if v.Cells[row] == record.Null {
				b.Reject(row, record.Required, c.source[i], "NULL in a required column")
			}
		}
	}
	for i, at := range c.live {
		if left && b.Cols[at].Typed() >= 0 {
			continue
		}
		c.cells(b, b.Cols[at], c.names[i], c.guessed[i])
	}
	b.DropRejected(before)
}

// everything checks every cell as it was read, for a strict flow. It comes before the
// first step.
func (c *checks) everything(b *record.Batch, schema *record.Schema) {
	before := len(b.Rejects)
	for i, f := range schema.Fields {
		c.cells(b, b.Cols[i], f.Name, !f.Declared)
	}
	b.DropRejected(before)
}

// cells rejects the rows of b with a bad cell in col.
func (c *checks) cells(b *record.Batch, col *record.Column, name string, guessed bool) {
	v := col.Values(b, b.Sel)
	if guessed && v.Type.Kind == record.Int && col.Input() >= 0 {
		c.padded(b, col, name)
	}
	if len(v.Faults) == 0 {
		return
	}
	for _, row := range b.Sel {
		if v.Cells[row] == record.Bad {
			f := v.Fault(row)
			b.Reject(row, f.Code, name, f.Message)
		}
	}
}

// padded rejects what an inferred int would change: 007 is no number but a code
// that the sample did not show.
func (c *checks) padded(b *record.Batch, col *record.Column, name string) {
	text := col.Source(b, b.Sel)
	for _, row := range b.Sel {
		if text.Cells[row] != record.Value || text.Str[row].Size() < 2 {
			continue
		}
		if s := b.Text(text.Str[row]); s[0] == '0' || s[0] == '+' || s[0] == '-' && s[1] == '0' {
			b.Reject(row, record.BadValue, name, record.Quote(s)+" would lose characters as an int, which is what the first rows look like; declare the column")
		}
	}
}

// nowhere is the origin of a batch without rows.
type nowhere struct{}

func (nowhere) FillText(*record.Batch, int, []int32, *record.Vector) {}
func (nowhere) Position(*record.Batch, int32) record.Position        { return record.Position{} }
func (nowhere) Record(*record.Batch, int32) []byte                   { return nil }
