package inorder

import (
	"bufio"
	"io"
)

// sourceSize is how much a Source reads at once, and what Peek may ask for.
const sourceSize = 64 << 10

// Source is the stream that is to be unpacked, with give-back.
type Source struct {
	*bufio.Reader
	raw raw
}

func newSource(r io.Reader) *Source {
	s := &Source{raw: raw{r: r}}
	s.Reader = bufio.NewReaderSize(&s.raw, sourceSize)
	return s
}

// Unread gives back what was read last. It copies b.
func (s *Source) Unread(b []byte) {
	ahead, _ := s.Peek(s.Buffered()) // cannot fail: it is there
	back := make([]byte, 0, len(b)+len(ahead)+len(s.raw.back))
	back = append(append(append(back, b...), ahead...), s.raw.back...)
	s.raw.back = back
	s.Reset(&s.raw)
}

// raw is what a Source reads: first what was given back. Its error stays.
type raw struct {
	back []byte
	r    io.Reader
	err  error
}

func (r *raw) Read(p []byte) (int, error) {
	if len(r.back) > 0 {
		n := copy(p, r.back)
		r.back = r.back[n:]
		return n, nil
	}
	r.back = nil
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.r.Read(p)
	r.err = err
	return n, err
}
