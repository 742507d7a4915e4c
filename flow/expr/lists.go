package expr

import (
	"github.com/headgate/headgate/connector/record"
)

// makeList keeps NULL elements; a Bad one makes the list Bad.
func makeList(_ *arena, a []val) val {
	for i := range a {
		if a[i].cell == record.Bad {
			return a[i]
		}
	}
	return val{list: append([]val(nil), a...)}
}

// makeMap takes keys and values in turn.
func makeMap(key typ) rowFunc {
	return func(_ *arena, a []val) val {
		m := &pairs{index: make(map[string]int, len(a)/2)}
		for i := 0; i < len(a); i += 2 {
			k, v := a[i], a[i+1]
			switch {
			case k.cell == record.Bad:
				return k
			case v.cell == record.Bad:
				return v
			case k.cell == record.Null:
				return bad(record.BadArgument, "the key of a map is null")
			}
			text := k.key(key)
			if _, twice := m.index[text]; twice {
				return bad(record.BadArgument, "a map has the same key twice")
			}
			m.index[text] = len(m.keys)
			m.keys, m.vals = append(m.keys, k), append(m.vals, v)
		}
		return val{pairs: m}
	}
}

func listAt(_ *arena, a []val) val {
	if i := a[1].i; i >= 0 && i < int64(len(a[0].list)) {
		return a[0].list[i]
	}
	return bad(record.BadArgument, "the index is beyond the list")
}

func mapAt(key typ) rowFunc {
	return func(_ *arena, a []val) val {
		if i, ok := a[0].pairs.index[a[1].key(key)]; ok {
			return a[0].pairs.vals[i]
		}
		return bad(record.BadArgument, "the map has no such key")
	}
}

// inMap is key in map.
func inMap(key typ) rowFunc {
	return func(_ *arena, a []val) val {
		_, ok := a[1].pairs.index[a[0].key(key)]
		return boolVal(ok)
	}
}

// inList is true when an element equals x, else NULL when one is NULL.
func inList(o order) rowFunc {
	return func(_ *arena, a []val) val {
		out := boolVal(false)
		for i := range a[1].list {
			e := &a[1].list[i]
			if e.cell == record.Null {
				out = null
			} else if o(&a[0], e) == 0 {
				return boolVal(true)
			}
		}
		return out
	}
}

func appendLists(_ *arena, a []val) val {
	l, r := a[0].list, a[1].list
	return val{list: append(l[:len(l):len(l)], r...)}
}

func sizeList(_ *arena, a []val) val { return intVal(int64(len(a[0].list))) }

func sizeMap(_ *arena, a []val) val { return intVal(int64(len(a[0].pairs.keys))) }

// joinText puts a list of strings together, leaving out NULL.
func joinText(x *arena, a []val) val {
	start, first := len(x.buf), true
	for i := range a[0].list {
		e := &a[0].list[i]
		if !e.ok() {
			continue
		}
		if !x.room(len(x.buf) - start + len(e.s) + len(a[1].s)) {
			return tooLong()
		}
		if !first {
			x.buf = append(x.buf, a[1].s...)
		}
		first = false
		x.buf = append(x.buf, e.s...)
	}
	return textVal(x.since(start))
}
