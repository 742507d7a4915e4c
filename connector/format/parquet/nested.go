package parquet

import (
	"errors"
	"unicode/utf8"

	"github.com/headgate/headgate/connector/format/parquet/internal/meta"
	"github.com/headgate/headgate/connector/record"
)

// nested puts the leaves of a column together to one JSON value a row.
type nested struct {
	root    *shape
	cursors []*cursor
	out     []byte
	batch   record.Batch // where values become text, one at a time
	vec     record.Vector
	bad     *record.Fault // why the row at hand has no value
}

func (x *nested) open(chunks []meta.Chunk) error {
	for _, c := range x.cursors {
		if err := c.open(chunks[c.r.leaf.index]); err != nil {
			return err
		}
	}
	return nil
}

// row appends the next row to out: 1 and its JSON, 0 for NULL, or 2 and why there is none.
func (x *nested) row(out []byte) ([]byte, uint8, error) {
	for _, c := range x.cursors {
		rep, _, err := c.cell()
		if err != nil {
			return out, 0, err
		}
		if rep != 0 || c.i == c.n {
			return out, 0, errLevels
		}
	}
	x.out, x.bad = out, nil
	if x.root.elem.Repetition == meta.Optional {
		_, def, err := x.first(x.root).cell()
		if err == nil && def < x.root.def {
			err = x.pass(x.root)
			return out, 0, err
		}
		if err != nil {
			return out, 0, err
		}
	}
	var err error
	if x.root.elem.Repetition == meta.Repeated {
		err = x.array(x.root, x.one)
	} else {
		err = x.one(x.root)
	}
	if x.bad != nil {
		return append(out, x.bad.Message...), 2, err
	}
	return x.out, 1, err
}

// first is the cursor that tells whether a node is there.
func (x *nested) first(s *shape) *cursor { return x.cursors[s.lo] }

// pass passes over a node that is not there: one cell of each of its leaves.
func (x *nested) pass(s *shape) error {
	for _, c := range x.cursors[s.lo:s.hi] {
		if _, _, err := c.cell(); err != nil {
			return err
		}
		if err := c.pass(); err != nil {
			return err
		}
	}
	return nil
}

// field writes a node that may be missing or repeat.
func (x *nested) field(s *shape) error {
	if s.elem.Repetition == meta.Repeated {
		return x.array(s, x.one)
	}
	if s.lo == s.hi { // a group of nothing
		x.out = append(x.out, "{}"...)
		return nil
	}
	_, def, err := x.first(s).cell()
	if err != nil {
		return err
	}
	if def < s.def {
		if s.elem.Repetition == meta.Required {
			return errLevels
		}
		x.out = append(x.out, "null"...)
		return x.pass(s)
	}
	return x.one(s)
}

// array writes the occurrences of a node that repeats, each by element.
func (x *nested) array(s *shape, element func(*shape) error) error {
	x.out = append(x.out, '[')
	err := x.each(s, element)
	x.out = append(x.out, ']')
	return err
}

// each calls element for the occurrences of s and separates them by commas.
func (x *nested) each(s *shape, element func(*shape) error) error {
	if s.lo == s.hi {
		return errors.New("a list without anything in it")
	}
	_, def, err := x.first(s).cell()
	if err != nil {
		return err
	}
	if def < s.def {
		return x.pass(s)
	}
	for i := 0; ; i++ {
		if i > 0 {
			x.out = append(x.out, ',')
		}
		if err := element(s); err != nil {
			return err
		}
		if len(x.out) > maxCell {
			return errCell
		}
		rep, def, err := x.first(s).cell()
		if err != nil {
			return err
		}
		if rep < s.rep || x.first(s).i == x.first(s).n {
			return nil
		}
		if rep > s.rep || def < s.def {
			return errLevels
		}
	}
}

// one writes a node that is there.
func (x *nested) one(s *shape) error {
	switch s.kind {
	case value:
		return x.value(x.cursors[s.lo])
	case list:
		return x.array(s.kids[0], x.one)
	case boxed:
		return x.array(s.kids[0], func(box *shape) error { return x.field(box.kids[0]) })
	case dictOf:
		x.out = append(x.out, '{')
		err := x.each(s.kids[0], x.entry)
		x.out = append(x.out, '}')
		return err
	}
	x.out = append(x.out, '{')
	for i, kid := range s.kids {
		if i > 0 {
			x.out = append(x.out, ',')
		}
		x.out = appendQuoted(x.out, kid.elem.Name)
		x.out = append(x.out, ':')
		if err := x.field(kid); err != nil {
			return err
		}
	}
	x.out = append(x.out, '}')
	return nil
}

// entry writes a key and its value.
func (x *nested) entry(kv *shape) error {
	at := len(x.out)
	if err := x.field(kv.kids[0]); err != nil {
		return err
	}
	if x.out[at] != '"' {
		x.out = append(x.out, '"')
		copy(x.out[at+1:], x.out[at:])
		x.out[at] = '"'
		x.out = append(x.out, '"')
	}
	x.out = append(x.out, ':')
	if len(kv.kids) == 1 {
		x.out = append(x.out, "null"...)
		return nil
	}
	return x.field(kv.kids[1])
}

// value writes the value at hand of a leaf.
func (x *nested) value(c *cursor) error {
	if _, def, err := c.cell(); err != nil || def != c.r.leaf.maxDef || c.i == c.n {
		return errors.Join(err, errLevels)
	}
	x.batch.Reset(1)
	x.vec.Reset(c.r.leaf.typ, 1)
	v := c.v
	if c.r.leaf.form == asNothing {
		x.vec.Cells[0] = record.Null
	} else if c.r.leaf.numeric() {
		c.r.leaf.handNumber(&x.vec, 0, c.ints[v])
	} else {
		c.r.leaf.handRaw(&x.batch, &x.vec, 0, c.bytes.bytes(&c.bytes.parts[0], int32(v)))
	}
	switch x.vec.Cells[0] {
	case record.Bad:
		if x.bad == nil {
			f := x.vec.Fault(0)
			x.bad = &f
		}
		x.out = append(x.out, "null"...)
	case record.Value:
		x.out = appendJSON(x.out, &x.batch, &x.vec, 0)
	default:
		x.out = append(x.out, "null"...)
	}
	return c.pass()
}

// handRaw makes stored bytes the value of row.
func (l *leaf) handRaw(b *record.Batch, v *record.Vector, row int32, raw []byte) {
	switch l.form {
	case asBigEndian, asUUID, asHalf:
		l.handFixed(b, v, row, raw)
	default:
		v.Str[row], v.Cells[row] = b.AddText(raw), record.Value
		if l.form != asBytes && !utf8.Valid(raw) {
			v.Fail(row, record.BadUTF8, record.Quote(raw)+" is not UTF-8")
		} else if p := record.CheckJSON(raw); l.form == asJSON && p != record.NoProblem {
			v.Fail(row, p.Code(), p.Message(raw, v.Type))
		}
	}
}
