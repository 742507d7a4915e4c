package inorder

import (
	"fmt"
	"io"
)

const (
	// MaxPiece is how many bytes a piece may be unpacked that is not read alone.
	MaxPiece = 8 << 20
	// budget is the memory of the pieces under way. Reading goes on while one more of
	// the last one's size fits in.
	budget = 16 << 20
)

// Format knows the pieces of a packed stream.
type Format interface {
	// Take appends the next piece to t.In, and makes room in t.Out. It is whole when that was possible; otherwise
	// the piece has to be read alone, and what Take appended is given back. io.EOF
	// means that the stream ended after the last piece.
	Take(s *Source, t *Task) (whole bool, err error)
	// Unpack makes t.Out from t.In, or sets t.Err: the piece is then read alone, which
	// decides what is wrong with it. It runs in parallel.
	Unpack(t *Task)
	// Alone unpacks the piece that s starts with while it reads it, up to its end.
	Alone(s *Source) io.Reader
}

// Reader unpacks a stream. Nothing is read before the first Read, nor by another
// goroutine than the one that calls it.
type Reader struct {
	format     Format
	name, noun string // of the codec and of a piece, for messages
	src        *Source
	q          queue

	ahead int   // pieces that may be under way: few at first, as little may be wanted
	bytes int   // of the pieces under way
	last  int   // of the last piece
	stop  bool  // no more pieces for now: the next one has to be read alone,
	end   error // or this is the end

	pieces int64 // handed out, or begun
	cur    *Task
	rest   []byte // of cur, not read yet
	alone  io.Reader
	err    error // of Read, ever after
}

// NewReader unpacks r. Messages start with name and call a piece noun.
func NewReader(r io.Reader, f Format, name, noun string) *Reader {
	return &Reader{format: f, name: name, noun: noun, src: newSource(r), ahead: 1,
		q: queue{work: f.Unpack, keep: budget / (2 * Workers())}}
}

func (r *Reader) Read(p []byte) (int, error) {
	for r.err == nil {
		if len(r.rest) > 0 {
			n := copy(p, r.rest)
			r.rest = r.rest[n:]
			return n, nil
		}
		if r.alone != nil {
			if n, err := r.readAlone(p); n > 0 || err != nil {
				return n, err
			}
			continue
		}
		r.advance()
	}
	return 0, r.err
}

// readAlone reads the piece that is read alone. At its end it returns nothing.
func (r *Reader) readAlone(p []byte) (int, error) {
	n, err := r.alone.Read(p)
	if err == io.EOF {
		r.alone = nil
	} else if err != nil {
		r.err = r.explain(err)
	}
	return n, r.err
}

// explain keeps io.EOF as it is. Most streams have one piece, which needs no number.
func (r *Reader) explain(err error) error {
	switch {
	case err == io.EOF:
		return err
	case r.pieces > 1:
		return fmt.Errorf("%s: %s %d: %w", r.name, r.noun, r.pieces, err)
	}
	return fmt.Errorf("%s: %w", r.name, err)
}

// advance makes the next piece the current one.
func (r *Reader) advance() {
	if r.cur != nil {
		r.q.free(r.cur)
		r.cur = nil
	}
	r.fill()
	t := r.q.next()
	switch {
	case t != nil && t.Err != nil:
		r.giveBack(t)
		r.beginAlone()
	case t != nil:
		r.bytes -= t.weight
		r.ahead = min(r.ahead+1, 2*Workers())
		r.cur, r.rest = t, t.Out
		r.pieces++
	case r.end != nil:
		r.err = r.explain(r.end)
	default:
		r.beginAlone()
	}
}

// fill starts the work on as many pieces as there may be.
func (r *Reader) fill() {
	for !r.stop && len(r.q.busy) < r.ahead && (len(r.q.busy) == 0 || r.bytes+r.last <= budget) {
		t := r.q.get()
		whole, err := r.format.Take(r.src, t)
		if !whole || err != nil {
			if err == nil {
				r.src.Unread(t.In)
			}
			r.stop, r.end = true, err
			r.q.free(t)
			return
		}
		t.weight = t.held()
		r.last = t.weight
		r.bytes += t.weight
		r.q.start(t)
	}
}

// giveBack undoes reading t and everything after it.
func (r *Reader) giveBack(t *Task) {
	var back []byte
	for ; t != nil; t = r.q.next() {
		back = append(back, t.In...)
		r.q.free(t)
	}
	r.src.Unread(back)
	r.bytes, r.ahead = 0, 1
}

func (r *Reader) beginAlone() {
	r.pieces++
	r.alone = r.format.Alone(r.src)
	r.stop, r.end = false, nil
}

// Close lets go of the memory. It may be called twice.
func (r *Reader) Close() error {
	r.q.wait()
	r.cur, r.rest, r.alone, r.src, r.err = nil, nil, nil, nil, io.ErrClosedPipe
	return nil
}
