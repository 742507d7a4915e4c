package pgp

import (
	"crypto/cipher"
	"crypto/subtle"
)

// aesBlock is the size of a block of AES, which is all that the own cipher modes here do.
const aesBlock = 16

// cfb is the cipher feedback mode of OpenPGP with an initial vector of zeros and
// without its resynchronisation, for pieces whose lengths are multiples of a
// block, but for the last.
type cfb struct {
	block cipher.Block
	prev  [aesBlock]byte // the last block of ciphertext
	key   [aesBlock]byte // the key stream, here so that it does not escape each time
}

// decrypt decrypts p in place.
func (c *cfb) decrypt(p []byte) {
	for ; len(p) >= aesBlock; p = p[aesBlock:] {
		c.block.Encrypt(c.key[:], c.prev[:])
		copy(c.prev[:], p)
		subtle.XORBytes(p[:aesBlock], p[:aesBlock], c.key[:])
	}
	if len(p) > 0 {
		c.block.Encrypt(c.key[:], c.prev[:])
		copy(c.prev[:], p)
		subtle.XORBytes(p, p, c.key[:])
	}
}

// encrypt encrypts p in place.
func (c *cfb) encrypt(p []byte) {
	for len(p) > 0 {
		n := min(len(p), aesBlock)
		c.block.Encrypt(c.key[:], c.prev[:])
		subtle.XORBytes(p[:n], p[:n], c.key[:])
		copy(c.prev[:], p[:n])
		p = p[n:]
	}
}
