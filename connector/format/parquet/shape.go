package parquet

import (
	"strings"

	"github.com/headgate/headgate/connector/format/parquet/internal/meta"
)

// shape is how a node of a column that nests becomes JSON.
type shape struct {
	*node
	kind   shapeKind
	kids   []*shape
	lo, hi int // its leaves, in the order of the column's
}

type shapeKind uint8

const (
	value  shapeKind = iota // a leaf
	object                  // kids are its keys
	list                    // kids[0] repeats, and each is an element
	boxed                   // kids[0] repeats, and each holds an element and nothing else
	dictOf                  // kids[0] repeats, and each holds a key and maybe a value
)

// shapeOf finds the shape of n, whose first leaf is number lo of the column.
func shapeOf(n *node, lo int) *shape {
	s := &shape{node: n, lo: lo, hi: lo}
	if n.leaf != nil {
		s.hi++
		return s
	}
	for _, c := range n.children {
		kid := shapeOf(c, s.hi)
		s.hi = kid.hi
		s.kids = append(s.kids, kid)
	}
	s.kind = object
	if len(s.kids) != 1 || s.kids[0].elem.Repetition != meta.Repeated {
		return s
	}
	switch e := n.elem; {
	case e.Logical == meta.LogicalList || e.Converted == meta.ListType:
		s.kind = list
		if s.kids[0].isBox(e.Name) {
			s.kind = boxed
		}
	case e.Logical == meta.LogicalMap || e.Converted == meta.MapType || e.Converted == meta.MapKeyValue:
		if kv := s.kids[0]; len(kv.kids) > 0 && len(kv.kids) <= 2 && kv.kids[0].kind == value && kv.kids[0].elem.Repetition != meta.Repeated {
			s.kind = dictOf
		}
	}
	return s
}

// isBox tells the groups that newer writers put around every element from elements
// that happen to be groups with one field.
func (s *shape) isBox(listName string) bool {
	return len(s.kids) == 1 && s.kind == object && s.elem.Name != "array" && s.elem.Name != listName+"_tuple" &&
		!strings.HasSuffix(s.elem.Name, "_tuple") && s.kids[0].elem.Repetition != meta.Repeated
}
