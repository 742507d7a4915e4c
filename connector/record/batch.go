package record

import "unsafe"

// Origin is what the reader of a batch knows about its rows. A batch keeps it until
// its rows are committed or rejected.
type Origin interface {
	// FillText sets v.Str and v.Cells (Value, Null or Bad) of input column col for the
	// rows of sel, all of them Unasked before. Text is unquoted and unescaped.
	FillText(b *Batch, col int, sel []int32, v *Vector)
	// Position tells where row came from.
	Position(b *Batch, row int32) Position
	// Record is the row as it was read, for the reject record. Valid until the
	// batch is reused.
	Record(b *Batch, row int32) []byte
}

// TypedOrigin is an Origin that has values, not text, for its typed columns.
type TypedOrigin interface {
	Origin
	// FillValues sets the cells of typed column col, as v.Type has them, for the rows of
	// sel, all of them Unasked before. An error of the input goes to b.Fail.
	FillValues(b *Batch, col int, sel []int32, v *Vector)
}

// Position is where a row came from, for people.
type Position struct {
	File string // path, or "connection:table"
	Line int64  // 1-based line of the record's first byte, or row number in a table; 0 = unknown
}

// Reject is a row that leaves the flow with a reason.
type Reject struct {
	Row     int32
	Code    Code
	Column  string // "" when the whole record is at fault
	Message string
}

// Batch is the rows of one chunk. See the package comment for ownership.
type Batch struct {
	Rows   int       // physical rows
	Cols   []*Column // in the order of the schema in force after the steps so far
	Sel    []int32   // rows alive, ascending; never nil in a batch with rows
	Buf    []byte    // the chunk that chunk views point into
	Aux    []byte    // the arena that arena views point into; append only
	Origin Origin

	// Delimiter is the byte that View.Plain text is known not to hold; 0 when none.
	Delimiter byte

	// Rejects, Filtered and Deduped account for the rows that left Sel. Rejects is
	// filled by Reject alone.
	Rejects           []Reject
	Filtered, Deduped int64

	// Err is why an origin that reads on demand could not. It ends the run: the cells
	// asked for then are Bad and mean nothing.
	Err error

	pool []*Column
	used int
	gone []bool // by row, valid while there are Rejects
}

// Reset empties the batch for a new chunk of n rows, all alive. Columns handed
// out before are reclaimed.
func (b *Batch) Reset(n int) {
	b.Rows = n
	b.Cols = b.Cols[:0]
	b.Buf, b.Aux = nil, b.Aux[:0]
	b.Origin, b.Delimiter = nil, 0
	b.Rejects = b.Rejects[:0]
	b.Filtered, b.Deduped = 0, 0
	b.Err = nil
	b.used = 0
	b.Sel = grow(b.Sel[:0], n)
	for i := range b.Sel {
		b.Sel[i] = int32(i)
	}
}

// NewColumn hands out an empty column of type t for this chunk. The batch owns it.
// It is not part of Cols until the caller puts it there.
func (b *Batch) NewColumn(t Type) *Column {
	if b.used == len(b.pool) {
		b.pool = append(b.pool, new(Column))
	}
	c := b.pool[b.used]
	b.used++
	c.vec.Reset(t, b.Rows)
	c.input, c.typed = -1, -1
	c.hasText = false
	return c
}

// InputColumn is a lazy column of type t over column col of the batch's Origin.
func (b *Batch) InputColumn(t Type, col int) *Column {
	c := b.NewColumn(t)
	c.input = col
	return c
}

// TypedColumn is a lazy column over typed column col of the batch's Origin, which must
// be a TypedOrigin. It has no text: Input is -1.
func (b *Batch) TypedColumn(t Type, col int) *Column {
	c := b.NewColumn(t)
	c.typed = col
	return c
}

// Fail keeps the first error of the batch's origin.
func (b *Batch) Fail(err error) {
	if b.Err == nil {
		b.Err = err
	}
}

// Text is the bytes of v. They are valid until the batch is reused, and until the
// arena grows if v lies in it, so use them before the next append to Aux.
func (b *Batch) Text(v View) []byte {
	if v.Aux() {
		return b.Aux[v.Offset() : v.Offset()+v.Size()]
	}
	return b.Buf[v.Offset() : v.Offset()+v.Size()]
}

