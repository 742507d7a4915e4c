package csv

// pick says which columns of a wide table are listed in piece.pos: those that were asked for
// in the chunks before. Listing a field costs more than finding it, and of hundreds
// of columns a flow may use a few.
type pick struct {
	wanted []bool // by input column
	count  int    // of them
	known  bool   // a chunk has been read, so that wanted says something

	width int   // ends listed of a row: of the wanted columns, those before them, and the last
	gaps  []int // fields left out before each, nil = none
	at    []int // where in a row the end of an input column stands; -1 = not listed
	made  int   // count for which gaps and at were made
}

const (
	// manyColumns is from where on it may pay to leave some out,
	manyColumns = 16
	// fewOf and this the part of them that may be wanted.
	fewOf = 4
)

// choose decides what to list of the next chunk.
func (k *pick) choose(columns int) {
	if !k.known || columns < manyColumns || 2*k.count+1 > columns/fewOf {
		k.known = true
		k.all(columns)
		return
	}
	if k.gaps != nil && k.made == k.count {
		return
	}
	k.made, k.width = k.count, 0
	k.gaps, k.at = k.gaps[:0], k.at[:0]
	gap := 0
	for i := range columns {
		if i == columns-1 || k.has(i) || k.has(i+1) {
			k.at = append(k.at, k.width)
			k.gaps = append(k.gaps, gap)
			k.width++
			gap = 0
		} else {
			k.at = append(k.at, -1)
			gap++
		}
	}
}

func (k *pick) has(column int) bool { return column < len(k.wanted) && k.wanted[column] }

// all lists every column.
func (k *pick) all(columns int) { k.width, k.gaps = columns, nil }

// want notes that a column is asked for, and reports whether it is not listed.
func (k *pick) want(column int) bool {
	if !k.has(column) {
		for len(k.wanted) <= column {
			k.wanted = append(k.wanted, false)
		}
		k.wanted[column] = true
		k.count++
	}
	return k.gaps != nil && (k.at[column] < 0 || column > 0 && k.at[column-1] < 0)
}

// place is where in a row the start of a column that is listed stands.
func (k *pick) place(column int) int {
	if k.gaps == nil {
		return column
	}
	return k.at[column]
}

// listAll makes the list of the chunk complete.
func (p *piece) listAll(data []byte) {
	if !p.grid || p.pick.gaps == nil {
		return
	}
	p.pick.all(len(p.d.names))
	p.index(data)
}
