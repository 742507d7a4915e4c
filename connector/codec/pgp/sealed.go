package pgp

import (
	"crypto/aes"
	"crypto/sha1"
	"crypto/subtle"
	"hash"
	"io"
	"runtime"
	"sync"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// The pieces in which a message is decrypted, and how many of them wait for the next
// layer.
const (
	pieceSize   = 256 << 10
	pieceBuffer = 3
)

// The end of a sealed packet: a packet of its own that holds the SHA-1 of everything
// before it.
const (
	sealTag  = 0xd3
	sealSize = 2 + sha1.Size
)

// sealed decrypts the contents of a packet with integrity protection of version 1. It
// does what packet.SymmetricallyEncrypted.Decrypt does, in larger pieces and on
// several processors.
type sealed struct {
	in   io.Reader
	cfb  cfb
	hash hash.Hash
	buf  []byte // held[:n] came from in and was not handed out
	head int    // bytes of the prefix that are still to be dropped
	err  error
}

// unseal reads a sealed packet with a session key.
func unseal(p *packet.SymmetricallyEncrypted, cipher packet.CipherFunction, key []byte) (io.Reader, error) {
	switch cipher {
	case packet.CipherAES128, packet.CipherAES192, packet.CipherAES256:
		if p.Version != 1 || len(key) != cipher.KeySize() {
			break
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		return &sealed{in: p.Contents, cfb: cfb{block: block}, hash: sha1.New(), buf: make([]byte, 0, sealSize), head: aesBlock + 2}, nil
	}
	rc, err := p.Decrypt(cipher, key)
	if err != nil {
		return nil, err
	}
	return &closing{rc: rc}, nil
}

// Read needs room for much more than a seal.
func (s *sealed) Read(p []byte) (int, error) {
	for s.err == nil {
		n := copy(p, s.buf)
		room := (len(p) - n) / aesBlock * aesBlock
		got, err := fill(s.in, p[n:n+room])
		s.decrypt(p[n : n+got])
		n += got
		keep := min(n, sealSize)
		s.buf = append(s.buf[:0], p[n-keep:n]...)
		out := p[:n-keep]
		s.hash.Write(out)
		drop := min(s.head, len(out))
		s.head -= drop
		if err == io.EOF {
			err = s.check()
		}
		s.err = err
		if n := copy(out, out[drop:]); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, s.err
}

// decrypt decrypts a piece in place. Since a block of plaintext depends on two blocks of
// ciphertext only, the second half needs not wait for the first.
func (s *sealed) decrypt(p []byte) {
	half := len(p) / 2 / aesBlock * aesBlock
	if half < pieceSize/8 || runtime.GOMAXPROCS(0) == 1 {
		s.cfb.decrypt(p)
		return
	}
	second := cfb{block: s.cfb.block}
	copy(second.prev[:], p[half-aesBlock:half])
	var done sync.WaitGroup
	done.Go(func() { s.cfb.decrypt(p[:half]) })
	second.decrypt(p[half:])
	done.Wait()
	s.cfb.prev = second.prev
}

// check compares the seal. It is io.EOF when it holds.
func (s *sealed) check() error {
	if s.head > 0 || len(s.buf) < sealSize || s.buf[0] != sealTag || s.buf[1] != sha1.Size {
		return errChanged
	}
	s.hash.Write(s.buf[:2])
	if subtle.ConstantTimeCompare(s.hash.Sum(nil), s.buf[2:]) != 1 {
		return errChanged
	}
	return io.EOF
}

// fill reads until p is full or there is an error.
func fill(r io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var got int
		got, err = r.Read(p[n:])
		n += got
	}
	return n, err
}

// closing checks the integrity of what the library decrypts, which it does in Close.
type closing struct {
	rc  io.ReadCloser
	err error
}

func (c *closing) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.rc.Read(p)
	if err == io.EOF && c.rc.Close() != nil {
		err = errChanged
	}
	c.err = err
	return n, err
}
