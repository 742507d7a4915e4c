package expr

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/containers"
	"cel.dev/cel-go/common/functions"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"

	"github.com/headgate/headgate/connector/record"
)

// vm is a node that runs in the CEL VM, row by row: what makes or takes lists and
// maps. The largest parts below it that have kernels run as kernels before, and are
// its inputs. Every node inside is a function of its own, with the row function
// that the kernels are built on, so the two cannot differ in what they mean.
type vm struct {
	program interpreter.Interpretable
	row     *vmRow
	arena   arena
	steps   int // left for the row
}

// maxSteps is how often the loops of one expression may turn for one row. Loops in
// loops over constants could otherwise keep a worker busy for ever.
const maxSteps = 100_000

// newVM lowers n for the VM.
func newVM(e *Eval, n *node) kernel { return buildVM(e, n, false) }

// buildVM lowers n; with whole, all of it but columns and constants.
func buildVM(e *Eval, n *node, whole bool) kernel {
	k := &vm{row: &vmRow{e: e}}
	l := &lowering{
		vm: k, whole: whole, factory: ast.NewExprFactory(), dispatcher: interpreter.NewDispatcher(),
	}
	tree := ast.NewAST(l.lower(n), ast.NewSourceInfo(nil))
	registry := types.NewEmptyRegistry()
	attributes := interpreter.NewAttributeFactory(containers.DefaultContainer, registry, registry)
	in := interpreter.NewInterpreter(l.dispatcher, containers.DefaultContainer, registry, registry, attributes)
	program, err := in.NewInterpretable(tree)
	if err == nil {
		err = l.err
	}
	if err != nil { // the lowering made a tree that the VM does not know
		panic(fmt.Sprintf("expr: %s: %v", e.p.src, err))
	}
	k.program = program
	return k
}

func (k *vm) run(e *Eval, sel []int32, out *record.Vector) {
	k.row.begin(sel)
	for _, row := range sel {
		k.row.at(row)
		k.arena.buf, k.steps = k.arena.buf[:0], maxSteps
		v := unbox(k.program.Eval(k.row))
		if k.steps <= 0 {
			v = bad(record.TooLarge, "the lists of the expression are too long")
		}
		store(out, e.b, row, &v)
	}
}

// vmRow is the activation of one row: its inputs by name.
type vmRow struct {
	e      *Eval
	inputs map[string]*vmInput
	row    int32
}

// vmInput is an input and the value it has in a row.
type vmInput struct {
	lane *lane
	vec  *record.Vector
	box  boxed
	row  int32 // of box; -1 = none
}

func (r *vmRow) begin(sel []int32) {
	for _, in := range r.inputs {
		in.vec = in.lane.vector(r.e, sel)
		in.row = -1
	}
}

func (r *vmRow) at(row int32) { r.row = row }

// ResolveName implements interpreter.Activation.
func (r *vmRow) ResolveName(name string) (any, bool) {
	in, ok := r.inputs[name]
	if !ok {
		return nil, false
	}
	if in.row != r.row {
		in.row = r.row
		in.box = boxed{}
		load(&in.box.val, r.e.b, in.vec, r.row)
	}
	return &in.box, true
}

// Parent implements interpreter.Activation.
func (r *vmRow) Parent() interpreter.Activation { return nil }

// lowering turns nodes into a tree for the VM.
type lowering struct {
	vm         *vm
	whole      bool
	factory    ast.ExprFactory
	dispatcher interpreter.Dispatcher
	id         int64
	err        error
}

func (l *lowering) next() int64 {
	l.id++
	return l.id
}

func (l *lowering) lower(n *node) ast.Expr {
	switch {
	case n.op == opConst:
		return l.factory.NewLiteral(l.next(), &boxed{n.value})
	case n.op == opLocal:
		return l.factory.NewIdent(l.next(), n.name)
	case n.op == opColumn, !n.vm && !l.whole:
		return l.input(n)
	case n.op == opFold:
		return l.fold(n)
	}
	args := make([]ast.Expr, len(n.args))
	for i, a := range n.args {
		args[i] = l.lower(a)
	}
	return l.call(n.rowFunc(), args...)
}

// input is n computed by a kernel beforehand.
func (l *lowering) input(n *node) ast.Expr {
	r := l.vm.row
	if r.inputs == nil {
		r.inputs = map[string]*vmInput{}
	}
	name := "i" + strconv.Itoa(len(r.inputs))
	if n.op == opColumn {
		name = "c" + strconv.Itoa(n.slot)
	}
	if r.inputs[name] == nil {
		r.inputs[name] = &vmInput{lane: r.e.lane(n)}
	}
	return l.factory.NewIdent(l.next(), name)
}

