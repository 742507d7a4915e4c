package bits

import "encoding/binary"

// Delta decodes integers of which the differences are packed. It stops and goes on
// anywhere.
type Delta struct {
	src            Source
	left           int // values to come
	first          bool
	last, min      int64
	perMini, minis int
	widths         []byte
	mini           int // the next miniblock
	inMini         int // values left in the current one
	width          int
	held           [8]int64
	at, n          int
}

// maxBlock bounds the block size a page may state.
const maxBlock = 1 << 16

// Reset reads the head. Count tells how many values there are.
func (d *Delta) Reset(src Source) error {
	*d = Delta{src: src, first: true, widths: d.widths[:0]}
	block, err := uvarint(src)
	if err != nil {
		return err
	}
	minis, err := uvarint(src)
	if err != nil {
		return err
	}
	count, err := uvarint(src)
	if err != nil {
		return err
	}
	if d.last, err = varint(src); err != nil {
		return err
	}
	if block == 0 || block > maxBlock || minis == 0 || minis > block || block%minis != 0 || block/minis%8 != 0 || count > 1<<31-1 {
		return errHead
	}
	d.minis, d.perMini, d.left = int(minis), int(block/minis), int(count)
	d.mini = d.minis
	return nil
}

// Count is how many values are to come.
func (d *Delta) Count() int { return d.left }

// Decode fills dst, which must not be longer than Count.
func (d *Delta) Decode(dst []int64) error {
	if len(dst) > d.left {
		return errCut
	}
	d.left -= len(dst)
	if d.first && len(dst) > 0 {
		dst[0], dst = d.last, dst[1:]
		d.first = false
	}
	for len(dst) > 0 {
		if d.at == d.n {
			if err := d.unpack(); err != nil {
				return err
			}
		}
		k := min(d.n-d.at, len(dst))
		for i, x := range d.held[d.at : d.at+k] {
			d.last += d.min + x
			dst[i] = d.last
		}
		d.at += k
		dst = dst[k:]
	}
	return nil
}

// Finish reads over what fills up the last miniblock, so that the source stands
// behind the values.
func (d *Delta) Finish() error {
	if d.left > 0 {
		return errCut
	}
	n := d.inMini / 8 * d.width
	n = min(n, d.src.Rest())
	for n > 0 {
		k := min(n, 4096)
		if err := d.src.Need(k); err != nil {
			return err
		}
		d.src.Advance(k)
		n -= k
	}
	d.inMini = 0
	return nil
}

// unpack unpacks the next eight differences.
func (d *Delta) unpack() error {
	if d.inMini == 0 {
		if d.mini == d.minis {
			if err := d.block(); err != nil {
				return err
			}
		}
		d.width = int(d.widths[d.mini])
		d.mini++
		d.inMini = d.perMini
	}
	if d.width > 64 {
		return errHead
	}
	if err := d.src.Need(d.width); err != nil {
		return err
	}
	unpack64(&d.held, d.src.Unread()[:d.width], uint(d.width))
	d.src.Advance(d.width)
	d.inMini -= 8
	d.at, d.n = 0, 8
	return nil
}

// block reads the head of a block.
func (d *Delta) block() (err error) {
	if d.min, err = varint(d.src); err != nil {
		return err
	}
	if err := d.src.Need(d.minis); err != nil {
		return err
	}
	d.widths = append(d.widths[:0], d.src.Unread()[:d.minis]...)
	d.src.Advance(d.minis)
	d.mini = 0
	return nil
}

// unpack64 unpacks eight values of w bits from w bytes.
func unpack64(out *[8]int64, src []byte, w uint) {
	if w == 0 {
		*out = [8]int64{}
		return
	}
	mask := ^uint64(0) >> (64 - w)
	var padded [80]byte
	copy(padded[:], src)
	for i := range out {
		bit := uint(i) * w
		word := binary.LittleEndian.Uint64(padded[bit/8:]) >> (bit % 8)
		if w+bit%8 > 64 {
			word |= uint64(padded[bit/8+8]) << (64 - bit%8)
		}
		out[i] = int64(word & mask)
	}
}
