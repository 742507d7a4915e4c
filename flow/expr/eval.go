package expr

import "github.com/headgate/headgate/connector/record"

// Eval runs a Program. It belongs to one worker slot: it keeps its memory from batch
// to batch and is not safe for concurrent use.
type Eval struct {
	p     *Program
	root  *lane
	b     *record.Batch
	arena arena
}

// New makes an Eval. The program must be Ready.
func (p *Program) New() *Eval {
	if p.late {
		panic("expr: " + p.src + " is not ready to run")
	}
	e := &Eval{p: p}
	e.root = e.lane(p.root)
	return e
}

// Into computes the rows of sel: each is Value, Null or Bad in out afterwards. The
// caller has Reset out to the program's type and b.Rows. Text in out may refer to
// the chunk or the arena of b.
func (e *Eval) Into(b *record.Batch, sel []int32, out *record.Vector) {
	e.b = b
	e.root.into(e, sel, out)
	e.b = nil
}

// Filter is the rows of sel for which the program is true. A row for which it fails
// is rejected through b.Reject; it and those that give false or NULL are not in the
// result. The result belongs to e and holds until its next call; sel is not changed.
func (e *Eval) Filter(b *record.Batch, sel []int32) []int32 {
	e.b = b
	v := e.root.sift(e, sel, true)
	for _, row := range v.open {
		if v.cells[row] == record.Bad {
			f := v.fault(row)
			b.Reject(row, f.Code, "", f.Message)
		}
	}
	e.b = nil
	return v.hit
}

// contains looks row up in ascending rows.
func contains(rows []int32, row int32) bool {
	lo, hi := 0, len(rows)
	for lo < hi {
		if mid := (lo + hi) / 2; rows[mid] < row {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo < len(rows) && rows[lo] == row
}

// lane makes the lane of n and of all below it.
func (e *Eval) lane(n *node) *lane {
	l := &lane{n: n, t: n.typ.record(), column: -1}
	switch n.op {
	case opConst:
		return l
	case opColumn:
		l.column = e.p.columns[n.slot].index
		return l
	}
	if n.vm {
		l.k = newVM(e, n)
		return l
	}
	args := make([]*lane, len(n.args))
	for i, a := range n.args {
		args[i] = e.lane(a)
	}
	l.k = makeKernel(n, args)
	return l
}

// makeKernel picks the kernel of n.
func makeKernel(n *node, args []*lane) kernel {
	switch n.op {
	case opAnd:
		return &logicKernel{args: args, all: true}
	case opOr:
		return &logicKernel{args: args}
	case opCond:
		return &condKernel{args: args}
	case opCoalesce:
		return &coalesceKernel{args: args}
	case opIn:
		return inKernel(n, args)
	case opCompare:
		if k := compareKernel(n, args); k != nil {
			return k
		}
	}
	if n.fast != nil {
		if k := n.fast(n, args); k != nil {
			return k
		}
	}
	return newRowKernel(n, args)
}

// rowKernel loops over the rows with the node's row function.
type rowKernel struct {
	n    *node
	args []*lane
	vals []val
	vecs []*record.Vector
}

func newRowKernel(n *node, args []*lane) *rowKernel {
	k := &rowKernel{n: n, args: args, vals: make([]val, len(args)), vecs: make([]*record.Vector, len(args))}
	for i, a := range args {
		if a.n.constant() {
			k.vals[i] = a.n.value
		}
	}
	return k
}

func (k *rowKernel) run(e *Eval, sel []int32, out *record.Vector) {
	b, x := e.b, &e.arena
	for i, a := range k.args {
		if !a.n.constant() {
			k.vecs[i] = a.vector(e, sel)
		}
	}
	for _, row := range sel {
		for i, v := range k.vecs {
			if v != nil {
				load(&k.vals[i], b, v, row)
			}
		}
		// Text that the row function makes lands in the batch's arena at once.
		x.buf = b.Aux
		r := k.n.apply(x, k.vals)
		b.Aux = x.buf
		store(out, b, row, &r)
	}
	x.buf = nil
}
