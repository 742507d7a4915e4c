package seen

import (
	"encoding/binary"
	"fmt"
)

// runWriter fills a run with ascending keys.
type runWriter struct {
	run  *run
	page []byte // keys of the page in work
	buf  []byte // its ciphertext
}

func newRunWriter(dir string, keys int) (*runWriter, error) {
	r, err := newRun(dir, keys)
	if err != nil {
		return nil, err
	}
	return &runWriter{run: r, page: make([]byte, 0, pageSize), buf: make([]byte, 0, pageSize)}, nil
}

func (w *runWriter) add(k Key) error {
	for w.run.pages < w.run.home(k) || len(w.page) == pageKeys*keySize {
		if err := w.flush(); err != nil {
			return err
		}
	}
	w.page = binary.LittleEndian.AppendUint64(w.page, k.Hi)
	w.page = binary.LittleEndian.AppendUint64(w.page, k.Lo)
	return nil
}

// flush writes the page in work and begins the next.
func (w *runWriter) flush() error {
	n := len(w.page)
	w.page = w.page[:pageKeys*keySize]
	clear(w.page[n:])
	w.buf = w.run.seal.Seal(w.buf[:0], nonce(w.run.pages), w.page, nil)
	w.page = w.page[:0]
	if _, err := w.run.file.Write(w.buf); err != nil {
		return fmt.Errorf("write spill file: %w", err)
	}
	w.run.pages++
	return nil
}

// finish writes what is left. The run is complete then.
func (w *runWriter) finish() error {
	for w.run.pages < w.run.planned || len(w.page) > 0 {
		if err := w.flush(); err != nil {
			return err
		}
	}
	return nil
}
