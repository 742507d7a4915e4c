package step

import (
	"fmt"
	"slices"

	"github.com/headgate/headgate/connector/record"
)

// projection keeps the columns from, in that order. It touches no cell.
type projection struct {
	from []int
	cols []*record.Column
}

func (p *projection) Apply(b *record.Batch) error {
	p.cols = p.cols[:0]
	for _, i := range p.from {
		p.cols = append(p.cols, b.Cols[i])
	}
	b.Cols = append(b.Cols[:0], p.cols...)
	return nil
}

// project is the op that keeps the columns from of in.
func project(step string, in *record.Schema, from []int) *Op {
	out := &record.Schema{Fields: make([]record.Field, len(from))}
	for i, f := range from {
		out.Fields[i] = in.Fields[f]
	}
	return &Op{
		Name:    step,
		Out:     out,
		New:     func() Instance { return &projection{from: from} },
		Explain: fmt.Sprintf("keeps %d of %d columns, untouched", len(from), len(in.Fields)),
	}
}

// Without is the op that takes columns out.
func Without(in *record.Schema, names []string) *Op {
	var kept []int
	for i, f := range in.Fields {
		if !slices.Contains(names, f.Name) {
			kept = append(kept, i)
		}
	}
	return project("drop", in, kept)
}

// absent is the error of a Compile over columns that Check did not see.
func absent(step, column string) error {
	return fmt.Errorf("%s: no column %q", step, column)
}
