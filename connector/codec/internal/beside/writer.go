package beside

import "io"

// Writer writes to another writer in a goroutine of its own. Close must be called, also
// after an error.
type Writer struct {
	w    io.Writer
	size int

	full   chan []byte
	free   chan []byte
	done   chan error // the first error, when the goroutine is gone
	cur    []byte
	closed bool
	err    error
}

// NewWriter holds up to buffers pieces of size bytes for w.
func NewWriter(w io.Writer, buffers, size int) *Writer {
	a := &Writer{w: w, size: size, full: make(chan []byte, buffers), free: make(chan []byte, buffers), done: make(chan error, 1)}
	for range buffers {
		a.free <- nil // made when it is needed: little may be written
	}
	go a.run()
	return a
}

// run goes on after an error, so that nobody waits for a buffer.
func (a *Writer) run() {
	var failed error
	for b := range a.full {
		if failed == nil {
			if _, failed = a.w.Write(b); failed != nil {
				a.done <- failed
			}
		}
		a.free <- b[:0]
	}
	if failed == nil {
		a.done <- nil
	}
}

func (a *Writer) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 && a.err == nil {
		if a.cur == nil {
			if a.cur = <-a.free; a.cur == nil {
				a.cur = make([]byte, 0, a.size)
			}
		}
		n := min(len(p), a.size-len(a.cur))
		a.cur = append(a.cur, p[:n]...)
		p = p[n:]
		written += n
		if len(a.cur) == a.size {
			a.flush()
		}
	}
	return written, a.err
}

// flush hands the current piece on.
func (a *Writer) flush() {
	select {
	case a.err = <-a.done:
	default:
		a.full <- a.cur
		a.cur = nil
	}
}

// Close writes what is left and waits until it is written. It does not close what it writes
// to, and may be called twice.
func (a *Writer) Close() error {
	if a.closed {
		return nil
	}
	a.closed = true
	if a.err == nil && len(a.cur) > 0 {
		a.flush()
	}
	close(a.full)
	if a.err == nil {
		a.err = <-a.done
	}
	if a.err == nil {
		a.err = ErrClosed
		return nil
	}
	return a.err
}
