package expr

import (
	"math"
	"time"

	"github.com/headgate/headgate/connector/record"
)

// val is one value of any type, outside a vector: what the row functions take and
// give. Which fields count depends on the type of the node.
type val struct {
	cell  record.Cell
	i     int64 // everything but float, text, lists and maps; low half of a decimal
	hi    int64 // high half of a decimal
	f     float64
	s     []byte // text; shares the memory of the batch, the arena or the program
	list  []val
	pairs *pairs
	fault *fault // of a Bad cell
}

// fault is why a value is Bad.
type fault struct {
	code    record.Code
	message string
}

// pairs is a map value. Keys are looked up by their canonical text.
type pairs struct {
	index map[string]int
	keys  []val
	vals  []val
}

var null = val{cell: record.Null}

func bad(code record.Code, message string) val {
	return val{cell: record.Bad, fault: &fault{code, message}}
}

func intVal(x int64) val { return val{i: x} }

func floatVal(x float64) val { return val{f: x} }

func textVal(s []byte) val { return val{s: s} }

func boolVal(b bool) val {
	if b {
		return val{i: 1}
	}
	return val{}
}

func decVal(x record.Int128) val { return val{i: int64(x.Lo), hi: x.Hi} }

func (v *val) dec() record.Int128 { return record.Int128{Hi: v.hi, Lo: uint64(v.i)} }

func (v *val) ok() bool { return v.cell == record.Value }

func (v *val) isTrue() bool { return v.cell == record.Value && v.i != 0 }

// exactInt is v as an unscaled decimal: an int is a decimal of scale 0.
func (v *val) unscaled(t typ) record.Int128 {
	if t.kind == record.Decimal {
		return v.dec()
	}
	return record.Int128Of(v.i)
}

// arena is where row functions put text they make. It only grows while a row (or,
// in a kernel, a batch) is worked on, so what was put there stays readable.
type arena struct {
	buf   []byte
	zones []*zone
}

// zone is the clock of loc, which remembers the last offset.
func (x *arena) zone(loc *time.Location) *zone {
	if loc == nil || loc == time.UTC {
		return nil
	}
	for _, z := range x.zones {
		if z.loc == loc {
			return z
		}
	}
	z := newZone(loc)
	x.zones = append(x.zones, z)
	return z
}

// maxText is the longest text an expression may make.
const maxText = 16 << 20

// room reports whether n more bytes may be made.
func (x *arena) room(n int) bool { return n <= maxText && len(x.buf)+n <= record.MaxChunk }

// since is what was appended from start on.
func (x *arena) since(start int) []byte { return x.buf[start:len(x.buf):len(x.buf)] }

func tooLong() val {
	return bad(record.TooLarge, "the text would be longer than 16 MiB")
}

// strict passes on the first Bad of a, else the first Null.
func strict(a []val) (val, bool) {
	var or record.Cell
	for i := range a {
		or |= a[i].cell
	}
	if or == record.Value {
		return val{}, true
	}
	if or&record.Bad == 0 {
		return null, false
	}
	for i := range a {
		if a[i].cell == record.Bad {
			return a[i], false
		}
	}
	return null, false
}

// load reads the cell at row of v, whose type is t.
func load(out *val, b *record.Batch, v *record.Vector, row int32) {
	out.cell = v.Cells[row]
	if out.cell != record.Value {
		if out.cell == record.Bad {
			f := v.Fault(row)
			out.fault = &fault{f.Code, f.Message}
		}
		return
	}
	switch {
	case v.Type.Kind == record.Float:
		out.f = v.F64[row]
	case v.Type.Textual():
		out.s = b.Text(v.Str[row])
	default:
		out.i = v.I64[row]
		if v.Hi != nil {
			out.hi = v.Hi[row]
		} else {
			out.hi = out.i >> 63
		}
	}
}

// store writes x at row of v.
func store(v *record.Vector, b *record.Batch, row int32, x *val) {
	switch {
	case x.cell == record.Bad:
		v.Fail(row, x.fault.code, x.fault.message)
		return
	case x.cell == record.Null:
		v.Cells[row] = record.Null
		return
	case v.Type.Kind == record.Float:
		v.F64[row] = x.f
	case v.Type.Textual():
		v.Str[row] = viewOf(b, x.s)
	case v.Type.Kind == record.Decimal:
		v.SetDecimal(row, x.dec())
		return
	default:
		v.I64[row] = x.i
	}
	v.Cells[row] = record.Value
}

// key is the text that equal values of a map key or set share.
func (v *val) key(t typ) string {
	if t.textual() {
		return string(v.s)
	}
	if t.kind == record.Float {
		return string(appendUint64(nil, math.Float64bits(v.f)))
	}
	return string(appendUint64(appendUint64(nil, uint64(v.i)), uint64(v.hi)))
}

func appendUint64(b []byte, x uint64) []byte {
	for range 8 {
		b = append(b, byte(x))
		x >>= 8
	}
	return b
}