// TextString is Text as a string that shares the batch's memory. Never keep it.
func (b *Batch) TextString(v View) string {
	t := b.Text(v)
	return unsafe.String(unsafe.SliceData(t), len(t))
}

// AddText copies s into the arena.
func (b *Batch) AddText(s []byte) View {
	off := len(b.Aux)
	b.Aux = append(b.Aux, s...)
	return AuxView(off, len(s))
}

// Reject takes row out of the flow. The row stays in Sel until DropRejected.
// Rejecting a row twice keeps the first reason.
func (b *Batch) Reject(row int32, code Code, column, message string) {
	if len(b.Rejects) == 0 {
		b.gone = grow(b.gone[:0], b.Rows)
		clear(b.gone)
	}
	if !b.gone[row] {
		b.gone[row] = true
		b.Rejects = append(b.Rejects, Reject{row, code, column, message})
	}
}

// DropRejected removes the rejected rows from Sel, when there are more of them than
// the n there were when Sel was last free of them.
func (b *Batch) DropRejected(n int) {
	if n == len(b.Rejects) {
		return
	}
	keep := b.Sel[:0]
	for _, row := range b.Sel {
		if !b.gone[row] {
			keep = append(keep, row)
		}
	}
	b.Sel = keep
}

// Column is one column of a batch: input text or the input's own values, until they
// are asked for, or a computed vector.
type Column struct {
	vec   Vector
	text  Vector // text form of an input column whose type is not String
	input int    // column of the Origin, -1 = computed or typed
	typed int    // column of the TypedOrigin, -1 = not

	hasText bool
}

// Type is the type of the column's values.
func (c *Column) Type() Type { return c.vec.Type }

// Input is the column of the Origin that c is read from as text, or -1: c was
// computed or read as values.
func (c *Column) Input() int { return c.input }

// Typed is the column of the TypedOrigin that c is read from as values, or -1.
func (c *Column) Typed() int { return c.typed }

// Vector is the vector of a computed column, for whoever fills it.
func (c *Column) Vector() *Vector { return &c.vec }

// Values is the column's vector with at least the rows of sel typed.
func (c *Column) Values(b *Batch, sel []int32) *Vector {
	if c.typed >= 0 {
		if need := c.vec.unasked(sel); len(need) > 0 {
			b.Origin.(TypedOrigin).FillValues(b, c.typed, need, &c.vec)
		}
		return &c.vec
	}
	if c.input < 0 {
		return &c.vec
	}
	if c.vec.Type.Kind == String {
		b.fill(c.input, sel, &c.vec)
		return &c.vec
	}
	need := c.vec.unasked(sel)
	if len(need) > 0 {
		text := c.Source(b, need)
		parseCells(b, text, need, &c.vec)
	}
	return &c.vec
}

// Source is the text the column was read as, with at least the rows of sel
// filled. It must not be called for a computed column (Input() < 0).
func (c *Column) Source(b *Batch, sel []int32) *Vector {
	if c.vec.Type.Kind == String {
		b.fill(c.input, sel, &c.vec)
		return &c.vec
	}
	if !c.hasText {
		c.text.Reset(Type{Kind: String}, b.Rows)
		c.hasText = true
	}
	b.fill(c.input, sel, &c.text)
	return &c.text
}

// fill asks the origin for the rows of sel that v lacks.
func (b *Batch) fill(col int, sel []int32, v *Vector) {
	if need := v.unasked(sel); len(need) > 0 {
		b.Origin.FillText(b, col, need, v)
	}
}

// unasked lists the rows of sel that v lacks; nil when there are none. The usual
// cases, all and none, cost one pass and no copy. The list is valid until the next
// call for v.
func (v *Vector) unasked(sel []int32) []int32 {
	n := 0
	for _, row := range sel {
		if v.Cells[row] == Unasked {
			n++
		}
	}
	switch n {
	case 0:
		return nil
	case len(sel):
		return sel
	}
	v.need = v.need[:0]
	for _, row := range sel {
		if v.Cells[row] == Unasked {
			v.need = append(v.need, row)
		}
	}
	return v.need
}
