package expr

import (
	"slices"

	"github.com/headgate/headgate/connector/record"
)

// kernel computes one node for many rows at once. An instance belongs to one Eval
// and keeps its memory from batch to batch.
type kernel interface {
	// run sets the cells of the rows of sel in out: Value, Null or Bad.
	run(e *Eval, sel []int32, out *record.Vector)
}

// sieve is a kernel of bools that can pick rows without writing bools.
type sieve interface {
	kernel
	// sieve splits sel into v.
	sieve(e *Eval, sel []int32, want bool, v *verdict)
}

// kernelMaker makes the kernel of a node whose arguments are lanes, or nil when it
// has none for them.
type kernelMaker func(n *node, args []*lane) kernel

// verdict is a split of rows by a predicate: those for which it is what was wanted,
// and those for which it is NULL or Bad. The others are neither.
type verdict struct {
	hit    []int32       // ascending
	open   []int32       // ascending
	cells  []record.Cell // by row: Null or Bad, set for the rows of open only
	faults []record.Fault
	sorted int // how many faults were sorted by row last time
}

// start empties v for a batch of rows.
func (v *verdict) start(rows int) {
	v.hit, v.open, v.faults, v.sorted = v.hit[:0], v.open[:0], v.faults[:0], 0
	v.cells = sized(v.cells, rows)
}

// undecided notes row, whose cell in src is Null or Bad.
func (v *verdict) undecided(src *record.Vector, row int32) {
	v.open = append(v.open, row)
	if v.cells[row] = src.Cells[row] & (record.Null | record.Bad); v.cells[row]&record.Bad != 0 {
		v.cells[row] = record.Bad
		v.faults = append(v.faults, src.Fault(row))
	}
}

// undecidedOf notes all rows of sel whose cell in src is Null or Bad.
func (v *verdict) undecidedOf(src *record.Vector, sel []int32) {
	for _, row := range sel {
		if src.Cells[row] != record.Value {
			v.undecided(src, row)
		}
	}
}

// take notes row, which is undecided in w.
func (v *verdict) take(w *verdict, row int32) {
	v.cells[row] = w.cells[row]
	if w.cells[row] == record.Bad {
		v.faults = append(v.faults, w.fault(row))
	}
}

// fault is why row is Bad.
func (v *verdict) fault(row int32) record.Fault {
	if v.sorted != len(v.faults) {
		slices.SortFunc(v.faults, func(a, b record.Fault) int { return int(a.Row) - int(b.Row) })
		v.sorted = len(v.faults)
	}
	i, ok := slices.BinarySearchFunc(v.faults, row, func(f record.Fault, row int32) int { return int(f.Row) - int(row) })
	if !ok {
		return record.Fault{Row: row, Code: record.BadValue, Message: "bad value"}
	}
	return v.faults[i]
}

// lane is a node of an Eval: a column, a constant or a kernel, with its memory.
type lane struct {
	n      *node
	t      record.Type
	column int // index in Batch.Cols, or -1
	k      kernel
	vec    record.Vector
	v      verdict
	filled int // constants that are not text: rows already written
}

func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4+16)
	}
	return s[:n]
}

// vector is the lane's values at least for the rows of sel, until the next call.
func (l *lane) vector(e *Eval, sel []int32) *record.Vector {
	switch {
	case l.column >= 0:
		return e.b.Cols[l.column].Values(e.b, sel)
	case l.k == nil:
		return l.constant(e.b, sel)
	}
	l.vec.Reset(l.t, e.b.Rows)
	l.k.run(e, sel, &l.vec)
	return &l.vec
}

// into writes the lane's values for the rows of sel into out.
func (l *lane) into(e *Eval, sel []int32, out *record.Vector) {
	if l.k != nil {
		l.k.run(e, sel, out)
		return
	}
	if l.column < 0 {
		l.spread(e.b, sel, out)
		return
	}
	copyRows(out, e.b.Cols[l.column].Values(e.b, sel), sel)
}

// constant is a vector of the lane's constant. What is not text is written once
// for as many rows as a batch ever has.
func (l *lane) constant(b *record.Batch, sel []int32) *record.Vector {
	if l.t.Textual() {
		l.vec.Type = l.t
		l.vec.Cells, l.vec.Str = sized(l.vec.Cells, b.Rows), sized(l.vec.Str, b.Rows)
		l.spread(b, sel, &l.vec)
		return &l.vec
	}
	if l.filled < b.Rows {
		l.vec.Reset(l.t, b.Rows)
		all := make([]int32, b.Rows)
		for i := range all {
			all[i] = int32(i)
		}
		l.spread(b, all, &l.vec)
		l.filled = b.Rows
	}
	return &l.vec
}

// spread writes the constant into rows of out.
func (l *lane) spread(b *record.Batch, sel []int32, out *record.Vector) {
	x := &l.n.value
	switch {
	case len(sel) == 0:
	case !x.ok():
		for _, row := range sel {
			out.Cells[row] = record.Null
		}
	case out.Type.Textual():
		view := b.AddText(x.s)
		for _, row := range sel {
			out.Str[row], out.Cells[row] = view, record.Value
		}
	default:
		for _, row := range sel {
			store(out, b, row, x)
		}
	}
}

// copyRows copies the rows of sel from a vector of the same type.
func copyRows(out, src *record.Vector, sel []int32) {
	for _, row := range sel {
		if c := src.Cells[row]; c != record.Value {
			if c == record.Bad {
				f := src.Fault(row)
				out.Fail(row, f.Code, f.Message)
			} else {
				out.Cells[row] = c
			}
			continue
		}
		switch {
		case src.Str != nil && src.Type.Textual():
			out.Str[row] = src.Str[row]
		case src.Type.Kind == record.Float:
			out.F64[row] = src.F64[row]
		case src.Type.Kind == record.Decimal:
			out.SetDecimal(row, src.Decimal(row))
			continue
		default:
			out.I64[row] = src.I64[row]
		}
		out.Cells[row] = record.Value
	}
}

// sift splits sel by the lane, whose type is bool. The verdict holds until the next
// call.
func (l *lane) sift(e *Eval, sel []int32, want bool) *verdict {
	v := &l.v
	v.start(e.b.Rows)
	if s, ok := l.k.(sieve); ok {
		s.sieve(e, sel, want, v)
		return v
	}
	vec := l.vector(e, sel)
	var target int64
	if want {
		target = 1
	}
	hit := sized(v.hit, len(sel))
	n := 0
	for _, row := range sel {
		if vec.Cells[row] != record.Value {
			v.undecided(vec, row)
			continue
		}
		hit[n] = row
		n += one(vec.I64[row] == target)
	}
	v.hit = hit[:n]
	return v
}

// one is 1 for true; the compiler makes it without a branch.
func one(b bool) int {
	var n int
	if b {
		n = 1
	}
	return n
}

// runSieve is kernel.run for a sieve.
func runSieve(e *Eval, s sieve, sel []int32, out *record.Vector, v *verdict) {
	v.start(e.b.Rows)
	s.sieve(e, sel, true, v)
	for _, row := range sel {
		out.I64[row], out.Cells[row] = 0, record.Value
	}
	for _, row := range v.hit {
		out.I64[row] = 1
	}
	for _, row := range v.open {
		if v.cells[row] == record.Bad {
			f := v.fault(row)
			out.Fail(row, f.Code, f.Message)
		} else {
			out.Cells[row] = record.Null
		}
	}
}
