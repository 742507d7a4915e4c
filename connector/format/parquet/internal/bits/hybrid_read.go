package bits

import "encoding/binary"

// Hybrid decodes the hybrid of runs and packed bits. It stops and goes on anywhere.
type Hybrid struct {
	src    Source
	width  int
	run    int // values left of a run of value
	value  uint32
	packed int // groups of eight left to unpack
	held   [heldGroups * 8]uint32
	at, n  int // held[at:n] is unpacked and not given out
}

// heldGroups is how many groups are unpacked at once.
const heldGroups = 8

// Reset starts to decode values of width bits, 0 to 32.
func (h *Hybrid) Reset(src Source, width int) {
	h.src, h.width = src, width
	h.run, h.packed, h.at, h.n = 0, 0, 0, 0
}

// Decode fills dst.
func Decode[T uint8 | uint32](h *Hybrid, dst []T) error {
	for len(dst) > 0 {
		switch {
		case h.run > 0:
			k := min(h.run, len(dst))
			fill := dst[:k]
			for i := range fill {
				fill[i] = T(h.value)
			}
			h.run -= k
			dst = dst[k:]
		case h.at < h.n:
			k := min(h.n-h.at, len(dst))
			for i, x := range h.held[h.at : h.at+k] {
				dst[i] = T(x)
			}
			h.at += k
			dst = dst[k:]
		case h.packed > 0:
			if err := h.unpack(); err != nil {
				return err
			}
		default:
			if err := h.head(); err != nil {
				return err
			}
		}
	}
	return nil
}

// Same tells how many of the next n values are known to be value without decoding them,
// and takes them.
func (h *Hybrid) Same(value uint32, n int) (int, error) {
	if h.run == 0 && h.at == h.n && h.packed == 0 {
		if err := h.head(); err != nil {
			return 0, err
		}
	}
	if h.value != value {
		return 0, nil
	}
	k := min(h.run, n)
	h.run -= k
	return k, nil
}

// head reads what comes next.
func (h *Hybrid) head() error {
	if h.width == 0 && h.src.Rest() == 0 {
		h.run, h.value = 1<<30, 0 // some writers leave out values without bits
		return nil
	}
	x, err := uvarint(h.src)
	if err != nil {
		return err
	}
	if x>>1 == 0 || x>>1 > 1<<31-1 {
		if x>>1 == 0 && h.src.Rest() > 0 {
			return nil // an empty run
		}
		return errHead
	}
	if x&1 == 1 {
		h.packed = int(x >> 1)
		return nil
	}
	size := (h.width + 7) / 8
	if err := h.src.Need(size); err != nil {
		return err
	}
	h.run, h.value = int(x>>1), 0
	for i, b := range h.src.Unread()[:size] {
		h.value |= uint32(b) << (8 * i)
	}
	h.src.Advance(size)
	if h.width < 32 && h.value >= 1<<h.width {
		return errHead
	}
	return nil
}

// unpack unpacks some groups into held. The last group of a page may be cut off.
func (h *Hybrid) unpack() error {
	groups := min(h.packed, heldGroups)
	h.packed -= groups
	h.at, h.n = 0, 8*groups
	if h.width == 0 {
		clear(h.held[:])
		return nil
	}
	size := groups * h.width
	if rest := h.src.Rest(); rest < size {
		if rest == 0 {
			return errCut
		}
		h.packed = 0
		h.n = rest * 8 / h.width
		size = rest
	}
	if err := h.src.Need(size); err != nil {
		return err
	}
	src := h.src.Unread()
	if h.width <= 8 && len(src) >= groups*h.width+8 {
		h.unpackNarrow(src, groups)
	} else {
		h.unpackAny(src[:size])
	}
	h.src.Advance(size)
	return nil
}

// unpackNarrow unpacks groups that fit a word each. There are eight bytes more in src.
func (h *Hybrid) unpackNarrow(src []byte, groups int) {
	w := uint(h.width)
	mask := uint64(1)<<w - 1
	for g := range groups {
		x := binary.LittleEndian.Uint64(src[g*h.width:])
		out := h.held[8*g : 8*g+8]
		for i := range out {
			out[i] = uint32(x & mask)
			x >>= w & 63
		}
	}
}

func (h *Hybrid) unpackAny(src []byte) {
	w := uint(h.width)
	mask := uint64(1)<<w - 1
	var word uint64
	have := uint(0)
	for i := range h.held[:h.n] {
		for have < w {
			if len(src) >= 4 {
				word |= uint64(binary.LittleEndian.Uint32(src)) << have
				src = src[4:]
				have += 32
				continue
			}
			var b byte
			if len(src) > 0 {
				b, src = src[0], src[1:]
			}
			word |= uint64(b) << have
			have += 8
		}
		h.held[i] = uint32(word & mask)
		word >>= w
		have -= w
	}
}
