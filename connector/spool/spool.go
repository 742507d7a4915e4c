// Package spool holds back bytes that nobody may see yet, such as rows of a message whose
// signature stands at its end.
package spool

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"io"
	"os"
)

// Memory is how much is held in memory before it goes to disk.
const Memory = 1 << 20

// Spool holds bytes in memory, and beyond that in a file without a name whose contents are
// encrypted with a key that only this process has. The zero value is empty.
type Spool struct {
	head []byte
	file *os.File // nil while the head suffices
	name string   // of a file that could not lose its name while it is open
	key  cipher.Block
	enc  cipher.Stream
	buf  []byte
}

// Write implements io.Writer.
func (s *Spool) Write(p []byte) (int, error) {
	if s.file == nil && len(s.head)+len(p) <= Memory {
		s.head = append(s.head, p...)
		return len(p), nil
	}
	if s.file == nil {
		if err := s.open(); err != nil {
			return 0, fmt.Errorf("hold back what is not verified yet: %w", err)
		}
	}
	s.buf = append(s.buf[:0], p...)
	s.enc.XORKeyStream(s.buf, s.buf)
	n, err := s.file.Write(s.buf)
	if err != nil {
		err = fmt.Errorf("hold back what is not verified yet: %w", err)
	}
	return n, err
}

func (s *Spool) open() (err error) {
	key := make([]byte, 32)
	rand.Read(key)
	if s.key, err = aes.NewCipher(key); err != nil {
		return err
	}
	clear(key)
	if s.file, err = os.CreateTemp("", ".headgate-*"); err != nil {
		return err
	}
	if os.Remove(s.file.Name()) != nil {
		s.name = s.file.Name()
	}
	s.enc = s.stream()
	return nil
}

// stream is the key stream from its start. The key is used for one file only.
func (s *Spool) stream() cipher.Stream { return cipher.NewCTR(s.key, make([]byte, aes.BlockSize)) }

// CopyTo writes everything that is held to w.
func (s *Spool) CopyTo(w io.Writer) error {
	if _, err := w.Write(s.head); err != nil || s.file == nil {
		return err
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.Copy(w, cipher.StreamReader{S: s.stream(), R: s.file})
	return err
}

// Close forgets what is held. It may be called twice.
func (s *Spool) Close() {
	if s.file != nil {
		s.file.Close()
	}
	if s.name != "" {
		os.Remove(s.name)
	}
	*s = Spool{}
}
