package sqldb

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
)

// MaxSeen is how many rows a lag may hold.
const MaxSeen = 500_000

// Digest stands for a row of a lag: its cursor and its tie breaker.
type Digest [16]byte

// DigestOf is the digest of a row by the texts of its cursor and its tie breaker.
func DigestOf(cursor, tie []byte) (d Digest) {
	h := fnv.New128a()
	h.Write(cursor)
	h.Write([]byte{0})
	h.Write(tie)
	h.Sum(d[:0])
	return d
}

// Seen are the rows of a lag that were read before. It is ready for Has once Sort was called.
type Seen []Digest

// Sort orders the rows.
func (s Seen) Sort() { slices.SortFunc(s, compareDigests) }

// Has reports whether a row was read before.
func (s Seen) Has(d Digest) bool {
	_, ok := slices.BinarySearchFunc(s, d, compareDigests)
	return ok
}

func compareDigests(a, b Digest) int { return slices.Compare(a[:], b[:]) }

// MarshalJSON is the digests in base64, one after the other.
func (s Seen) MarshalJSON() ([]byte, error) {
	flat := make([]byte, 0, len(s)*len(Digest{}))
	for _, d := range s {
		flat = append(flat, d[:]...)
	}
	return json.Marshal(flat)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *Seen) UnmarshalJSON(data []byte) error {
	var flat []byte
	if err := json.Unmarshal(data, &flat); err != nil {
		return err
	}
	size := len(Digest{})
	if len(flat)%size != 0 {
		return fmt.Errorf("the rows of the lag are cut off")
	}
	*s = make(Seen, len(flat)/size)
	for i := range *s {
		copy((*s)[i][:], flat[i*size:])
	}
	return nil
}

// Position is the stored cursor of an incremental source: where it got to, and the rows
// of its lag.
type Position struct {
	Mark
	// Ties is how many rows have this cursor, where no tie breaker tells them apart. When
	// there are more later, some came too late.
	Ties int64 `json:"ties,omitempty"`
	// By is the tie breaker that Tie is a value of; "" = of which is not known.
	By   string `json:"by,omitempty"`
	Seen Seen   `json:"seen,omitempty"`
}

// ParsePosition reads a stored cursor; nil when there is none.
func ParsePosition(cursor json.RawMessage) (*Position, error) {
	if len(cursor) == 0 || string(cursor) == "null" {
		return nil, nil
	}
	p := new(Position)
	if err := json.Unmarshal(cursor, p); err != nil {
		return nil, fmt.Errorf("stored cursor %s: %w", clip(cursor), err)
	}
	return p, nil
}

func clip(b []byte) []byte {
	const most = 80
	return b[:min(len(b), most)]
}
