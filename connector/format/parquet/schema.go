package parquet

import (
	"errors"
	"fmt"

	"github.com/headgate/headgate/connector/format/parquet/internal/meta"
	"github.com/headgate/headgate/connector/record"
)

// form is how the stored values of a leaf become values of its type.
type form uint8

const (
	asIs     form = iota // integers and decimals that are integers
	asUint32             // an INT32 without a sign
	asUint64             // an INT64 without a sign
	asFloat              // FLOAT
	asDouble             // DOUBLE
	asHalf               // two bytes
	asBigEndian
	asText
	asJSON
	asBytes
	asUUID
	asDate
	asTime      // a multiple or fraction of a microsecond
	asTimestamp // the same
	asInt96
	asNothing // every cell is NULL
)

// leaf is a column with values of its own.
type leaf struct {
	index    int // in the row groups
	elem     *meta.Element
	maxDef   int
	maxRep   int
	typ      record.Type
	form     form
	mul, div int64 // of times: stored value * mul / div = microseconds
}

// numeric reports whether values are decoded to integers.
func (l *leaf) numeric() bool {
	return l.elem.Type != meta.ByteArray && l.elem.Type != meta.FixedBytes
}

// node is a node of the schema tree.
type node struct {
	elem     *meta.Element
	def, rep int // levels at which a value of it is there
	children []*node
	leaf     *leaf
}

const (
	// maxNesting is how deep a schema may nest.
	maxNesting = 64
	maxWidth   = 1 << 20
)

// tree makes the tree of a schema listed depth first, and lists its leaves.
func tree(elems []meta.Element) (root *node, leaves []*leaf, err error) {
	b := &builder{elems: elems}
	root, err = b.node(0, 0, 0)
	if err == nil && b.next != len(elems) {
		err = errors.New("footer: the schema has nodes without a parent")
	}
	return root, b.leaves, err
}

type builder struct {
	elems  []meta.Element
	next   int
	leaves []*leaf
}

func (b *builder) node(def, rep, depth int) (*node, error) {
	if b.next >= len(b.elems) || depth > maxNesting {
		return nil, errors.New("footer: the schema is not a tree")
	}
	e := &b.elems[b.next]
	b.next++
	if depth > 0 {
		if e.Repetition < meta.Required || e.Repetition > meta.Repeated {
			return nil, fmt.Errorf("footer: column %s: unknown repetition", e.Name)
		}
		if e.Repetition != meta.Required {
			def++
		}
		if e.Repetition == meta.Repeated {
			rep++
		}
	}
	n := &node{elem: e, def: def, rep: rep}
	if e.Children == 0 && depth > 0 && e.Type != meta.None {
		var err error
		n.leaf, err = newLeaf(e, len(b.leaves), def, rep)
		b.leaves = append(b.leaves, n.leaf)
		return n, err
	}
	if e.Type != meta.None || e.Children < 0 || int(e.Children) > len(b.elems)-b.next {
		return nil, fmt.Errorf("footer: column %s: the schema is not a tree", e.Name)
	}
	for range e.Children {
		child, err := b.node(def, rep, depth+1)
		if err != nil {
			return nil, err
		}
		n.children = append(n.children, child)
	}
	return n, nil
}

// flat reports whether n is a column with one value a row.
func (n *node) flat() bool { return n.leaf != nil && n.rep == 0 }

// empty reports whether n has no leaves, as a group of nothing.
func (n *node) empty() bool {
	empty := true
	n.eachLeaf(func(*leaf) { empty = false })
	return empty
}

// eachLeaf calls f for the leaves of n.
func (n *node) eachLeaf(f func(*leaf)) {
	if n.leaf != nil {
		f(n.leaf)
	}
	for _, c := range n.children {
		c.eachLeaf(f)
	}
}

