package seen

// cursor walks the keys of a run.
type cursor struct {
	run  *run
	page uint64 // the next one
	buf  []byte
	text []byte // keys left of the current page
	key  Key    // the current key; zero at the end
}

func newCursor(r *run) (*cursor, error) {
	c := &cursor{run: r, buf: make([]byte, pageSize)}
	return c, c.next()
}

func (c *cursor) next() error {
	for len(c.text) == 0 {
		if c.page == c.run.pages {
			c.key = Key{}
			return nil
		}
		text, err := c.run.read(c.page, c.buf)
		if err != nil {
			return err
		}
		c.text = text[:count(text)*keySize]
		c.page++
	}
	c.key = keyAt(c.text, 0)
	c.text = c.text[keySize:]
	return nil
}

// merge makes one run of several that have no key in common, and closes them.
func merge(dir string, runs []*run) (*run, error) {
	keys := 0
	heads := make([]*cursor, len(runs))
	for i, r := range runs {
		keys += r.keys
		c, err := newCursor(r)
		if err != nil {
			return nil, err
		}
		heads[i] = c
	}
	w, err := newRunWriter(dir, keys)
	if err != nil {
		return nil, err
	}
	if err := mergeInto(w, heads); err != nil {
		w.run.Close()
		return nil, err
	}
	for _, r := range runs {
		if err := r.Close(); err != nil {
			w.run.Close()
			return nil, err
		}
	}
	return w.run, nil
}

func mergeInto(w *runWriter, heads []*cursor) error {
	for {
		c := smallest(heads)
		if c == nil {
			return w.finish()
		}
		if err := w.add(c.key); err != nil {
			return err
		}
		if err := c.next(); err != nil {
			return err
		}
	}
}

// smallest is the cursor with the least key, nil when all are at their end.
func smallest(heads []*cursor) *cursor {
	var least *cursor
	for _, c := range heads {
		if c.key != (Key{}) && (least == nil || c.key.less(least.key)) {
			least = c
		}
	}
	return least
}
