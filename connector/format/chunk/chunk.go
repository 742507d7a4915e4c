// Package chunk cuts a byte stream into the pieces that a format decodes. The format
// says where a piece may end; the rest is given back and comes first in the next one.
package chunk

import (
	"context"
	"io"
)

// Slack is how many readable zero bytes follow the data of a chunk, so that a
// scanner may load words beyond its end.
const Slack = 64

// DefaultSize is how many bytes a chunk aims at when nobody says otherwise. It fits
// the second-level cache together with its index and what is written of it.
const DefaultSize = 256 << 10

// idleReads is how many times in a row a reader may return nothing and no error.
const idleReads = 100

// Source is a byte stream with give-back. It is not safe for concurrent use.
type Source struct {
	r    io.Reader
	held []byte // given back; what is before off was handed out again
	off  int
	done error // why reading ended; nil while it has not
}

// NewSource reads r.
func NewSource(r io.Reader) *Source { return &Source{r: r} }

// Fill appends to buf until it holds n bytes or the input ends. The memory of the
// result has room for Slack bytes more. It blocks until there are n bytes; a
// failing reader's error is returned at once and ever after.
func (s *Source) Fill(ctx context.Context, buf []byte, n int) ([]byte, error) {
	if cap(buf) < n+Slack {
		grown := make([]byte, len(buf), n+Slack)
		copy(grown, buf)
		buf = grown
	}
	if take := min(n-len(buf), len(s.held)-s.off); take > 0 {
		buf = append(buf, s.held[s.off:s.off+take]...)
		s.off += take
	}
	for idle := 0; len(buf) < n && s.done == nil; idle++ {
		if ctx.Err() != nil {
			break
		}
		k, err := s.r.Read(buf[len(buf):n])
		buf = buf[:len(buf)+k]
		if k > 0 {
			idle = 0
		}
		if err == nil && idle == idleReads {
			err = io.ErrNoProgress
		}
		s.done = err
	}
	if s.done != nil && s.done != io.EOF {
		return buf, s.done
	}
	return buf, ctx.Err()
}

// Unread gives back the end of what Fill returned last. It copies rest.
func (s *Source) Unread(rest []byte) {
	if s.off < len(s.held) {
		s.off -= len(rest) // everything handed out came from held
		return
	}
	s.held = append(s.held[:0], rest...)
	s.off = 0
}

// Ended reports whether everything there is has been handed out.
func (s *Source) Ended() bool { return s.done == io.EOF && s.off == len(s.held) }

// Reuse empties a slot's chunk for a piece of about size bytes. Memory that one
// oversized record left behind is let go.
func Reuse(buf []byte, size int) []byte {
	if cap(buf) > 4*(size+Slack) {
		return nil
	}
	return buf[:0]
}

// Pad zeroes the slack behind buf.
func Pad(buf []byte) []byte {
	if cap(buf) < len(buf)+Slack {
		grown := make([]byte, len(buf), len(buf)+Slack)
		copy(grown, buf)
		buf = grown
	}
	clear(buf[len(buf) : len(buf)+Slack])
	return buf
}
