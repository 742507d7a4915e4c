package seen

import (
	"crypto/rand"
	"encoding/binary"
	"math/bits"
)

// Key is a digest. The zero Key stands for "none" and is never a digest.
type Key struct{ Hi, Lo uint64 }

// less orders keys by Hi, then Lo.
func (k Key) less(o Key) bool {
	return k.Hi < o.Hi || k.Hi == o.Hi && k.Lo < o.Lo
}

func (k Key) compare(o Key) int {
	switch {
	case k.less(o):
		return -1
	case k == o:
		return 0
	}
	return 1
}

// Hasher digests the bytes of a row's key. The zero Hasher works but is predictable.
type Hasher struct{ k0, k1 uint64 }

// NewHasher is a Hasher with a random key.
func NewHasher() Hasher {
	var key [16]byte
	rand.Read(key[:]) // never fails: crypto/rand ends the program instead
	return Hasher{binary.LittleEndian.Uint64(key[:8]), binary.LittleEndian.Uint64(key[8:])}
}

// Sum is SipHash-2-4-128 of p (Aumasson and Bernstein, 2012; 128-bit variant of the
// reference implementation).
func (h Hasher) Sum(p []byte) Key {
	s := sip{
		h.k0 ^ 0x736f6d6570736575,
		h.k1 ^ 0x646f72616e646f6d ^ 0xee,
		h.k0 ^ 0x6c7967656e657261,
		h.k1 ^ 0x7465646279746573,
	}
	last := uint64(len(p)) << 56
	for ; len(p) >= 8; p = p[8:] {
		s = s.absorb(binary.LittleEndian.Uint64(p))
	}
	for i, c := range p {
		last |= uint64(c) << (8 * i)
	}
	s = s.absorb(last)
	s.v2 ^= 0xee
	s = s.round().round().round().round()
	lo := s.v0 ^ s.v1 ^ s.v2 ^ s.v3
	s.v1 ^= 0xdd
	s = s.round().round().round().round()
	k := Key{s.v0 ^ s.v1 ^ s.v2 ^ s.v3, lo}
	if k == (Key{}) {
		k.Lo = 1
	}
	return k
}

type sip struct{ v0, v1, v2, v3 uint64 }

func (s sip) absorb(m uint64) sip {
	s.v3 ^= m
	s = s.round().round()
	s.v0 ^= m
	return s
}

func (s sip) round() sip {
	s.v0 += s.v1
	s.v2 += s.v3
	s.v1 = bits.RotateLeft64(s.v1, 13) ^ s.v0
	s.v3 = bits.RotateLeft64(s.v3, 16) ^ s.v2
	s.v0 = bits.RotateLeft64(s.v0, 32)
	s.v2 += s.v1
	s.v0 += s.v3
	s.v1 = bits.RotateLeft64(s.v1, 17) ^ s.v2
	s.v3 = bits.RotateLeft64(s.v3, 21) ^ s.v0
	s.v2 = bits.RotateLeft64(s.v2, 32)
	return s
}
