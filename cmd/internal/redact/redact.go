// Package redact takes secrets out of what the program says: error messages of other
// systems may quote them, in whatever spelling they travelled. It is the last line:
// connector.Secret keeps the program itself from printing one.
package redact

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
)

// Mark stands where a secret was.
const Mark = "[REDACTED]"

// Shortest is the length of the shortest secret that is looked for. What is shorter
// would be found everywhere.
const Shortest = 4

// Set is the secrets that are in use. The zero value has none, and a nil one takes
// none. Its methods may be called from several goroutines.
type Set struct {
	mu    sync.Mutex // of Add
	table atomic.Pointer[table]
}

// table is what lines are searched with: a bitmap of the first bytes of all spellings,
// which most places of a line miss, and the spellings by these bytes.
type table struct {
	first [1 << 16 / 64]uint64
	by    map[uint32][][]byte // longest first
}

// Add makes s look for a secret, the fields of one that has fields, and the lines of
// one that has lines.
func (s *Set) Add(secret []byte) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	next := &table{by: map[uint32][][]byte{}}
	if old := s.table.Load(); old != nil {
		next.first = old.first
		for k, list := range old.by {
			next.by[k] = slices.Clone(list)
		}
	}
	for _, part := range parts(secret) {
		for _, spelling := range spellings(part) {
			next.add(spelling)
		}
	}
	s.table.Store(next)
}

// parts are the secret and what of it may stand alone.
func parts(secret []byte) [][]byte {
	list := [][]byte{secret}
	var fields map[string]string
	if json.Unmarshal(secret, &fields) == nil {
		for _, f := range fields {
			list = append(list, parts([]byte(f))...)
		}
		return list
	}
	if trimmed := bytes.TrimSpace(secret); len(trimmed) < len(secret) {
		list = append(list, trimmed)
	}
	if !bytes.Contains(bytes.TrimSpace(secret), []byte("\n")) {
		return list
	}
	for line := range bytes.Lines(secret) {
		line = bytes.TrimSpace(line)
		// The first and last line of a key file are the same in all of them.
		if len(line) >= 4*Shortest && !bytes.HasPrefix(line, []byte("-----")) {
			list = append(list, line)
		}
	}
	return list
}

func (t *table) add(spelling []byte) {
	if len(spelling) < Shortest {
		return
	}
	k := binary.LittleEndian.Uint32(spelling)
	list := t.by[k]
	at, found := slices.BinarySearchFunc(list, spelling, func(a, b []byte) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return bytes.Compare(a, b)
	})
	if found {
		return
	}
	h := hash(k)
	t.first[h/64] |= 1 << (h % 64)
	t.by[k] = slices.Insert(list, at, spelling)
}

func hash(k uint32) uint32 { return k * 0x9E3779B1 >> 16 }

// Empty reports whether no secret is looked for.
func (s *Set) Empty() bool { return s == nil || s.table.Load() == nil }

// Bytes is b without the secrets, b itself when it has none.
func (s *Set) Bytes(b []byte) []byte {
	if s.Empty() {
		return b
	}
	t := s.table.Load()
	var out []byte
	copied := 0
	for i := 0; i+Shortest <= len(b); {
		k := binary.LittleEndian.Uint32(b[i:])
		if h := hash(k); t.first[h/64]&(1<<(h%64)) == 0 {
			i++
			continue
		}
		n := t.at(k, b[i:])
		if n == 0 {
			i++
			continue
		}
		out = append(append(out, b[copied:i]...), Mark...)
		i += n
		copied = i
	}
	if out == nil {
		return b
	}
	return append(out, b[copied:]...)
}

// at is the length of the secret that b begins with, 0 for none.
func (t *table) at(k uint32, b []byte) int {
	for _, spelling := range t.by[k] {
		if bytes.HasPrefix(b, spelling) {
			return len(spelling)
		}
	}
	return 0
}

// Text is Bytes of a text.
func (s *Set) Text(text string) string {
	if s.Empty() {
		return text
	}
	return string(s.Bytes([]byte(text)))
}

// Error is err with the secrets taken out of what it says. What it wraps is still found.
func (s *Set) Error(err error) error {
	if err == nil {
		return nil
	}
	said := err.Error()
	clean := s.Text(said)
	if clean == said {
		return err
	}
	return &redacted{clean, err}
}

type redacted struct {
	text string
	err  error
}

func (e *redacted) Error() string { return e.text }
func (e *redacted) Unwrap() error { return e.err }
