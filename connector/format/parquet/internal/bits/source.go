package bits

import "errors"

// Source is bytes that come a little at a time.
type Source interface {
	// Need waits for n unread bytes or fails.
	Need(n int) error
	// Unread are the bytes that are there.
	Unread() []byte
	// Advance consumes n of them.
	Advance(n int)
	// Rest is how many bytes are to come, those of Unread among them.
	Rest() int
}

// Slice is a Source that is all there.
type Slice []byte

// Need fails when there are less than n bytes.
func (s *Slice) Need(n int) error {
	if n > len(*s) {
		return errCut
	}
	return nil
}

// Unread is the rest of the slice.
func (s *Slice) Unread() []byte { return *s }

// Advance cuts n bytes off.
func (s *Slice) Advance(n int) { *s = (*s)[n:] }

// Rest is the length of the rest.
func (s *Slice) Rest() int { return len(*s) }

var (
	errCut  = errors.New("the encoded values end too early")
	errHead = errors.New("the encoded values are damaged")
)

// uvarint reads a number of up to ten bytes.
func uvarint(s Source) (uint64, error) {
	if err := s.Need(min(10, s.Rest())); err != nil {
		return 0, err
	}
	var x uint64
	for i, b := range s.Unread() {
		if i == 10 {
			break
		}
		x |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			s.Advance(i + 1)
			return x, nil
		}
	}
	return 0, errHead
}

func varint(s Source) (int64, error) {
	x, err := uvarint(s)
	return int64(x>>1) ^ -int64(x&1), err
}