// fold is a comprehension of the VM. Its range must be a list of CEL or, when it is
// NULL or Bad, CEL's unknown or error; its condition must be a bool of CEL.
func (l *lowering) fold(n *node) ast.Expr {
	over := l.overload(&functions.Overload{NonStrict: true, Unary: rangeOf}, l.lower(n.args[0]))
	test := func(a ref.Val) ref.Val {
		v := unbox(a)
		l.vm.steps--
		return types.Bool(v.isTrue() && l.vm.steps > 0)
	}
	cond := l.overload(&functions.Overload{NonStrict: true, Unary: test}, l.lower(n.args[2]))
	return l.factory.NewComprehension(l.next(), over, n.iter, n.accu,
		l.lower(n.args[1]), cond, l.lower(n.args[3]), l.lower(n.args[4]))
}

// call is a call of fn, which sees NULL and Bad.
func (l *lowering) call(fn rowFunc, args ...ast.Expr) ast.Expr {
	x := &l.vm.arena
	vals := make([]val, len(args)) // a call is never inside itself
	o := &functions.Overload{NonStrict: true}
	switch len(args) {
	case 1:
		o.Unary = func(a ref.Val) ref.Val {
			vals[0] = unbox(a)
			return &boxed{fn(x, vals)}
		}
	case 2:
		o.Binary = func(a, b ref.Val) ref.Val {
			vals[0], vals[1] = unbox(a), unbox(b)
			return &boxed{fn(x, vals)}
		}
	default:
		o.Function = func(refs ...ref.Val) ref.Val {
			for i, r := range refs {
				vals[i] = unbox(r)
			}
			return &boxed{fn(x, vals)}
		}
	}
	return l.overload(o, args...)
}

// overload is a call of o, under a name of its own.
func (l *lowering) overload(o *functions.Overload, args ...ast.Expr) ast.Expr {
	id := l.next()
	o.Operator = "f" + strconv.FormatInt(id, 10)
	if err := l.dispatcher.Add(o); err != nil && l.err == nil {
		l.err = err
	}
	return l.factory.NewCall(id, o.Operator, args...)
}

// rangeOf is what a comprehension runs over: the elements of a list or the keys of
// a map.
func rangeOf(a ref.Val) ref.Val {
	v := unbox(a)
	switch {
	case v.cell == record.Bad:
		return types.WrapErr(v.fault)
	case v.cell == record.Null:
		return types.NewUnknown(1, nil)
	case v.pairs != nil:
		v.list = v.pairs.keys
	}
	elems := make([]ref.Val, len(v.list))
	for i := range v.list {
		elems[i] = &boxed{v.list[i]}
	}
	return types.NewRefValList(types.DefaultTypeAdapter, elems)
}

// rowFunc is the whole meaning of n for one row, NULL and Bad included.
func (n *node) rowFunc() rowFunc {
	switch n.op {
	case opAnd:
		return func(_ *arena, a []val) val { return decide(a, false) }
	case opOr:
		return func(_ *arena, a []val) val { return decide(a, true) }
	case opCond:
		return func(_ *arena, a []val) val {
			switch {
			case a[0].cell == record.Bad:
				return a[0]
			case a[0].isTrue():
				return a[1]
			}
			return a[2]
		}
	case opCoalesce:
		return func(_ *arena, a []val) val {
			for i := range a {
				if a[i].cell != record.Null {
					return a[i]
				}
			}
			return null
		}
	}
	return n.apply
}

// decide is && (by false) or || (by true).
func decide(a []val, by bool) val {
	for i := range a {
		if a[i].ok() && (a[i].i != 0) == by {
			return boolVal(by)
		}
	}
	if v, ok := strict(a); !ok {
		return v
	}
	return boolVal(!by)
}

// boxed is a val in the VM.
type boxed struct{ val }

var errNative = errors.New("values of headgate stay inside expressions")

// ConvertToNative implements ref.Val.
func (*boxed) ConvertToNative(reflect.Type) (any, error) { return nil, errNative }

// ConvertToType implements ref.Val.
func (*boxed) ConvertToType(ref.Type) ref.Val { return types.WrapErr(errNative) }

// Equal implements ref.Val. Nothing compares boxes but headgate's own functions.
func (*boxed) Equal(ref.Val) ref.Val { return types.WrapErr(errNative) }

// Type implements ref.Val.
func (*boxed) Type() ref.Type { return types.NewOpaqueType("headgate.value") }

// Value implements ref.Val.
func (b *boxed) Value() any { return b }

// Error makes a fault an error, as which it crosses a comprehension.
func (f *fault) Error() string { return f.message }

func unbox(r ref.Val) val {
	switch v := r.(type) {
	case *boxed:
		return v.val
	case *types.Unknown:
		return null
	case *types.Err:
		var f *fault
		if errors.As(v, &f) {
			return val{cell: record.Bad, fault: f}
		}
		return bad(record.BadArgument, v.Error())
	case types.Bool:
		return boolVal(bool(v))
	}
	return bad(record.BadArgument, fmt.Sprintf("the VM gave %T", r))
}
