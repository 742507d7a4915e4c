package inorder

import (
	"errors"
	"io"
)

// Writer packs a stream in pieces of the same size. What it writes depends on nothing
// but the stream.
type Writer struct {
	w     io.Writer
	size  int
	limit int // pieces under way
	q     queue
	cur   *Task
	any   bool // a piece has been started
	err   error
}

// NewWriter packs pieces of size bytes with pack, which makes Task.Out from Task.In
// and runs in parallel, on about workers pieces at a time.
func NewWriter(w io.Writer, size, workers int, pack func(*Task)) *Writer {
	const whole = int(^uint(0) >> 1)
	return &Writer{w: w, size: size, limit: workers + 1, q: queue{work: pack, keep: whole}}
}

func (w *Writer) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 && w.err == nil {
		if w.cur == nil {
			w.cur = w.q.get()
			if cap(w.cur.In) < w.size {
				w.cur.In = make([]byte, 0, w.size)
			}
		}
		n := min(len(p), w.size-len(w.cur.In))
		w.cur.In = append(w.cur.In, p[:n]...)
		p = p[n:]
		written += n
		if len(w.cur.In) == w.size {
			w.start()
		}
	}
	return written, w.err
}

// start begins to pack the current piece and waits for as many as there are too many.
func (w *Writer) start() {
	w.q.start(w.cur)
	w.cur, w.any = nil, true
	for len(w.q.busy) >= w.limit {
		w.flush()
	}
}

// flush writes the oldest piece.
func (w *Writer) flush() {
	t := w.q.next()
	if w.err == nil {
		w.err = t.Err
	}
	if w.err == nil {
		_, w.err = w.w.Write(t.Out)
	}
	w.q.free(t)
}

// Close writes what is left: one piece at least, as no stream is without one. It may be
// called twice.
func (w *Writer) Close() error {
	if w.err == nil && (w.cur != nil || !w.any) {
		if w.cur == nil {
			w.cur = w.q.get()
		}
		w.start()
	}
	for len(w.q.busy) > 0 {
		w.flush()
	}
	w.q.wait()
	err := w.err
	if w.err == nil {
		w.err = errClosed
	}
	if err == errClosed {
		return nil
	}
	return err
}

// errClosed is what writing after Close returns.
var errClosed = errors.New("write to a closed stream")
