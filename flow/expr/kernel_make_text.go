package expr

import (
	"encoding/binary"

	"github.com/headgate/headgate/connector/record"
)

// caseKernel is lower or upper. ASCII text without a letter to change keeps its
// view; other ASCII is copied to the arena and stays plain if it was, since no
// delimiter, quote or line end is a letter.
type caseKernel struct {
	arg  *lane
	from byte // the first of the 26 letters to change
	slow rowFunc
}

func lowerKernel(_ *node, args []*lane) kernel {
	return &caseKernel{args[0], 'A', lowerText}
}

func upperKernel(_ *node, args []*lane) kernel {
	return &caseKernel{args[0], 'a', upperText}
}

func (k *caseKernel) run(e *Eval, sel []int32, out *record.Vector) {
	vec, b := k.arg.vector(e, sel), e.b
	letter := isLetter(b.Delimiter)
	var arg [1]val
	for _, row := range sel {
		if vec.Cells[row] != record.Value {
			carry(out, vec, row)
			continue
		}
		view := vec.Str[row]
		s := b.Text(view)
		if len(b.Aux)+len(s) > record.MaxChunk {
			r := tooLong()
			store(out, b, row, &r)
			continue
		}
		off := len(b.Aux)
		var change, high uint64
		b.Aux, change, high = swapCase(b.Aux, s, k.from)
		switch {
		case high != 0:
			b.Aux = b.Aux[:off]
			arg[0] = textVal(s)
			e.arena.buf = b.Aux
			r := k.slow(&e.arena, arg[:])
			b.Aux = e.arena.buf
			store(out, b, row, &r)
			continue
		case change == 0:
			b.Aux = b.Aux[:off]
		default:
			plain := view.Plain() && !letter
			view = record.AuxView(off, len(s))
			if plain {
				view = view.AsPlain()
			}
		}
		out.Str[row], out.Cells[row] = view, record.Value
	}
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// swapCase appends s with the 26 letters from first on in the other case, eight
// bytes at a time. change is not zero when there was one, high when a byte was not
// ASCII.
func swapCase(dst, s []byte, first byte) (out []byte, change, high uint64) {
	n := len(dst)
	dst = append(dst, s...)
	t := dst[n:]
	below := ones * uint64(0x80-first)
	above := ones * uint64(0x80-first-26)
	for len(t) >= 8 {
		w := binary.LittleEndian.Uint64(t)
		low := w &^ highs
		letters := ((low + below) ^ (low + above)) & highs
		change |= letters
		high |= w & highs
		binary.LittleEndian.PutUint64(t, w^letters>>2)
		t = t[8:]
	}
	for i, c := range t {
		high |= uint64(c & 0x80)
		if c-first < 26 {
			t[i] = c ^ 0x20
			change = 1
		}
	}
	return dst, change, high
}

// carry copies a cell that is not a value.
func carry(out, src *record.Vector, row int32) {
	if src.Cells[row] == record.Bad {
		f := src.Fault(row)
		out.Fail(row, f.Code, f.Message)
		return
	}
	out.Cells[row] = record.Null
}

// pieceKernel is a function whose result is a piece of its first argument: the view
// stays plain if it was.
func pieceKernel(n *node, args []*lane) kernel {
	return &cut{row: newRowKernel(n, args)}
}

type cut struct{ row *rowKernel }

func (k *cut) run(e *Eval, sel []int32, out *record.Vector) {
	k.row.run(e, sel, out)
	src := k.row.vecs[0]
	if src == nil {
		return
	}
	for _, row := range sel {
		if out.Cells[row] == record.Value && src.Str[row].Plain() {
			out.Str[row] = out.Str[row].AsPlain()
		}
	}
}

// lengthKernel is length(text).
func lengthKernel(_ *node, args []*lane) kernel { return &lengthOf{args[0]} }

type lengthOf struct{ arg *lane }

func (k *lengthOf) run(e *Eval, sel []int32, out *record.Vector) {
	vec, b := k.arg.vector(e, sel), e.b
	for _, row := range sel {
		if vec.Cells[row] != record.Value {
			carry(out, vec, row)
			continue
		}
		out.I64[row] = int64(runeCount(b.Text(vec.Str[row])))
		out.Cells[row] = record.Value
	}
}

// concatKernel puts texts together straight in the arena.
func concatKernel(n *node, args []*lane) kernel {
	return &concatenation{args: args, vecs: make([]*record.Vector, len(args))}
}

type concatenation struct {
	args []*lane
	vecs []*record.Vector
}

func (k *concatenation) run(e *Eval, sel []int32, out *record.Vector) {
	b := e.b
	for i, a := range k.args {
		if !a.n.constant() {
			k.vecs[i] = a.vector(e, sel)
		}
	}
	for _, row := range sel {
		var or record.Cell
		size := 0
		for i, v := range k.vecs {
			if v == nil {
				or |= k.args[i].n.value.cell
				size += len(k.args[i].n.value.s)
				continue
			}
			if c := v.Cells[row]; c != record.Value {
				or |= c
			} else {
				size += v.Str[row].Size()
			}
		}
		switch {
		case or != record.Value:
			k.carry(out, or, row)
			continue
		case size > maxText || len(b.Aux)+size > record.MaxChunk:
			r := tooLong()
			store(out, b, row, &r)
			continue
		}
		off := len(b.Aux)
		for i, v := range k.vecs {
			if v == nil {
				b.Aux = append(b.Aux, k.args[i].n.value.s...)
			} else {
				b.Aux = append(b.Aux, b.Text(v.Str[row])...)
			}
		}
		out.Str[row], out.Cells[row] = record.AuxView(off, size), record.Value
	}
}

// carry passes on the first Bad of the arguments, or NULL.
func (k *concatenation) carry(out *record.Vector, or record.Cell, row int32) {
	if or&record.Bad != 0 {
		for _, v := range k.vecs {
			if v != nil && v.Cells[row] == record.Bad {
				carry(out, v, row)
				return
			}
		}
	}
	out.Cells[row] = record.Null
}
