package inflate

import "errors"

var errLZ4 = errors.New("lz4: the data is damaged")

// lz4 decodes a raw block of LZ4, stopping and going on anywhere.
type lz4 struct {
	in      *Input
	literal int // bytes of the current literal still to come
	repeat  int // bytes of the current copy still to come
	off     int
	tail    int // after the literal: the copy's length as the token says, -1 = none is due
}

func (z *lz4) start() { *z = lz4{in: z.in, tail: -1} }

// decode appends to dst until it has n bytes, or the block ends.
func (z *lz4) decode(dst []byte, n int) ([]byte, error) {
	for len(dst) < n {
		switch {
		case z.literal > 0:
			src, err := z.in.unread()
			if err != nil {
				return dst, err
			}
			if len(src) == 0 {
				return dst, errLZ4
			}
			k := min(z.literal, len(src), n-len(dst))
			dst = append(dst, src[:k]...)
			z.in.take(k)
			z.literal -= k
		case z.repeat > 0:
			k := min(z.repeat, n-len(dst), z.off)
			dst = append(dst, dst[len(dst)-z.off:len(dst)-z.off+k]...)
			z.repeat -= k
		case z.tail >= 0:
			if err := z.match(len(dst)); err != nil {
				return dst, err
			}
		default:
			if err := z.token(); err != nil {
				return dst, err
			}
		}
	}
	return dst, nil
}

// token reads the lengths of the next sequence.
func (z *lz4) token() error {
	b, err := z.in.ReadByte()
	if err != nil {
		return errLZ4
	}
	z.tail = int(b & 15)
	z.literal, err = z.length(int(b >> 4))
	return err
}

// match reads where the copy after a literal comes from. The block's last sequence has none.
func (z *lz4) match(have int) error {
	if z.in.page == 0 {
		return errLZ4
	}
	low, err := z.in.ReadByte()
	if err != nil {
		return errLZ4
	}
	high, err := z.in.ReadByte()
	if err != nil {
		return errLZ4
	}
	z.off = int(high)<<8 | int(low)
	if z.off == 0 || z.off > have {
		return errLZ4
	}
	n, err := z.length(z.tail)
	z.repeat, z.tail = n+4, -1
	return err
}

// length completes a length of four bits.
func (z *lz4) length(n int) (int, error) {
	if n < 15 {
		return n, nil
	}
	for {
		b, err := z.in.ReadByte()
		if err != nil || n > 1<<30 {
			return 0, errLZ4
		}
		n += int(b)
		if b < 255 {
			return n, nil
		}
	}
}
