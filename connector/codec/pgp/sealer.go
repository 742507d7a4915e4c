package pgp

import (
	"crypto/aes"
	"crypto/rand"
	"crypto/sha1"
	"encoding/binary"
	"hash"
	"io"
)

// partSize is the length of the parts in which an encrypted packet is written, as a power
// of two and as the byte that says so.
const (
	partBits = 16
	partSize = 1 << partBits
	partByte = 0xe0 | partBits
	longByte = 0xff // before four bytes that tell the length of the last part
)

// How an encrypted packet with integrity protection starts, before and after the length of
// its first part.
const (
	sealedTag     = 0xc0 | 18
	sealedVersion = 1
)

// sealer writes an encrypted packet with integrity protection of version 1: what it is
// given, after a random prefix and before a hash of it all, in the cipher feedback mode of AES.
type sealer struct {
	w    io.Writer
	cfb  cfb
	hash hash.Hash
	buf  []byte // one byte for the length, and the part
	at   int    // where what is not encrypted yet starts in buf
}

// newSealer writes the start of the packet.
func newSealer(w io.Writer, key []byte) (*sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write([]byte{sealedTag}); err != nil {
		return nil, err
	}
	s := &sealer{w: w, cfb: cfb{block: block}, hash: sha1.New(), buf: make([]byte, 1, 1+partSize)}
	s.buf = append(s.buf, sealedVersion)
	s.at = len(s.buf)
	var prefix [aesBlock + 2]byte
	rand.Read(prefix[:aesBlock])
	copy(prefix[aesBlock:], prefix[aesBlock-2:])
	_, err = s.Write(prefix[:])
	return s, err
}

func (s *sealer) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		n := min(len(p), cap(s.buf)-len(s.buf))
		s.buf = append(s.buf, p[:n]...)
		p = p[n:]
		if len(s.buf) == cap(s.buf) {
			if err := s.part(); err != nil {
				return written, err
			}
		}
		written += n
	}
	return written, nil
}

// part writes a part that is not the last.
func (s *sealer) part() error {
	s.hash.Write(s.buf[s.at:])
	s.cfb.encrypt(s.buf[s.at:])
	s.buf[0] = partByte
	_, err := s.w.Write(s.buf)
	s.buf, s.at = s.buf[:1], 1
	return err
}

// Close writes the seal and ends the packet.
func (s *sealer) Close() error {
	s.buf = append(s.buf, sealTag, sha1.Size)
	s.hash.Write(s.buf[s.at:])
	s.buf = s.hash.Sum(s.buf)
	s.cfb.encrypt(s.buf[s.at:])
	head := binary.BigEndian.AppendUint32([]byte{longByte}, uint32(len(s.buf)-1))
	if _, err := s.w.Write(head); err != nil {
		return err
	}
	_, err := s.w.Write(s.buf[1:])
	return err
}
