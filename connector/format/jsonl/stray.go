package jsonl

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/headgate/headgate/connector"
)

// Of a learned key that is no field of the schema:
const (
	unasked    = -1 // it is left out on purpose
	firstStray = -2 // it is stray 0 of the piece, below that stray 1, and so on
)

// strays are the keys that Columns did not list, of a whole input.
type strays struct {
	refuse func(key string) error
	known  map[string]bool

	mu    sync.Mutex
	found map[string]connector.Stray
}

// Watch makes Decode look for keys that nobody named.
func (d *Decoder) Watch(refuse func(key string) error) {
	d.strays = &strays{refuse: refuse, known: make(map[string]bool, len(d.names)), found: map[string]connector.Stray{}}
	for _, n := range d.names {
		d.strays.known[n] = true
	}
}

// Strays lists the keys that were found, in the order of the input.
func (d *Decoder) Strays() []connector.Stray {
	if d.strays == nil {
		return nil
	}
	d.strays.mu.Lock()
	defer d.strays.mu.Unlock()
	var list []connector.Stray
	for _, s := range d.strays.found {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b connector.Stray) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Key, b.Key))
	})
	return list
}

// add takes what one piece has found. More keys than there is room for share the
// empty one, which JSON has too: the records are counted right in any case.
func (s *strays) add(found []connector.Stray) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range found {
		if f.Records == 0 {
			continue
		}
		had, ok := s.found[f.Key]
		if !ok && len(s.found) >= connector.MaxStrays {
			f.Key = ""
			had, ok = s.found[""]
		}
		if ok {
			f.Records += had.Records
			f.Line = min(f.Line, had.Line)
		}
		s.found[f.Key] = f
	}
}

// pieceStrays are those of one piece at a time. The keys stay from one to the next, since
// the learned order knows them by number.
type pieceStrays struct {
	list  []connector.Stray // Line is an offset in the piece
	at    map[string]int    // in list, by key
	noted []int             // of the record being read
	first int               // of the piece, -1 = none
}

// number is that of a key that is no field, in the way of learned.field.
func (s *pieceStrays) number(key []byte, known map[string]bool) int {
	if known[string(key)] {
		return unasked
	}
	i, ok := s.at[string(key)]
	if !ok && len(s.list) >= connector.MaxStrays {
		key = nil
		i, ok = s.at[""]
	}
	if !ok {
		if s.at == nil {
			s.at = map[string]int{}
		}
		i = len(s.list)
		s.at[string(key)] = i
		s.list = append(s.list, connector.Stray{Key: string(key)})
	}
	return firstStray - i
}

// note remembers that the record being read has a stray.
func (s *pieceStrays) note(number int) {
	if i := firstStray - number; !slices.Contains(s.noted, i) {
		s.noted = append(s.noted, i)
	}
}

// count counts the strays of the record that has been read, which starts at offset at.
func (s *pieceStrays) count(at int) {
	for _, i := range s.noted {
		if s.first < 0 {
			s.first = i
		}
		if s.list[i].Records == 0 {
			s.list[i].Line = int64(at)
		}
		s.list[i].Records++
	}
	s.noted = s.noted[:0]
}

// tellStrays hands on what the piece has found.
func (p *piece) tellStrays(data []byte) error {
	s := &p.strays
	if s.first < 0 {
		return nil
	}
	for i, one := range s.list {
		if one.Records > 0 {
			s.list[i].Line = p.line + int64(bytes.Count(data[:one.Line], []byte{'\n'}))
		}
	}
	var err error
	if first, refuse := s.list[s.first], p.d.strays.refuse; refuse != nil {
		err = fmt.Errorf("line %d: %w", first.Line, refuse(first.Key))
	}
	p.d.strays.add(s.list)
	for i := range s.list {
		s.list[i].Records = 0
	}
	return err
}
