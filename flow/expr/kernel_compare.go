package expr

import (
	"math"

	"github.com/headgate/headgate/connector/record"
)

// compareKernel is the kernel of a comparison, or nil when the loop over its row
// function must do.
func compareKernel(n *node, args []*lane) kernel {
	l, r := n.args[0], n.args[1]
	switch {
	case r.constant() && !r.value.ok():
		return nil
	case l.typ.textual():
		if r.constant() && n.cmp <= cmpNE {
			return newTextSet(args[0], []string{string(r.value.s)}, n.cmp == cmpNE)
		}
		return nil
	case l.typ.kind == record.Float && r.typ.kind == record.Float:
		return &floatPair{l: args[0], r: args[1], mask: n.cmp.mask()}
	case l.typ.kind == record.Float || r.typ.kind == record.Float:
		return nil
	case r.constant():
		return newRange(n, args[0])
	case l.scale() == r.scale():
		return &wordPair{n: n, l: args[0], r: args[1], mask: n.cmp.mask()}
	}
	return nil
}

// mask has bit 0 set when the relation holds of a greater left side, bit 1 of a
// smaller and bit 2 of an equal one, so that it is looked up without a branch.
func (k comparison) mask() uint8 {
	return [...]uint8{cmpEQ: 4, cmpNE: 3, cmpLT: 2, cmpLE: 6, cmpGT: 1, cmpGE: 5}[k]
}

// rangeKernel is a comparison of an exact number, a time or a bool with a constant:
// the values between lo and hi, or with outside the others.
type rangeKernel struct {
	arg     *lane
	lo, hi  record.Int128
	empty   bool // no value lies between
	outside bool
	v       verdict
}

var (
	least   = record.Int128{Hi: math.MinInt64}
	largest = record.Int128{Hi: math.MaxInt64, Lo: math.MaxUint64}
)

func newRange(n *node, arg *lane) kernel {
	at, whole, ok := scaledConstant(n.args[1], n.args[0].scale())
	if !ok {
		return nil
	}
	k := &rangeKernel{arg: arg, lo: least, hi: largest}
	below, _ := at.Sub(record.Int128Of(1))
	above, _ := at.Add(record.Int128Of(1))
	// at is the constant or, when that has more places, the value just below it.
	switch n.cmp {
	case cmpEQ, cmpNE:
		k.lo, k.hi, k.empty, k.outside = at, at, !whole, n.cmp == cmpNE
	case cmpLE:
		k.hi = at
	case cmpGT:
		k.lo = above
	case cmpLT:
		if k.hi = at; whole {
			k.hi = below
		}
	case cmpGE:
		if k.lo = above; whole {
			k.lo = at
		}
	}
	return k
}

// scaledConstant is a constant at another scale, rounded down; whole when nothing
// was lost.
func scaledConstant(c *node, scale int) (x record.Int128, whole, ok bool) {
	x = c.value.unscaled(c.typ)
	from := c.scale()
	if from <= scale {
		x, ok = x.MulPow10(scale - from)
		return x, true, ok
	}
	down := roundScaled(x, from-scale, floor)
	_, whole = x.DivPow10Exact(from - scale)
	return down, whole, true
}

func (k *rangeKernel) run(e *Eval, sel []int32, out *record.Vector) { runSieve(e, k, sel, out, &k.v) }

func (k *rangeKernel) sieve(e *Eval, sel []int32, want bool, v *verdict) {
	vec := k.arg.vector(e, sel)
	inside := want != k.outside
	if vec.Hi != nil {
		k.wide(vec, sel, inside, v)
		return
	}
	lo, hi, empty := k.words()
	if empty {
		k.none(vec, sel, inside, v)
		return
	}
	span := uint64(hi - lo)
	hit := sized(v.hit, len(sel))
	cells, words := vec.Cells, vec.I64
	var or record.Cell
	n, flip := 0, one(!inside)
	for _, row := range sel {
		c := cells[row]
		or |= c
		hit[n] = row
		n += (one(uint64(words[row]-lo) <= span) ^ flip) & one(c == record.Value)
	}
	v.hit = hit[:n]
	if or != record.Value {
		v.undecidedOf(vec, sel)
	}
}

// words is the range in 64 bits.
func (k *rangeKernel) words() (lo, hi int64, empty bool) {
	lo, hi = math.MinInt64, math.MaxInt64
	if x, ok := k.lo.Int64(); ok {
		lo = x
	} else if k.lo.Sign() > 0 {
		return 0, 0, true
	}
	if x, ok := k.hi.Int64(); ok {
		hi = x
	} else if k.hi.Sign() < 0 {
		return 0, 0, true
	}
	return lo, hi, k.empty || lo > hi
}

