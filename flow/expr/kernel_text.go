package expr

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"unicode/utf8"

	"github.com/headgate/headgate/connector/record"
)

// textSet is membership of a text in a set of constants, compared in place: length
// first, then up to eight bytes as one word, then the rest.
type textSet struct {
	arg     *lane
	words   []textWord
	of      map[string]struct{} // instead of words when there are many
	outside bool
	v       verdict
}

// textWord is a constant with its first eight bytes as a word.
type textWord struct {
	n    int
	word uint64
	text string
}

func newTextSet(arg *lane, texts []string, outside bool) *textSet {
	k := &textSet{arg: arg, outside: outside}
	if len(texts) > fewConstants {
		k.of = make(map[string]struct{}, len(texts))
		for _, t := range texts {
			k.of[t] = struct{}{}
		}
		return k
	}
	for _, t := range texts {
		var first [8]byte
		copy(first[:], t)
		k.words = append(k.words, textWord{len(t), binary.LittleEndian.Uint64(first[:]), t})
	}
	return k
}

func (k *textSet) run(e *Eval, sel []int32, out *record.Vector) { runSieve(e, k, sel, out, &k.v) }

func (k *textSet) sieve(e *Eval, sel []int32, want bool, v *verdict) {
	vec := k.arg.vector(e, sel)
	buf, aux := e.b.Buf, e.b.Aux
	inside := want != k.outside
	hit := sized(v.hit, len(sel))
	cells, views := vec.Cells, vec.Str
	n := 0
	for _, row := range sel {
		if cells[row] != record.Value {
			v.undecided(vec, row)
			continue
		}
		view := views[row]
		memory := buf
		if view.Aux() {
			memory = aux
		}
		hit[n] = row
		n += one(k.has(memory, view.Offset(), view.Size()) == inside)
	}
	v.hit = hit[:n]
}

// has looks the n bytes at off up.
func (k *textSet) has(memory []byte, off, n int) bool {
	if k.of != nil {
		_, ok := k.of[string(memory[off:off+n])]
		return ok
	}
	var word uint64
	loaded := false
	for i := range k.words {
		w := &k.words[i]
		if w.n != n {
			continue
		}
		if !loaded {
			word, loaded = firstWord(memory, off, n), true
		}
		if word == w.word && (n <= 8 || string(memory[off+8:off+n]) == w.text[8:]) {
			return true
		}
	}
	return false
}

// firstWord is up to eight of the n bytes at off, zero beyond.
func firstWord(memory []byte, off, n int) uint64 {
	if off+8 <= len(memory) {
		word := binary.LittleEndian.Uint64(memory[off:])
		if n < 8 {
			word &= 1<<(8*uint(n)) - 1
		}
		return word
	}
	var first [8]byte
	copy(first[:], memory[off:off+n])
	return binary.LittleEndian.Uint64(first[:])
}

// textTest is a predicate on two texts.
type textTest struct {
	args []*lane
	test func(s, part []byte) bool
	v    verdict
}

func containsKernel(_ *node, args []*lane) kernel {
	return &textTest{args: args, test: bytes.Contains}
}

func startsWithKernel(_ *node, args []*lane) kernel {
	return &textTest{args: args, test: bytes.HasPrefix}
}

func endsWithKernel(_ *node, args []*lane) kernel {
	return &textTest{args: args, test: bytes.HasSuffix}
}

func (k *textTest) run(e *Eval, sel []int32, out *record.Vector) { runSieve(e, k, sel, out, &k.v) }

func (k *textTest) sieve(e *Eval, sel []int32, want bool, v *verdict) {
	if part := k.args[1].n; part.constant() && part.value.ok() {
		k.fixed(e, sel, want, v, part.value.s)
		return
	}
	l, r := k.args[0].vector(e, sel), k.args[1].vector(e, sel)
	for _, row := range sel {
		if l.Cells[row]|r.Cells[row] != record.Value {
			v.undecidedPair(l, r, row)
		} else if k.test(e.b.Text(l.Str[row]), e.b.Text(r.Str[row])) == want {
			v.hit = append(v.hit, row)
		}
	}
}

func (k *textTest) fixed(e *Eval, sel []int32, want bool, v *verdict, part []byte) {
	vec := k.args[0].vector(e, sel)
	for _, row := range sel {
		if vec.Cells[row] != record.Value {
			v.undecided(vec, row)
		} else if k.test(e.b.Text(vec.Str[row]), part) == want {
			v.hit = append(v.hit, row)
		}
	}
}

// matchesKernel is matches(x, re).
func matchesKernel(re *regexp.Regexp) kernelMaker {
	return func(_ *node, args []*lane) kernel { return &matchTest{arg: args[0], re: re} }
}

type matchTest struct {
	arg *lane
	re  *regexp.Regexp
	v   verdict
}

func (k *matchTest) run(e *Eval, sel []int32, out *record.Vector) { runSieve(e, k, sel, out, &k.v) }

func (k *matchTest) sieve(e *Eval, sel []int32, want bool, v *verdict) {
	vec := k.arg.vector(e, sel)
	for _, row := range sel {
		if vec.Cells[row] != record.Value {
			v.undecided(vec, row)
		} else if k.re.Match(e.b.Text(vec.Str[row])) == want {
			v.hit = append(v.hit, row)
		}
	}
}

// caseKernel is lower or upper. ASCII text without a letter to change keeps its
// view; other ASCII is copied to the arena and stays plain if it was, since no
// delimiter, quote or line end is a letter.
type caseKernel struct {
	arg      *lane
	from, to byte // the letters to change
	slow     rowFunc
}

func lowerKernel(_ *node, args []*lane) kernel {
	return &caseKernel{args[0], 'A', 'Z', lowerText}
}

func upperKernel(_ *node, args []*lane) kernel {
	return &caseKernel{args[0], 'a', 'z', upperText}
}

func (k *caseKernel) run(e *Eval, sel []int32, out *record.Vector) {
	vec, b := k.arg.vector(e, sel), e.b
	letter := isLetter(b.Delimiter)
	var arg [1]val
	for _, row := range sel {
		if c := vec.Cells[row]; c != record.Value {
			carry(out, vec, row)
			continue
		}
		view := vec.Str[row]
		s := b.Text(view)
		ascii, change := asciiCase(s, k.from, k.to)
		switch {
		case !ascii:
			arg[0] = textVal(s)
			e.arena.buf = b.Aux
			r := k.slow(&e.arena, arg[:])
			b.Aux = e.arena.buf
			store(out, b, row, &r)
			continue
		case change && len(b.Aux)+len(s) > record.MaxChunk:
			r := tooLong()
			store(out, b, row, &r)
			continue
		case change:
			plain := view.Plain() && !letter
			view = record.AuxView(len(b.Aux), len(s))
			b.Aux = swapCase(b.Aux, s, k.from)
			if plain {
				view = view.AsPlain()
			}
		}
		out.Str[row], out.Cells[row] = view, record.Value
	}
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// swapCase appends s with the 26 letters from first on in the other case.
func swapCase(dst, s []byte, first byte) []byte {
	n := len(dst)
	dst = append(dst, s...)
	for i, c := range dst[n:] {
		if c-first < 26 {
			dst[n+i] = c ^ 0x20
		}
	}
	return dst
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
		out.I64[row] = int64(utf8.RuneCount(b.Text(vec.Str[row])))
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
