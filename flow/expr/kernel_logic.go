package expr

import "github.com/headgate/headgate/connector/record"

// logicKernel is && (all) or ||, in three-valued logic where Bad stays Bad unless
// the other side decides.
type logicKernel struct {
	args []*lane
	all  bool
	v    verdict
	a, b []int32 // buffers that take turns
}

func (k *logicKernel) run(e *Eval, sel []int32, out *record.Vector) {
	runSieve(e, k, sel, out, &k.v)
}

// sieve: a && b is true where both are; it is false where one is, as !a || !b.
func (k *logicKernel) sieve(e *Eval, sel []int32, want bool, v *verdict) {
	if k.all == want {
		k.every(e, sel, want, v)
	} else {
		k.some(e, sel, want, v)
	}
}

// every keeps the rows for which all arguments are what is wanted, evaluating each
// on the rows that the ones before have not decided.
func (k *logicKernel) every(e *Eval, sel []int32, want bool, v *verdict) {
	left := sel
	for _, arg := range k.args {
		w := arg.sift(e, left, want)
		if len(w.open) == 0 && len(v.open) == 0 {
			left = w.hit
			continue
		}
		v.open = k.both(v, w)
		k.a = merge(k.a[:0], w.hit, w.open)
		k.a, k.b = k.b, k.a
		left = k.b
	}
	v.hit = minus(v.hit[:0], left, v.open)
}

// both is the rows undecided after an argument: those it leaves open, and those
// open before for which it is what is wanted.
func (k *logicKernel) both(v, w *verdict) []int32 {
	before := v.open
	var out []int32
	i := 0
	for _, row := range w.open {
		for ; i < len(before) && before[i] < row; i++ {
			if contains(w.hit, before[i]) {
				out = append(out, before[i])
			}
		}
		if i < len(before) && before[i] == row {
			i++
			if v.cells[row] == record.Null {
				v.take(w, row)
			}
		} else {
			v.take(w, row)
		}
		out = append(out, row)
	}
	for ; i < len(before); i++ {
		if contains(w.hit, before[i]) {
			out = append(out, before[i])
		}
	}
	return out
}

// some keeps the rows for which one argument is what is wanted.
func (k *logicKernel) some(e *Eval, sel []int32, want bool, v *verdict) {
	left := sel
	for i, arg := range k.args {
		w := arg.sift(e, left, want)
		if len(w.open) > 0 || len(v.open) > 0 {
			v.open = k.either(v, w)
		}
		if i == 0 {
			v.hit = append(v.hit, w.hit...)
		} else if len(w.hit) > 0 {
			k.a = append(k.a[:0], v.hit...)
			v.hit = merge(v.hit[:0], k.a, w.hit)
		}
		if i < len(k.args)-1 && len(w.hit) > 0 {
			k.b = minus(k.b[:0], left, w.hit)
			left = k.b
		}
	}
}

// either is the rows undecided after an argument: those open before that it does
// not decide, and those it leaves open.
func (k *logicKernel) either(v, w *verdict) []int32 {
	var kept []int32
	for _, row := range v.open {
		if !contains(w.hit, row) {
			kept = append(kept, row)
		}
	}
	var out []int32
	i := 0
	for _, row := range w.open {
		for ; i < len(kept) && kept[i] < row; i++ {
			out = append(out, kept[i])
		}
		if i < len(kept) && kept[i] == row {
			i++
			if v.cells[row] == record.Null {
				v.take(w, row)
			}
		} else {
			v.take(w, row)
		}
		out = append(out, row)
	}
	return append(out, kept[i:]...)
}

// merge appends the union of two ascending lists.
func merge(dst, a, b []int32) []int32 {
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] < b[j]:
			dst = append(dst, a[i])
			i++
		case a[i] > b[j]:
			dst = append(dst, b[j])
			j++
		default:
			dst = append(dst, a[i])
			i++
			j++
		}
	}
	return append(append(dst, a[i:]...), b[j:]...)
}

// minus appends the rows of a that b lacks. dst may be a's own memory.
func minus(dst, a, b []int32) []int32 {
	if len(b) == 0 {
		return append(dst, a...)
	}
	j := 0
	for _, row := range a {
		for j < len(b) && b[j] < row {
			j++
		}
		if j == len(b) || b[j] != row {
			dst = append(dst, row)
		}
	}
	return dst
}

// notKernel is !.
func notKernel(_ *node, args []*lane) kernel { return &negation{arg: args[0]} }

type negation struct {
	arg *lane
	v   verdict
}

func (k *negation) run(e *Eval, sel []int32, out *record.Vector) { runSieve(e, k, sel, out, &k.v) }

func (k *negation) sieve(e *Eval, sel []int32, want bool, v *verdict) {
	w := k.arg.sift(e, sel, !want)
	v.hit = append(v.hit, w.hit...)
	v.open = append(v.open, w.open...)
	for _, row := range w.open {
		v.take(w, row)
	}
}

// isNullKernel is isNull(x).
func isNullKernel(_ *node, args []*lane) kernel { return &nullTest{arg: args[0]} }

type nullTest struct {
	arg *lane
	v   verdict
}

func (k *nullTest) run(e *Eval, sel []int32, out *record.Vector) { runSieve(e, k, sel, out, &k.v) }

func (k *nullTest) sieve(e *Eval, sel []int32, want bool, v *verdict) {
	vec := k.arg.vector(e, sel)
	for _, row := range sel {
		c := vec.Cells[row]
		if c == record.Bad {
			v.undecided(vec, row)
		} else if (c == record.Null) == want {
			v.hit = append(v.hit, row)
		}
	}
}

// condKernel is c ? a : b: each side is computed only for its rows.
type condKernel struct {
	args     []*lane
	then, or []int32
}

func (k *condKernel) run(e *Eval, sel []int32, out *record.Vector) {
	v := k.args[0].sift(e, sel, true)
	k.then = append(k.then[:0], v.hit...)
	k.or = minus(k.or[:0], sel, v.hit)
	if len(v.faults) > 0 {
		keep := k.or[:0]
		for _, row := range k.or {
			if contains(v.open, row) && v.cells[row] == record.Bad {
				f := v.fault(row)
				out.Fail(row, f.Code, f.Message)
			} else {
				keep = append(keep, row)
			}
		}
		k.or = keep
	}
	k.args[1].into(e, k.then, out)
	k.args[2].into(e, k.or, out)
}

// coalesceKernel computes each argument for the rows the ones before left NULL.
type coalesceKernel struct {
	args []*lane
	left []int32
}

func (k *coalesceKernel) run(e *Eval, sel []int32, out *record.Vector) {
	left := sel
	for i, arg := range k.args {
		arg.into(e, left, out)
		if i == len(k.args)-1 {
			return
		}
		next := k.left[:0]
		if i > 0 {
			next = left[:0]
		}
		for _, row := range left {
			if out.Cells[row] == record.Null {
				next = append(next, row)
			}
		}
		k.left, left = next, next
		if len(left) == 0 {
			return
		}
	}
}
