package expr

import (
	"bytes"
	"encoding/binary"
	"regexp"

	"github.com/headgate/headgate/connector/record"
)

// textSet is membership of a text in a set of constants, compared in place: length
// first, then up to eight bytes as one word, then the rest.
type textSet struct {
	arg     *lane
	words   []textWord
	of      map[string]struct{} // instead of words when there are many
	short   bool                // no constant is longer than a word
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
	k := &textSet{arg: arg, outside: outside, short: true}
	if len(texts) > fewConstants {
		k.of = make(map[string]struct{}, len(texts))
		for _, t := range texts {
			k.of[t] = struct{}{}
		}
		k.short = false
		return k
	}
	for _, t := range texts {
		var first [8]byte
		copy(first[:], t)
		k.words = append(k.words, textWord{len(t), binary.LittleEndian.Uint64(first[:]), t})
		k.short = k.short && len(t) <= 8
	}
	return k
}

func (k *textSet) run(e *Eval, sel []int32, out *record.Vector) { runSieve(e, k, sel, out, &k.v) }

func (k *textSet) sieve(e *Eval, sel []int32, want bool, v *verdict) {
	vec := k.arg.vector(e, sel)
	var or record.Cell
	for _, row := range sel {
		or |= vec.Cells[row]
	}
	if or != record.Value {
		v.undecidedOf(vec, sel)
	}
	v.hit = sized(v.hit, len(sel))
	if inside := want != k.outside; k.short {
		v.hit = v.hit[:k.shortWords(e.b, vec, sel, inside, v.hit)]
	} else {
		v.hit = v.hit[:k.anyTexts(e.b, vec, sel, inside, v.hit)]
	}
}

// shortWords picks rows without a branch that depends on the text. Sets of one or
// two constants, by far the commonest, have no loop inside.
func (k *textSet) shortWords(b *record.Batch, vec *record.Vector, sel []int32, inside bool, hit []int32) int {
	n, flip := 0, one(!inside)
	buf, aux := b.Buf[:cap(b.Buf)], b.Aux[:cap(b.Aux)]
	cells, views := vec.Cells, vec.Str
	first, second := k.words[0], k.words[len(k.words)-1]
	more := k.words[1:max(len(k.words)-1, 1)]
	for _, row := range sel {
		if cells[row] != record.Value {
			continue
		}
		view := views[row]
		memory := buf
		if view.Aux() {
			memory = aux
		}
		size := view.Size()
		word := firstWord(memory, view.Offset(), size)
		has := one(size == first.n)&one(word == first.word) | one(size == second.n)&one(word == second.word)
		for i := range more {
			has |= one(size == more[i].n) & one(word == more[i].word)
		}
		hit[n] = row
		n += has ^ flip
	}
	return n
}

func (k *textSet) anyTexts(b *record.Batch, vec *record.Vector, sel []int32, inside bool, hit []int32) int {
	n := 0
	for _, row := range sel {
		if vec.Cells[row] == record.Value {
			hit[n] = row
			n += one(k.has(b.Text(vec.Str[row])) == inside)
		}
	}
	return n
}

func (k *textSet) has(s []byte) bool {
	if k.of != nil {
		_, ok := k.of[string(s)]
		return ok
	}
	for i := range k.words {
		if k.words[i].text == string(s) {
			return true
		}
	}
	return false
}

// firstWord is up to eight of the n bytes at off, zero beyond. What memory holds
// behind the text is read and masked out.
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
