package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"

	"github.com/headgate/headgate/connector"
)

// sums reports whether checksums of the files are wanted.
func (s *Source) sums() bool { return s.cfg.Sums || s.remembers() && s.cfg.SeenBy == SeenByContent }

// sumOf is the SHA-256 of a file: the one that was taken while it was read, or else it
// is read for it.
func (s *Source) sumOf(ctx context.Context, o connector.Object) ([]byte, error) {
	s.mu.Lock()
	sum := s.checksums[o.Name]
	s.mu.Unlock()
	if sum != nil {
		return sum, nil
	}
	rc, err := s.stored(ctx, o)
	if err != nil {
		return nil, err
	}
	defer rc.Close()
	h := sha256.New()
	n, err := io.Copy(h, rc)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.label(o.Name), err)
	}
	if n != o.Size {
		return nil, fmt.Errorf("read %s: the file has changed since the run was planned (%d bytes then, %d now)", s.label(o.Name), o.Size, n)
	}
	return h.Sum(nil), nil
}

func (s *Source) keepSum(name string, sum []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checksums[name] = sum
}

// Sums lists the files that were read from their first byte to their last, in the order of
// the splits, when SourceConfig.Sums asks for it.
func (s *Source) Sums() []connector.FileSum {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []connector.FileSum
	if !s.cfg.Sums {
		return nil
	}
	for _, o := range s.planned {
		if sum := s.checksums[o.Name]; sum != nil {
			list = append(list, connector.FileSum{Name: s.label(o.Name), Bytes: o.Size, SHA256: hex.EncodeToString(sum)})
		}
	}
	return list
}

// summing hashes what is read through it.
type summing struct {
	r    io.ReadCloser
	h    hash.Hash
	n    int64
	size int64
	done func(sum []byte) // called once, at the end of a file of the size expected
}

func (s *summing) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.h.Write(p[:n])
	s.n += int64(n)
	if err == io.EOF && s.n == s.size && s.done != nil {
		s.done(s.h.Sum(nil))
		s.done = nil
	}
	return n, err
}

func (s *summing) Close() error { return s.r.Close() }
