package seen

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math/bits"
	"os"
)

const (
	pageSize = 4096
	pageKeys = (pageSize - tagSize) / keySize
	pageFill = pageKeys * 3 / 4 // aimed at, so that few pages overflow
	tagSize  = 16
)

// run is a sorted file of keys that no longer changes. The keys are spread over the
// pages in proportion to their value: key k belongs to page k.Hi*planned/2^64 and,
// where that page is full of smaller keys, to the next one with room.
type run struct {
	file    *os.File
	name    string // still to be removed on Close; "" once it is
	seal    cipher.AEAD
	planned uint64 // pages the keys are spread over
	pages   uint64 // pages written: planned and those that overflowed at the end
	keys    int
}

// newRun makes a file that only this process can find and only this run can decrypt.
func newRun(dir string, keys int) (*run, error) {
	var secret [32]byte
	rand.Read(secret[:])
	block, err := aes.NewCipher(secret[:])
	if err != nil {
		return nil, err
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, "headgate-spill-*")
	if err != nil {
		return nil, err
	}
	r := &run{file: f, seal: seal, keys: keys, planned: uint64(keys/pageFill + 1)}
	if os.Remove(f.Name()) != nil { // some systems keep the name of an open file
		r.name = f.Name()
	}
	return r, nil
}

// Close removes the file. It may be called twice.
func (r *run) Close() error {
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file = nil
	if r.name != "" {
		if e := os.Remove(r.name); err == nil {
			err = e
		}
	}
	return err
}

func (r *run) home(k Key) uint64 {
	page, _ := bits.Mul64(k.Hi, r.planned)
	return page
}

// read decrypts a page into buf, whose capacity is a page, and returns its keys' bytes.
func (r *run) read(page uint64, buf []byte) ([]byte, error) {
	buf = buf[:pageSize]
	if _, err := r.file.ReadAt(buf, int64(page)*pageSize); err != nil {
		return nil, fmt.Errorf("read spill file: %w", err)
	}
	text, err := r.seal.Open(buf[:0], nonce(page), buf, nil)
	if err != nil {
		return nil, fmt.Errorf("read spill file: page %d: %w", page, err)
	}
	return text, nil
}

// nonce is unique under a run's key since every page is written once.
func nonce(page uint64) []byte {
	return binary.LittleEndian.AppendUint64(make([]byte, 4, 12), page)
}

// has reports whether the run holds k.
func (r *run) has(k Key, buf []byte) (bool, error) {
	for page := r.home(k); page < r.pages; page++ {
		text, err := r.read(page, buf)
		if err != nil {
			return false, err
		}
		n := count(text)
		i, found := find(text, n, k)
		if found || i < n || n < pageKeys {
			return found, nil
		}
	}
	return false, nil
}

// find is the place of k among the n sorted keys of a page.
func find(text []byte, n int, k Key) (int, bool) {
	lo, hi := 0, n
	for lo < hi {
		mid := (lo + hi) / 2
		if keyAt(text, mid).less(k) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < n && keyAt(text, lo) == k
}

// count is the number of keys of a page: zero keys fill its end.
func count(text []byte) int {
	lo, hi := 0, pageKeys
	for lo < hi {
		mid := (lo + hi) / 2
		if keyAt(text, mid) != (Key{}) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

func keyAt(text []byte, i int) Key {
	return Key{binary.LittleEndian.Uint64(text[i*keySize:]), binary.LittleEndian.Uint64(text[i*keySize+8:])}
}
