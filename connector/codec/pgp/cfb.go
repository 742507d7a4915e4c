package pgp

import (
	"crypto/cipher"
	"crypto/subtle"
)

// aesBlock is the size of a block of AES, which is all that the own cipher modes here do.
const aesBlock = 16

// cfb is the cipher feedback mode of OpenPGP with an initial vector of zeros and
// without its resynchronisation.
type cfb struct {
	block cipher.Block
	prev  [aesBlock]byte // the last block of ciphertext
	key   [aesBlock]byte // the key stream, here so that it does not escape each time
	used  int            // bytes of key that were used, of a block that is not full
}

// decrypt decrypts p in place. Its length is a multiple of a block, but for the last.
func (c *cfb) decrypt(p []byte) {
	for ; len(p) >= aesBlock; p = p[aesBlock:] {
		c.block.Encrypt(c.key[:], c.prev[:])
		copy(c.prev[:], p)
		subtle.XORBytes(p[:aesBlock], p[:aesBlock], c.key[:])
	}
	if len(p) > 0 {
		c.block.Encrypt(c.key[:], c.prev[:])
		subtle.XORBytes(p, p, c.key[:])
	}
}

// encrypt encrypts p in place.
func (c *cfb) encrypt(p []byte) {
	for len(p) > 0 {
		if c.used == 0 {
			c.block.Encrypt(c.key[:], c.prev[:])
		}
		n := min(len(p), aesBlock-c.used)
		subtle.XORBytes(p[:n], p[:n], c.key[c.used:])
		copy(c.prev[c.used:], p[:n])
		c.used = (c.used + n) % aesBlock
		p = p[n:]
	}
}
