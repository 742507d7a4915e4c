package pgp

import (
	"encoding/base64"
	"io"
)

// The lines of an armored message, and how many of them are written at once.
const (
	armorWidth = 64
	armorBytes = armorWidth / 4 * 3
	armorLines = 512
)

// armor writes a message as text. The checksum at the end protects nothing, but GnuPG 2.2 does
// not find the end of some messages without.
type armor struct {
	w    io.Writer
	sum  uint32
	crc  *[256]uint32
	in   []byte // not written yet
	out  []byte
	head bool // was written
}

func newArmor(w io.Writer) *armor {
	return &armor{w: w, sum: crcStart, crc: crcTable(), in: make([]byte, 0, armorBytes*armorLines), out: make([]byte, 0, (armorWidth+1)*armorLines)}
}

func (a *armor) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		n := min(len(p), cap(a.in)-len(a.in))
		a.in = append(a.in, p[:n]...)
		p = p[n:]
		if len(a.in) == cap(a.in) {
			if err := a.lines(); err != nil {
				return written, err
			}
		}
		written += n
	}
	return written, nil
}

// lines writes what there is.
func (a *armor) lines() error {
	a.out = a.out[:0]
	if !a.head {
		a.head = true
		a.out = append(append(a.out, armorBegin...), "\n\n"...)
	}
	for _, b := range a.in {
		a.sum = a.sum<<8&0xffffff ^ a.crc[byte(a.sum>>16)^b]
	}
	for in := a.in; len(in) > 0; {
		n := min(len(in), armorBytes)
		a.out = append(base64.StdEncoding.AppendEncode(a.out, in[:n]), '\n')
		in = in[n:]
	}
	a.in = a.in[:0]
	_, err := a.w.Write(a.out)
	return err
}

// Close ends the message.
func (a *armor) Close() error {
	if err := a.lines(); err != nil {
		return err
	}
	end := base64.StdEncoding.AppendEncode([]byte{'='}, []byte{byte(a.sum >> 16), byte(a.sum >> 8), byte(a.sum)})
	end = append(append(append(end, '\n'), armorEnd...), '\n')
	_, err := a.w.Write(end)
	return err
}

// The checksum is a CRC of 24 bits.
const (
	crcStart = 0xb704ce
	crcPoly  = 0x864cfb
)

// crcTable is what a byte does to the checksum.
func crcTable() *[256]uint32 {
	var t [256]uint32
	for i := range t {
		c := uint32(i) << 16
		for range 8 {
			top := c & 0x800000
			if c = c << 1 & 0xffffff; top != 0 {
				c ^= crcPoly
			}
		}
		t[i] = c
	}
	return &t
}
