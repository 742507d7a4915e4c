package store

import (
	"crypto/sha256"
	"encoding/binary"
)

// SumSize is the length of a Sum.
const SumSize = sha256.Size

// Sum is a digest of all keys and values of a bucket. It is remembered until the
// bucket is changed.
func (t *Tx) Sum(bucket string) [SumSize]byte {
	if s, ok := t.sums[bucket]; ok {
		return s
	}
	h := sha256.New()
	var n [16]byte
	c := t.tx.Bucket([]byte(bucket)).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		binary.BigEndian.PutUint64(n[:], uint64(len(k)))
		binary.BigEndian.PutUint64(n[8:], uint64(len(v)))
		_, _ = h.Write(n[:])
		_, _ = h.Write(k)
		_, _ = h.Write(v)
	}
	if t.sums == nil {
		t.sums = map[string][SumSize]byte{}
	}
	s := [SumSize]byte(h.Sum(nil))
	t.sums[bucket] = s
	return s
}
