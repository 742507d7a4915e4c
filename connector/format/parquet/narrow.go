package parquet

import (
	"bytes"

	"github.com/headgate/headgate/connector/record"
)

// test gives the filters over texts to the readers of their columns.
func (d *Decoder) test() {
	d.tested = d.tested[:0]
	for _, f := range d.keep {
		if f.leaf.form != asText {
			continue // numbers are compared as fast as they are looked up
		}
		r := &d.columns[f.column].cells.r
		if len(r.tests) == 0 {
			d.tested = append(d.tested, f.column)
		}
		r.tests = append(r.tests, f)
	}
}

// judge holds every value against the filters, once for all rows that have it. Only a
// dictionary of nothing but UTF-8 is judged: rows with other texts are rejected, not
// filtered, by whoever reads them.
func (d *dictionary) judge(tests []filter) {
	d.keep = make([]bool, len(d.at))
	for i := range d.keep {
		d.keep[i] = true
		for k := range tests {
			d.keep[i] = d.keep[i] && tests[k].holds(d.text(i))
		}
	}
}

// holds reports whether a text lies inside.
func (f *filter) holds(text []byte) bool {
	if f.in != nil {
		return f.in[string(text)]
	}
	return (f.low == nil || bytes.Compare(text, f.low.text) >= 0) && (f.high == nil || bytes.Compare(text, f.high.text) <= 0)
}

// narrow filters the rows of b that their numbers in a dictionary rule out, before a value
// of them is looked at. An error shows where the cells are asked for.
func (p *piece) narrow(b *record.Batch) {
	for _, col := range p.d.tested {
		if len(b.Sel) == 0 {
			return
		}
		s, err := p.d.columns[col].cells.slab(p)
		if err != nil {
			return
		}
		before := len(b.Sel)
		b.Sel = s.narrow(b.Sel)
		b.Filtered += int64(before - len(b.Sel))
	}
}

// narrow drops the rows of sel that are ruled out, in place.
func (s *slab) narrow(sel []int32) []int32 {
	keep, i := sel[:0], 0
	for _, row := range sel {
		for int(row) >= s.parts[i].end {
			i++
		}
		d := s.parts[i].dict
		if d == nil || d.keep == nil || s.defs[row] != 0 && d.keep[s.at[row]] {
			keep = append(keep, row)
		}
	}
	return keep
}
