package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
)

// grown is a store with branch pages and free pages, not only a root.
func grown(t *testing.T) (*Store, []byte) {
	t.Helper()
	s := made(t)
	for i := range 4 {
		if err := s.Update(context.Background(), Change{}, func(tx *Tx) error {
			for j := range 12 {
				if err := tx.Put("a", fmt.Appendf(nil, "key-%d-%d", i, j), bytes.Repeat([]byte{byte(j)}, 300)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(s.Path)
	if err != nil {
		t.Fatal(err)
	}
	return s, raw
}

// use reads everything, and writes when it is told to.
func use(s *Store, write bool) error {
	read := func(tx *Tx) error {
		for _, b := range []string{Meta, "a", "b"} {
			if err := tx.Each(b, nil, nil, func(k, _ []byte) error { tx.Get(b, k); return nil }); err != nil {
				return err
			}
			tx.Last(b)
		}
		return nil
	}
	if !write {
		return s.View(context.Background(), read)
	}
	return s.Update(context.Background(), Change{}, func(tx *Tx) error {
		return errors.Join(read(tx), tx.Put("a", []byte("key-1-new"), make([]byte, 500)), tx.Delete("a", []byte("key-2-2")))
	})
}

// fine reports whether err is an outcome of a damaged file: none, damage, or a
// format that reads as a newer one.
func fine(err error) bool {
	var damaged *DamagedError
	var newer *NewerError
	return err == nil || errors.As(err, &damaged) || errors.As(err, &newer)
}

// TestFlippedBits flips bits of the file and uses it: it crashes and hangs never.
// All bits of the heads of pages are flipped, and a sample of the rest; with
// HEADGATE_EVERY_BIT=1 every bit, on the read and on the write path (minutes).
func TestFlippedBits(t *testing.T) {
	s, raw := grown(t)
	outcomes := map[string]int{}
	every := os.Getenv("HEADGATE_EVERY_BIT") != ""
	for bit := range len(raw) * 8 {
		inPage := bit / 8 % pageSize
		if !every && inPage >= headerSize && (inPage > 160 || bit%7 != 0) && bit%211 != 0 {
			continue
		}
		flipped := bytes.Clone(raw)
		flipped[bit/8] ^= 1 << (bit % 8)
		for _, write := range []bool{false, true} {
			if write && !every && bit%16 != 0 {
				continue
			}
			if err := os.WriteFile(s.Path, flipped, 0o600); err != nil {
				t.Fatal(err)
			}
			err := use(s, write)
			if !fine(err) {
				t.Fatalf("byte %d, bit %d, write %v: %v", bit/8, bit%8, write, err)
			}
			outcomes[fmt.Sprintf("write %v, refused %v", write, err != nil)]++
		}
	}
	for _, o := range []string{"write false, refused true", "write false, refused false", "write true, refused true"} {
		if outcomes[o] == 0 {
			t.Errorf("%s: never", o)
		}
	}
	t.Log(outcomes)
}

func TestCutAndMixedPages(t *testing.T) {
	s, raw := grown(t)
	for n := 0; n < len(raw); n += 512 {
		if err := os.WriteFile(s.Path, raw[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if err := use(s, true); !fine(err) {
			t.Fatalf("cut to %d: %v", n, err)
		}
	}
	pages := len(raw) / pageSize
	for a := range pages {
		for b := range pages {
			mixed := bytes.Clone(raw)
			copy(mixed[a*pageSize:], raw[b*pageSize:(b+1)*pageSize])
			if err := os.WriteFile(s.Path, mixed, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := use(s, a%4 == 0); !fine(err) {
				t.Fatalf("page %d in the place of %d: %v", b, a, err)
			}
		}
	}
}

// TestPageThatLeadsBackToItself would overflow the stack in the database.
func TestPageThatLeadsBackToItself(t *testing.T) {
	s, raw := grown(t)
	looped := 0
	for id := 2; id < len(raw)/pageSize; id++ {
		page := raw[id*pageSize:]
		if page[8] != flagBranch || page[0] != byte(id) {
			continue
		}
		bad := bytes.Clone(raw)
		bad[id*pageSize+headerSize+8] = byte(id)
		if err := os.WriteFile(s.Path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := use(s, false); err != nil {
			looped++
		}
	}
	if looped == 0 {
		t.Error("no branch page: the test shows nothing")
	}
}

func FuzzPages(f *testing.F) {
	s := made(f)
	raw, err := os.ReadFile(s.Path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, b []byte) {
		p := &pages{all: b, full: true}
		if err := p.check(); !fine(err) {
			t.Fatal(err)
		}
	})
}
