package blob

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/headgate/headgate/connector"
)

// maxNotes bounds what a run tells of columns that were left out.
const maxNotes = 20

// leftOut collects the columns that were found only while reading, when it was too late
// to take them in. Readers are closed from any goroutine.
type leftOut struct {
	mu    sync.Mutex
	found map[string]*leftColumn
}

// leftColumn is a column, or a key, that was left out.
type leftColumn struct {
	name    string
	files   int
	records int64 // that have the key; 0 where the whole file has the column
	file    string
	place   int   // of that file among all
	line    int64 // of the first of its records
}

func (l *leftOut) add(c leftColumn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.found == nil {
		l.found = map[string]*leftColumn{}
	}
	had := l.found[c.name]
	if had == nil {
		if len(l.found) >= connector.MaxStrays && c.name != "" {
			c.name = ""
			had = l.found[""]
		}
		if had == nil {
			c.files = 1
			l.found[c.name] = &c
			return
		}
	}
	had.files++
	had.records += c.records
	if c.before(had) {
		had.file, had.place, had.line = c.file, c.place, c.line
	}
}

func (c *leftColumn) before(d *leftColumn) bool {
	return cmp.Or(cmp.Compare(c.place, d.place), cmp.Compare(c.line, d.line)) < 0
}

// Notes says which columns were left out, in the order of the input.
func (s *Source) Notes() []string {
	s.left.mu.Lock()
	defer s.left.mu.Unlock()
	var list []*leftColumn
	for _, c := range s.left.found {
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b *leftColumn) int {
		return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.line, b.line), cmp.Compare(a.name, b.name))
	})
	var notes []string
	for i, c := range list {
		if i == maxNotes {
			return append(notes, fmt.Sprintf("%d more columns were left out", len(list)-i))
		}
		notes = append(notes, c.note())
	}
	return notes
}

func (c *leftColumn) note() string {
	where := c.file
	if n := c.files - 1; n == 1 {
		where += " and 1 other file"
	} else if n > 1 {
		where += fmt.Sprintf(" and %s other files", count(int64(n)))
	}
	const remedy = "; declare it, or set drift.new_column to fail"
	name := "`" + c.name + "`"
	if c.records == 0 {
		have := "has"
		if c.files > 1 {
			have = "have"
		}
		return fmt.Sprintf("%s %s the column %s, which was found too late and left out%s", where, have, name, remedy)
	}
	have := "records have"
	if c.records == 1 {
		have = "record has"
	}
	first := fmt.Sprintf("first on line %s", count(c.line))
	if c.files > 1 {
		first += " of " + c.file
	}
	if c.name == "" {
		name = "others of their own"
	}
	return fmt.Sprintf("%s: %s %s the key %s, which was found too late and left out (%s)%s", where, count(c.records), have, name, first, remedy)
}

// count writes n with commas.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// watch looks out for columns of an opened file that were found too late. extra are those
// that its first records, or its header, have.
func (s *Source) watch(r *reader, extra []string) {
	w, watches := r.in.dec.(connector.Watcher)
	switch s.cfg.NewColumn {
	case "fail":
		if watches {
			w.Watch(func(key string) error { return fmt.Errorf("it has a new column, `%s`", key) })
		}
		return
	case "add":
		if watches {
			w.Watch(func(key string) error {
				return fmt.Errorf("it has a new column, `%s`, which cannot be added while the run is under way: declare it", key)
			})
		}
		return
	}
	if len(s.cfg.Columns) > 0 {
		return // what is not declared is not wanted
	}
	for _, name := range extra {
		s.left.add(leftColumn{name: name, file: r.in.label, place: r.place})
	}
	if watches {
		w.Watch(nil)
		r.told = func() {
			for _, k := range w.Strays() {
				s.left.add(leftColumn{name: k.Key, records: k.Records, file: r.in.label, place: r.place, line: k.Line})
			}
		}
	}
}
