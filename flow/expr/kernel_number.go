package expr

import (
	"math/bits"

	"github.com/headgate/headgate/connector/record"
)

// intKernel is checked 64-bit arithmetic.
func intKernel(sign string) kernelMaker {
	return func(n *node, args []*lane) kernel {
		return &arithmetic{sign: sign[0], args: args, row: newRowKernel(n, args)}
	}
}

// floatKernel is IEEE arithmetic.
func floatKernel(sign string) kernelMaker {
	return func(n *node, args []*lane) kernel {
		return &arithmetic{sign: sign[0], args: args, row: newRowKernel(n, args)}
	}
}

// decimalKernel is exact arithmetic: in 64 bits while all of a batch fits, else row
// by row in 128.
func decimalKernel(sign string) kernelMaker {
	return func(n *node, args []*lane) kernel {
		k := &decimalArithmetic{sign: sign, args: args, row: newRowKernel(n, args), lup: 1, rup: 1}
		if sign != "*" {
			k.lup = pow10(int(n.typ.s) - n.args[0].scale())
			k.rup = pow10(int(n.typ.s) - n.args[1].scale())
		}
		// Whatever a 64-bit result holds fits a type of 19 digits or more.
		k.limit = pow10(int(n.typ.p))
		return k
	}
}

// pow10 is 10^n, or 0 when it does not fit 64 bits.
func pow10(n int) int64 {
	if n > 18 {
		return 0
	}
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

// arithmetic computes whole batches of values and leaves everything else, an
// overflow or a division by zero, to the row function.
type arithmetic struct {
	sign byte
	args []*lane
	row  *rowKernel
}

func (k *arithmetic) run(e *Eval, sel []int32, out *record.Vector) {
	l, r := k.args[0].vector(e, sel), k.args[1].vector(e, sel)
	if out.Type.Kind == record.Float {
		for _, row := range sel {
			if l.Cells[row]|r.Cells[row] != record.Value {
				carryPair(out, l, r, row)
				continue
			}
			out.F64[row] = floatOp(k.sign, l.F64[row], r.F64[row])
			out.Cells[row] = record.Value
		}
		return
	}
	for _, row := range sel {
		if l.Cells[row]|r.Cells[row] != record.Value {
			carryPair(out, l, r, row)
			continue
		}
		x, y := l.I64[row], r.I64[row]
		var z int64
		var ok bool
		switch k.sign {
		case '+':
			z, ok = addInt(x, y)
		case '-':
			z, ok = subInt(x, y)
		case '*':
			z, ok = mulInt(x, y)
		case '/':
			if y != 0 {
				z, ok = divInt(x, y)
			}
		default:
			if y != 0 && y != -1 {
				z, ok = x%y, true
			}
		}
		if !ok {
			v := k.row.n.fn(nil, []val{intVal(x), intVal(y)})
			store(out, e.b, row, &v)
			continue
		}
		out.I64[row], out.Cells[row] = z, record.Value
	}
}

// carryPair copies the reason why l or r is no value at row: Bad before NULL.
func carryPair(out, l, r *record.Vector, row int32) {
	switch {
	case l.Cells[row] == record.Bad:
		carry(out, l, row)
	case r.Cells[row] == record.Bad:
		carry(out, r, row)
	default:
		out.Cells[row] = record.Null
	}
}

// decimalArithmetic is +, - or * of exact numbers.
type decimalArithmetic struct {
	sign     string
	args     []*lane
	row      *rowKernel
	lup, rup int64 // to the scale of the result; 0 = beyond 64 bits
	limit    int64 // results are below it; 0 = it is beyond 64 bits
}

func (k *decimalArithmetic) run(e *Eval, sel []int32, out *record.Vector) {
	l, r := k.args[0].vector(e, sel), k.args[1].vector(e, sel)
	if l.Hi != nil || r.Hi != nil || out.Hi != nil || k.lup == 0 || k.rup == 0 || !k.words(l, r, sel, out) {
		k.careful(e, l, r, sel, out)
	}
}

// words computes in 64 bits. It gives up, leaving nothing to be kept, when one
// result does not fit.
func (k *decimalArithmetic) words(l, r *record.Vector, sel []int32, out *record.Vector) bool {
	var or record.Cell
	var over uint64
	lw, rw, lc, rc, ow, oc := l.I64, r.I64, l.Cells, r.Cells, out.I64, out.Cells
	limit := uint64(k.limit) - 1 // all ones when there is none
	switch k.sign {
	case "*":
		for _, row := range sel {
			c := lc[row] | rc[row]
			z, lost := timesInt(lw[row], rw[row])
			or |= c
			over |= (lost | beyond(z, limit)) & valueMask(c)
			ow[row], oc[row] = z, c
		}
	default:
		rup := k.rup
		if k.sign == "-" {
			rup = -rup
		}
		for _, row := range sel {
			c := lc[row] | rc[row]
			x, lost1 := timesInt(lw[row], k.lup)
			y, lost2 := timesInt(rw[row], rup)
			z := x + y
			or |= c
			over |= (lost1 | lost2 | uint64((x^z)&(y^z))>>63 | beyond(z, limit)) & valueMask(c)
			ow[row], oc[row] = z, c
		}
	}
	if over != 0 {
		return false
	}
	if or != record.Value {
		for _, row := range sel {
			if oc[row] != record.Value {
				carryPair(out, l, r, row)
			}
		}
	}
	return true
}

// valueMask is all ones for a value.
func valueMask(c record.Cell) uint64 { return uint64(one(c != record.Value)) - 1 }

// beyond is not zero when |z| is above limit.
func beyond(z int64, limit uint64) uint64 {
	a := uint64((z ^ z>>63) - z>>63) // |z|, also of the smallest int64
	return uint64(one(a > limit))
}

// timesInt is the product and a word that is not zero when it overflows.
func timesInt(x, y int64) (int64, uint64) {
	hi, lo := bits.Mul64(uint64(x), uint64(y))
	hi -= uint64(x>>63)&uint64(y) + uint64(y>>63)&uint64(x)
	return int64(lo), hi ^ uint64(int64(lo)>>63)
}

// careful computes row by row.
func (k *decimalArithmetic) careful(e *Eval, l, r *record.Vector, sel []int32, out *record.Vector) {
	var a [2]val
	for _, row := range sel {
		if l.Cells[row]|r.Cells[row] != record.Value {
			carryPair(out, l, r, row)
			continue
		}
		load(&a[0], e.b, l, row)
		load(&a[1], e.b, r, row)
		v := k.row.n.fn(nil, a[:])
		store(out, e.b, row, &v)
	}
}

// castKernel is the kernel of a cast that is worth one.
func castKernel(from typ, try bool) kernelMaker {
	if from.kind != record.String || try {
		return nil
	}
	return func(_ *node, args []*lane) kernel { return &parseKernel{args[0]} }
}

// parseKernel reads text as a reader of text files does, but for bytes: a cast gives
// those of the text itself.
type parseKernel struct{ arg *lane }

func (k *parseKernel) run(e *Eval, sel []int32, out *record.Vector) {
	vec := k.arg.vector(e, sel)
	for _, row := range sel {
		if vec.Cells[row] != record.Value {
			carry(out, vec, row)
			continue
		}
		if out.Type.Kind == record.Bytes {
			out.Str[row], out.Cells[row] = vec.Str[row], record.Value
			continue
		}
		out.ParseCell(e.b, row, vec.Str[row])
	}
}
