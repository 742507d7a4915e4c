package steptest

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/flow/step"
)

// Result is what a step made of all rows.
type Result struct {
	Rows              []string
	Rejects           []string
	Filtered, Deduped int64
	Finish            string
}

// Apply runs an op over rows in batches. An error is a breach of the contract of
// step.Instance or an error of the op.
func Apply(op *step.Op, in *record.Schema, lines []string, shape Shape) (Result, error) {
	r := &runner{op: op, in: in, lines: lines, shape: shape}
	r.turn = sync.NewCond(&r.mu)
	var one step.Instance
	if op.Ordered {
		one = op.New()
	}
	var slots sync.WaitGroup
	for range shape.Slots {
		instance := one
		if !op.Ordered {
			instance = op.New()
		}
		slots.Go(func() { r.slot(instance) })
	}
	slots.Wait()
	if r.err != nil {
		return Result{}, r.err
	}
	var all Result
	for _, part := range r.done {
		all.Rows = append(all.Rows, part.Rows...)
		all.Rejects = append(all.Rejects, part.Rejects...)
		all.Filtered += part.Filtered
		all.Deduped += part.Deduped
	}
	if op.Finish != nil {
		if err := op.Finish(); err != nil {
			all.Finish = err.Error()
		}
	}
	return all, nil
}

// runner deals batches to slots and puts the results in order.
type runner struct {
	op    *step.Op
	in    *record.Schema
	lines []string
	shape Shape

	mu      sync.Mutex
	turn    *sync.Cond
	tickets int // batches dealt
	applied int // batches an ordered op has seen
	done    []Result
	err     error
}

func (r *runner) slot(instance step.Instance) {
	b := &record.Batch{}
	for {
		n, ok := r.deal()
		if !ok {
			return
		}
		result, err := r.batch(b, instance, n)
		r.mu.Lock()
		r.done[n] = result
		if err != nil && r.err == nil {
			r.err = err
		}
		r.mu.Unlock()
	}
}

// deal gives out the number of the next batch.
func (r *runner) deal() (n int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil || r.tickets*r.shape.Batch >= len(r.lines) {
		return 0, false
	}
	r.tickets++
	r.done = append(r.done, Result{})
	return r.tickets - 1, true
}

func (r *runner) batch(b *record.Batch, instance step.Instance, n int) (Result, error) {
	first := n * r.shape.Batch
	lines := r.lines[first:min(first+r.shape.Batch, len(r.lines))]
	input, err := read(first, lines, len(r.in.Fields))
	if err == nil {
		input.fill(b, r.in, r.shape.Computed)
	}
	before := slices.Clone(b.Cols)
	if r.op.Ordered {
		r.await(n)
	}
	done := r.op.Done != nil && r.op.Done()
	if err == nil {
		err = instance.Apply(b)
	}
	if r.op.Ordered {
		r.pass()
	}
	if err != nil {
		return Result{}, fmt.Errorf("batch %d: %w", n, err)
	}
	if err := contract(b, r.op); err != nil {
		return Result{}, fmt.Errorf("batch %d: %w", n, err)
	}
	if done && len(b.Sel) > 0 {
		return Result{}, fmt.Errorf("batch %d: a row survives after Done", n)
	}
	result := collect(b)
	poison(b, append(before, b.Cols...))
	return result, nil
}

func (r *runner) await(n int) {
	r.mu.Lock()
	for r.applied != n {
		r.turn.Wait()
	}
	r.mu.Unlock()
}

func (r *runner) pass() {
	r.mu.Lock()
	r.applied++
	r.turn.Broadcast()
	r.mu.Unlock()
}

// contract checks what holds for every batch after every step.
func contract(b *record.Batch, op *step.Op) error {
	out := int64(len(b.Sel)) + b.Filtered + b.Deduped + int64(len(b.Rejects))
	if out != int64(b.Rows) {
		return fmt.Errorf("%d rows in, %d accounted for: %d out, %d filtered, %d deduped, %d rejected",
			b.Rows, out, len(b.Sel), b.Filtered, b.Deduped, len(b.Rejects))
	}
	for i := 1; i < len(b.Sel); i++ {
		if b.Sel[i-1] >= b.Sel[i] {
			return fmt.Errorf("rows out of order: %v", b.Sel)
		}
	}
	for _, x := range b.Rejects {
		if slices.Contains(b.Sel, x.Row) {
			return fmt.Errorf("row %d is rejected and still there", x.Row)
		}
	}
	if len(b.Cols) != len(op.Out.Fields) {
		return fmt.Errorf("%d columns, want %d", len(b.Cols), len(op.Out.Fields))
	}
	for i, c := range b.Cols {
		if want := op.Out.Fields[i]; c.Type() != want.Type {
			return fmt.Errorf("column %s is %s, want %s", want.Name, c.Type(), want.Type)
		}
	}
	return nil
}

// collect writes down what a batch holds, copying everything.
func collect(b *record.Batch) Result {
	r := Result{Filtered: b.Filtered, Deduped: b.Deduped}
	for _, row := range b.Sel {
		var cells []string
		for _, c := range b.Cols {
			cells = append(cells, cellText(b, c, row))
		}
		r.Rows = append(r.Rows, strings.Join(cells, " | "))
	}
	slices.SortFunc(b.Rejects, func(x, y record.Reject) int { return int(x.Row - y.Row) })
	for _, x := range b.Rejects {
		line := fmt.Sprintf("%d: ", b.Origin.Position(b, x.Row).Line)
		if x.Column != "" {
			line += x.Column + ": "
		}
		r.Rejects = append(r.Rejects, line+string(x.Code)+": "+x.Message)
	}
	return r
}

func cellText(b *record.Batch, c *record.Column, row int32) string {
	v := c.Values(b, []int32{row})
	switch v.Cells[row] {
	case record.Null:
		return "NULL"
	case record.Bad:
		return "!" + string(v.Fault(row).Code)
	case record.Unasked:
		return "!unasked"
	}
	if text := v.AppendText(nil, b, row); len(text) > 0 {
		return string(text)
	}
	return "''"
}