// newLeaf finds out what the values of e mean.
func newLeaf(e *meta.Element, index, def, rep int) (*leaf, error) {
	l := &leaf{index: index, elem: e, maxDef: def, maxRep: rep, mul: 1, div: 1}
	if e.Type < meta.Boolean || e.Type > meta.FixedBytes {
		return l, fmt.Errorf("footer: column %s: unknown type %d", e.Name, e.Type)
	}
	if e.Type == meta.FixedBytes && (e.Width < 1 || e.Width > maxWidth) {
		return l, fmt.Errorf("footer: column %s: width %d", e.Name, e.Width)
	}
	modern(e)
	switch e.Type {
	case meta.Boolean:
		l.set(record.Bool, asIs)
	case meta.Float:
		l.set(record.Float, asFloat)
	case meta.Double:
		l.set(record.Float, asDouble)
	case meta.Int96:
		l.set(record.Timestamp, asInt96)
	case meta.Int32, meta.Int64:
		l.integer()
	default:
		l.bytes()
	}
	if e.Logical == meta.LogicalNull {
		l.set(record.String, asNothing)
	}
	return l, nil
}

func (l *leaf) set(k record.Kind, f form) { l.typ, l.form = record.Type{Kind: k}, f }

// modern makes a logical type of a converted one.
func modern(e *meta.Element) {
	if e.Logical != meta.NoLogical {
		return
	}
	switch e.Converted {
	case meta.UTF8:
		e.Logical = meta.LogicalString
	case meta.Enum:
		e.Logical = meta.LogicalEnum
	case meta.DecimalType:
		e.Logical = meta.LogicalDecimal
	case meta.Date:
		e.Logical = meta.LogicalDate
	case meta.TimeMillis:
		e.Logical, e.Unit, e.UTC = meta.LogicalTime, meta.Millis, true
	case meta.TimeMicros:
		e.Logical, e.Unit, e.UTC = meta.LogicalTime, meta.Micros, true
	case meta.TimestampMillis:
		e.Logical, e.Unit, e.UTC = meta.LogicalTimestamp, meta.Millis, true
	case meta.TimestampMicros:
		e.Logical, e.Unit, e.UTC = meta.LogicalTimestamp, meta.Micros, true
	case meta.JSON:
		e.Logical = meta.LogicalJSON
	case meta.BSON:
		e.Logical = meta.LogicalBSON
	}
	if c := e.Converted; c >= meta.Uint8 && c <= meta.Int64Type {
		e.Logical, e.Signed, e.Bits = meta.LogicalInteger, c >= meta.Int8, 8<<((c-meta.Uint8)%4)
	}
}

func (l *leaf) integer() {
	e := l.elem
	l.set(record.Int, asIs)
	switch e.Logical {
	case meta.LogicalDecimal:
		l.decimal(asIs)
	case meta.LogicalDate:
		if e.Type == meta.Int32 {
			l.set(record.Date, asDate)
		}
	case meta.LogicalTime:
		l.set(record.Time, asTime)
		l.unit()
	case meta.LogicalTimestamp:
		if e.Type == meta.Int64 {
			l.set(record.Timestamp, asTimestamp)
			l.unit()
		}
	case meta.LogicalInteger:
		switch {
		case e.Signed:
		case e.Type == meta.Int32:
			l.form = asUint32
		default:
			l.typ, l.form = record.DecimalOf(20, 0), asUint64
		}
	}
}

func (l *leaf) unit() {
	switch l.elem.Unit {
	case meta.Millis:
		l.mul = 1000
	case meta.Nanos:
		l.div = 1000
	}
}

// decimal sets a decimal type, if there is one that can hold the values.
func (l *leaf) decimal(f form) {
	p, s := l.elem.Precision, l.elem.Scale
	if s < 0 || s > record.MaxPrecision || p < 1 || s > p {
		return
	}
	l.typ, l.form = record.DecimalOf(int(min(p, record.MaxPrecision)), int(s)), f
}

func (l *leaf) bytes() {
	e := l.elem
	l.set(record.Bytes, asBytes)
	fixed := e.Type == meta.FixedBytes
	switch e.Logical {
	case meta.LogicalString, meta.LogicalEnum:
		l.set(record.String, asText)
	case meta.LogicalJSON:
		l.set(record.JSON, asJSON)
	case meta.LogicalDecimal:
		l.decimal(asBigEndian)
	case meta.LogicalUUID:
		if fixed && e.Width == 16 {
			l.set(record.UUID, asUUID)
		}
	case meta.LogicalFloat16:
		if fixed && e.Width == 2 {
			l.set(record.Float, asHalf)
		}
	}
}