// none is sieve for an empty range.
func (k *rangeKernel) none(vec *record.Vector, sel []int32, inside bool, v *verdict) {
	for _, row := range sel {
		if vec.Cells[row] != record.Value {
			v.undecided(vec, row)
		} else if !inside {
			v.hit = append(v.hit, row)
		}
	}
}

// wide is sieve for values of 128 bits.
func (k *rangeKernel) wide(vec *record.Vector, sel []int32, inside bool, v *verdict) {
	for _, row := range sel {
		if vec.Cells[row] != record.Value {
			v.undecided(vec, row)
			continue
		}
		x := vec.Decimal(row)
		in := !k.empty && x.Cmp(k.lo) >= 0 && x.Cmp(k.hi) <= 0
		if in == inside {
			v.hit = append(v.hit, row)
		}
	}
}

// wordPair compares two vectors of words of the same scale.
type wordPair struct {
	n    *node
	l, r *lane
	mask uint8
	v    verdict
}

func (k *wordPair) run(e *Eval, sel []int32, out *record.Vector) { runSieve(e, k, sel, out, &k.v) }

func (k *wordPair) sieve(e *Eval, sel []int32, want bool, v *verdict) {
	lv, rv := k.l.vector(e, sel), k.r.vector(e, sel)
	mask := k.mask
	if !want {
		mask ^= 7
	}
	slow := lv.Hi != nil || rv.Hi != nil
	hit := sized(v.hit, len(sel))
	n := 0
	for _, row := range sel {
		if lv.Cells[row]|rv.Cells[row] != record.Value {
			v.undecidedPair(lv, rv, row)
			continue
		}
		var at int
		if slow {
			o := lv.Decimal(row).Cmp(rv.Decimal(row))
			at = one(o < 0) | one(o == 0)<<1
		} else {
			x, y := lv.I64[row], rv.I64[row]
			at = one(x < y) | one(x == y)<<1
		}
		hit[n] = row
		n += int(mask >> at & 1)
	}
	v.hit = hit[:n]
}

// undecidedPair notes row, where l or r is not a value: Bad comes before NULL.
func (v *verdict) undecidedPair(l, r *record.Vector, row int32) {
	if l.Cells[row] == record.Bad || r.Cells[row] == record.Value {
		v.undecided(l, row)
		return
	}
	v.undecided(r, row)
	if v.cells[row] == record.Value {
		v.cells[row] = record.Null
	}
}

// floatPair compares two vectors of floats. NaN is neither smaller nor equal nor
// greater; only != holds of it.
type floatPair struct {
	l, r *lane
	mask uint8
	v    verdict
}

func (k *floatPair) run(e *Eval, sel []int32, out *record.Vector) { runSieve(e, k, sel, out, &k.v) }

func (k *floatPair) sieve(e *Eval, sel []int32, want bool, v *verdict) {
	lv, rv := k.l.vector(e, sel), k.r.vector(e, sel)
	for _, row := range sel {
		if lv.Cells[row]|rv.Cells[row] != record.Value {
			v.undecidedPair(lv, rv, row)
			continue
		}
		x, y := lv.F64[row], rv.F64[row]
		holds := k.mask == 3
		if o := orderFloat(x, y); o != unordered {
			holds = k.mask>>(one(o < 0)|one(o == 0)<<1)&1 != 0
		}
		if holds == want {
			v.hit = append(v.hit, row)
		}
	}
}

// inKernel is x in [constants].
func inKernel(n *node, args []*lane) kernel {
	if n.set.text {
		return newTextSet(args[0], n.set.texts, false)
	}
	return &wordSet{arg: args[0], set: n.set}
}

// wordSet is membership of a word in a set of constants.
type wordSet struct {
	arg *lane
	set *constSet
	v   verdict
}

func (k *wordSet) run(e *Eval, sel []int32, out *record.Vector) { runSieve(e, k, sel, out, &k.v) }

func (k *wordSet) sieve(e *Eval, sel []int32, want bool, v *verdict) {
	vec := k.arg.vector(e, sel)
	for _, row := range sel {
		if vec.Cells[row] != record.Value {
			v.undecided(vec, row)
			continue
		}
		x := vec.I64[row]
		has := k.set.hasInt(x) && (vec.Hi == nil || vec.Hi[row] == x>>63)
		if has == want {
			v.hit = append(v.hit, row)
		}
	}
}
