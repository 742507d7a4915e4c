package blob

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"io"
	"os"

	"github.com/headgate/headgate/connector"
)

// heldMemory is how much is held in memory before it goes to disk.
const heldMemory = 1 << 20

// Verifies reports whether a file that Discover found is only known to be right at its
// end. Its rows must not be shown to anybody before.
func (s *Source) Verifies() bool {
	for _, o := range s.objects {
		layers, err := s.cfg.Layers.resolve(s.cfg.Registry, o.Name)
		if err != nil {
			continue // opening it will tell
		}
		for _, c := range layers.Codecs {
			if c.Verifies {
				return true
			}
		}
	}
	return false
}

// held is an upload to where nothing can be held back, such as standard output: it is held
// back here until Seal.
type held struct {
	connector.Upload
	spool spool
}

func (h *held) Write(p []byte) (int, error) { return h.spool.Write(p) }

func (h *held) Seal(ctx context.Context) (string, error) {
	if err := h.spool.copyTo(h.Upload); err != nil {
		return "", err
	}
	return h.Upload.Seal(ctx)
}

func (h *held) Close() error {
	h.spool.close()
	return h.Upload.Close()
}

// spool holds bytes in memory, and beyond that in a file without a name whose contents are
// encrypted with a key that only this process has. The zero value is empty.
type spool struct {
	head []byte
	file *os.File // nil while the head suffices
	name string   // of a file that could not lose its name while it is open
	key  cipher.Block
	enc  cipher.Stream
	buf  []byte
}

func (s *spool) Write(p []byte) (int, error) {
	if s.file == nil && len(s.head)+len(p) <= heldMemory {
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

func (s *spool) open() (err error) {
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
func (s *spool) stream() cipher.Stream { return cipher.NewCTR(s.key, make([]byte, aes.BlockSize)) }

func (s *spool) copyTo(w io.Writer) error {
	if _, err := w.Write(s.head); err != nil || s.file == nil {
		return err
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.Copy(w, cipher.StreamReader{S: s.stream(), R: s.file})
	return err
}

func (s *spool) close() {
	if s.file != nil {
		s.file.Close()
	}
	if s.name != "" {
		os.Remove(s.name)
	}
	*s = spool{}
}
