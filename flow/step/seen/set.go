package seen

const (
	// DefaultMemory is what a Set keeps when Options.Memory is 0.
	DefaultMemory = 128 << 20

	minMemory = 64 << 10
	fanIn     = 8 // runs of a level that are merged into one
)

// Options bound a Set.
type Options struct {
	Memory int64  // bytes; 0 = DefaultMemory, less than 64 KiB counts as that
	Dir    string // where runs are written; "" = the system's temporary folder
}

// Set is a set of digests. It is not safe for concurrent use. After an error it
// must only be closed.
type Set struct {
	table   table
	filter  filter
	levels  [][]*run // runs by level, oldest first
	memory  int64
	dir     string
	page    []byte
	scratch []Key
	spilled int64
}

// New is an empty set. It takes memory as it grows.
func New(o Options) *Set {
	if o.Memory == 0 {
		o.Memory = DefaultMemory
	}
	memory := max(o.Memory, minMemory)
	return &Set{table: newTable(memory / 8 * 5), memory: memory, dir: o.Dir}
}

// Add puts k into the set and reports whether it was new.
func (s *Set) Add(k Key) (bool, error) {
	p := s.table.of(k)
	slot, found := p.locate(k)
	if found {
		return false, nil
	}
	if s.filter.maybe(k) {
		if found, err := s.onDisk(k); found || err != nil {
			return false, err
		}
	}
	if p.full() {
		if !s.table.grow(p) {
			if err := s.spill(); err != nil {
				return false, err
			}
		}
		slot, _ = p.locate(k)
	}
	s.table.put(p, slot, k)
	return true, nil
}

// Spilled is the number of digests moved to disk so far.
func (s *Set) Spilled() int64 { return s.spilled }

func (s *Set) onDisk(k Key) (bool, error) {
	for _, runs := range s.levels {
		for i := len(runs) - 1; i >= 0; i-- {
			if found, err := runs[i].has(k, s.page); found || err != nil {
				return found, err
			}
		}
	}
	return false, nil
}

// spill makes a run of the table and empties it.
func (s *Set) spill() error {
	if s.page == nil {
		s.page = make([]byte, pageSize)
		s.filter = newFilter(s.memory / 4)
	}
	w, err := newRunWriter(s.dir, s.table.n)
	if err != nil {
		return err
	}
	s.spilled += int64(s.table.n)
	s.scratch, err = s.table.drain(s.scratch, func(k Key) error {
		s.filter.add(k)
		return w.add(k)
	})
	if err == nil {
		err = w.finish()
	}
	if err != nil {
		w.run.Close()
		return err
	}
	return s.keep(w.run, 0)
}

// keep adds a run to a level and merges a level that is full.
func (s *Set) keep(r *run, level int) error {
	if level == len(s.levels) {
		s.levels = append(s.levels, nil)
	}
	s.levels[level] = append(s.levels[level], r)
	if len(s.levels[level]) < fanIn {
		return nil
	}
	merged, err := merge(s.dir, s.levels[level])
	if err != nil {
		return err
	}
	s.levels[level] = s.levels[level][:0]
	return s.keep(merged, level+1)
}

// Close removes what was spilled. It may be called twice.
func (s *Set) Close() error {
	var first error
	for _, runs := range s.levels {
		for _, r := range runs {
			if err := r.Close(); err != nil && first == nil {
				first = err
			}
		}
	}
	s.levels = nil
	return first
}
