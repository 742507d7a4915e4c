package record

import "slices"

// Cell says what a vector holds at a row. Value is zero and the others are bits, so
// that or-ing the cells of two operands tells whether both are values.
type Cell uint8

const (
	Value   Cell = 0
	Null    Cell = 1
	Bad     Cell = 2 // a failed conversion or computation; details in Vector.Faults
	Unasked Cell = 4 // not computed yet; never seen by a kernel for a row it asked for
)

// View is a piece of text in a batch: an offset into the chunk or, with the top
// bit of Off set, into the arena. The two top bits of Len are hints for writers.
type View struct {
	Off, Len uint32
}

const (
	viewAux    = 1 << 31
	viewQuoted = 1 << 31
	viewPlain  = 1 << 30
	viewLen    = viewPlain - 1

	// MaxChunk is the largest chunk or arena a View can address, in bytes.
	MaxChunk = viewLen
)

// ChunkView is n bytes of the chunk from off.
func ChunkView(off, n int) View { return View{uint32(off), uint32(n)} }

// AuxView is n bytes of the arena from off.
func AuxView(off, n int) View { return View{uint32(off) | viewAux, uint32(n)} }

// Size is the length of the text in bytes.
func (v View) Size() int { return int(v.Len & viewLen) }

// Aux reports whether the text lies in the arena.
func (v View) Aux() bool { return v.Off&viewAux != 0 }

// Offset is where the text starts in the chunk or the arena.
func (v View) Offset() int { return int(v.Off &^ viewAux) }

// AsQuoted marks text that stood in quotes in a delimited file.
func (v View) AsQuoted() View { v.Len |= viewQuoted; return v }

// AsPlain marks text that stood in a delimited file without quotes, so it holds
// neither a quote, a line end nor the delimiter named by Batch.Delimiter.
func (v View) AsPlain() View { v.Len |= viewPlain; return v }

// Quoted and Plain read the marks back.
func (v View) Quoted() bool { return v.Len&viewQuoted != 0 }
func (v View) Plain() bool  { return v.Len&viewPlain != 0 }

// Code is the stable name of why a row was rejected.
type Code string

// The codes of rejects. `headgate explain CODE` documents each.
const (
	BadValue     Code = "row.bad_value"  // text that is not of the column's type
	BadUTF8      Code = "row.bad_utf8"   // text that is not UTF-8
	BadRecord    Code = "row.bad_record" // a record the format cannot read at all
	Ragged       Code = "row.ragged"     // too many or too few fields
	OpenQuote    Code = "row.open_quote" // a quote that is never closed
	TooLarge     Code = "row.too_large"  // a record above max_record_bytes
	Required     Code = "row.required"   // NULL in a required column
	Overflow     Code = "row.overflow"   // a result that does not fit its type
	DivideByZero Code = "row.divide_by_zero"
	BadArgument  Code = "row.bad_argument" // a function refused its argument
	Constraint   Code = "row.constraint"   // the sink refused the row
	Unexpected   Code = "row.unexpected"   // an expect step refused the row
)

// Fault is why the cell of Row is Bad.
type Fault struct {
	Row     int32
	Code    Code
	Message string // for people: what was found, why it does not do; no position
}

// Vector is a column of typed cells, indexed by physical row. Cells has one entry
// per row of the batch; the value slices of Type's storage are at least as long.
// A slot whose cell is not Value holds anything.
type Vector struct {
	Type   Type
	Cells  []Cell
	I64    []int64
	Hi     []int64 // Decimal only: the high 64 bits; nil while every value fits I64
	F64    []float64
	Str    []View
	Faults []Fault // one per Bad cell, in no order

	sorted int     // how many Faults were sorted by row last time
	need   []int32 // the memory of unasked
	wide   []int64 // the memory of Hi, kept for the next chunk
}

// Reset makes v an all-Unasked vector of n rows of type t, reusing its memory.
func (v *Vector) Reset(t Type, n int) {
	v.Type = t
	v.Faults, v.sorted = v.Faults[:0], 0
	v.Hi = nil
	v.Cells = grow(v.Cells, n)
	if n > 0 { // by copies that double, which are faster than a loop
		v.Cells[0] = Unasked
		for done := 1; done < n; done *= 2 {
			copy(v.Cells[done:], v.Cells[:done])
		}
	}
	switch {
	case t.Textual():
		v.Str = grow(v.Str, n)
	case t.Kind == Float:
		v.F64 = grow(v.F64, n)
	default:
		v.I64 = grow(v.I64, n)
	}
}

// Fail marks row as Bad.
func (v *Vector) Fail(row int32, code Code, message string) {
	v.Cells[row] = Bad
	v.Faults = append(v.Faults, Fault{row, code, message})
}

// Fault finds why row is Bad. It may reorder Faults.
func (v *Vector) Fault(row int32) Fault {
	if v.sorted != len(v.Faults) {
		slices.SortFunc(v.Faults, func(a, b Fault) int { return int(a.Row) - int(b.Row) })
		v.sorted = len(v.Faults)
	}
	i, ok := slices.BinarySearchFunc(v.Faults, row, func(f Fault, row int32) int { return int(f.Row) - int(row) })
	if !ok {
		return Fault{Row: row, Code: BadValue, Message: "bad value"}
	}
	return v.Faults[i]
}

// Widen turns a decimal vector of 64-bit values into one of 128-bit values by
// sign extension. Calling it again does nothing.
func (v *Vector) Widen() {
	if v.Hi != nil {
		return
	}
	v.wide = grow(v.wide, len(v.I64))
	v.Hi = v.wide
	for i, x := range v.I64 {
		v.Hi[i] = x >> 63
	}
}

func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4+16)
	}
	return s[:n]
}
