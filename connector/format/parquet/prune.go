package parquet

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/format/parquet/internal/meta"
	"github.com/headgate/headgate/connector/record"
)

// filter is a Range over a leaf. A row group all of whose values lie outside need not
// be read.
type filter struct {
	leaf      *leaf
	low, high *bound
	in        map[string]bool // the only texts that count; nil = all in the range
	column    int
}

// bound is a value in the one of its fields that its column compares by.
type bound struct {
	exact record.Int128
	scale int // of exact
	float float64
	text  []byte
}

// filters makes the ranges ready that statistics or dictionaries can answer. Others do no
// harm.
func (d *Decoder) filters(ranges []connector.Range) []filter {
	if d.opt.Strict {
		return nil
	}
	var list []filter
	for _, r := range ranges {
		i := d.schema.Index(r.Column)
		if i < 0 || d.columns[i].node == nil || !d.columns[i].typed || !d.columns[i].node.flat() {
			continue
		}
		f := filter{leaf: d.columns[i].node.leaf, column: i}
		low, ok1 := f.leaf.bound(r.Low, r.Type)
		high, ok2 := f.leaf.bound(r.High, r.Type)
		if !ok1 || !ok2 {
			continue
		}
		f.low, f.high = low, high
		if r.In != nil && f.leaf.form == asText {
			f.in = make(map[string]bool, len(r.In))
			for _, text := range r.In {
				f.in[text] = true
			}
		}
		list = append(list, f)
	}
	return list
}

// bound reads a limit of type t as values of l compare.
func (l *leaf) bound(text *string, t record.Type) (*bound, bool) {
	if text == nil {
		return nil, l.comparable(t)
	}
	var b bound
	var p record.Problem
	raw := []byte(*text)
	switch {
	case !l.comparable(t):
		return nil, false
	case t.Kind == record.String:
		b.text = raw
	case t.Kind == record.Float:
		b.float, p = record.ParseFloat(raw)
	case t.Kind == record.Decimal:
		b.scale = int(t.Scale)
		b.exact, p = record.ParseDecimal(raw, t)
	default:
		var x int64
		x, p = parseWord(raw, t.Kind)
		b.exact = record.Int128Of(x)
	}
	return &b, p == record.NoProblem && !math.IsNaN(b.float)
}

func parseWord(raw []byte, k record.Kind) (int64, record.Problem) {
	switch k {
	case record.Int:
		return record.ParseInt(raw)
	case record.Date:
		return record.ParseDate(raw)
	case record.Time:
		return record.ParseTime(raw)
	}
	return record.ParseTimestamp(raw)
}

// comparable reports whether statistics of l can be held against values of type t. A
// form of which some values are no values of the type is left out: such rows must be
// read to be rejected.
func (l *leaf) comparable(t record.Type) bool {
	switch l.form {
	case asIs, asUint32, asUint64, asBigEndian:
		exact := l.typ.Kind == record.Int || l.typ.Kind == record.Decimal
		return exact && (t.Kind == record.Int || t.Kind == record.Decimal)
	case asFloat, asDouble, asText, asDate:
		return t.Kind == l.typ.Kind
	case asTime, asTimestamp:
		return t.Kind == l.typ.Kind && l.div == 1
	}
	return false
}

// outside reports whether no row of a group can meet all conditions.
func (d *Decoder) outside(group int) (bool, error) {
	if !d.file.Ordered {
		return false, nil // statistics in an order that nobody wrote down
	}
	chunks, err := d.chunks(group)
	if err != nil {
		return false, err
	}
	rows := d.file.Groups[group].Rows
	for _, f := range d.keep {
		s := chunks[f.leaf.index].Stats
		if s.Nulls == rows {
			return true, nil
		}
		if f.high != nil && f.leaf.order(s.Min, f.high) > 0 || f.low != nil && f.leaf.order(s.Max, f.low) < 0 {
			return true, nil
		}
	}
	return false, nil
}

// order compares a statistic with a limit; 0 also when that cannot be told.
func (l *leaf) order(stat []byte, b *bound) int {
	if stat == nil {
		return 0
	}
	size := sizes[l.elem.Type]
	if size > 0 && len(stat) != size {
		return 0
	}
	switch l.form {
	case asText:
		return bytes.Compare(stat, b.text)
	case asFloat:
		return orderFloats(float64(math.Float32frombits(le32(stat))), b.float)
	case asDouble:
		return orderFloats(math.Float64frombits(binary.LittleEndian.Uint64(stat)), b.float)
	}
	x, ok := l.exact(stat)
	if !ok {
		return 0
	}
	return orderExact(x, int(l.typ.Scale), b.exact, b.scale)
}

// exact is a statistic as an integer, in microseconds for times.
func (l *leaf) exact(stat []byte) (record.Int128, bool) {
	switch {
	case l.form == asBigEndian:
		return bigEndian(stat)
	case l.form == asUint32:
		return record.Int128Of(int64(le32(stat))), true
	case l.form == asUint64:
		return record.Int128{Lo: binary.LittleEndian.Uint64(stat)}, true
	case l.elem.Type == meta.Int32:
		return record.Int128Of(int64(int32(le32(stat)))).Mul(record.Int128Of(l.mul))
	}
	return record.Int128Of(int64(binary.LittleEndian.Uint64(stat))).Mul(record.Int128Of(l.mul))
}

func orderFloats(x, y float64) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// orderExact compares x / 10^sx with y / 10^sy.
func orderExact(x record.Int128, sx int, y record.Int128, sy int) int {
	okx, oky := true, true
	if sx < sy {
		x, okx = x.MulPow10(sy - sx)
	} else {
		y, oky = y.MulPow10(sx - sy)
	}
	if !okx || !oky {
		return 0
	}
	return x.Cmp(y)
}
