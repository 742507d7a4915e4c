package seen

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// keysOf are shapes of input. The set must be right for all of them, fast for the first.
var keysOf = map[string]func(r *rand.Rand) Key{
	"uniform":   func(r *rand.Rand) Key { return Key{r.Uint64(), r.Uint64N(1<<20) | 1} },
	"repeating": func(r *rand.Rand) Key { return Key{r.Uint64N(20000) << 45, 7} },
	"one page":  func(r *rand.Rand) Key { return Key{1, r.Uint64N(3000) + 1} },
	"one slot":  func(r *rand.Rand) Key { return Key{r.Uint64N(500) << 50, 1 << 40} },
	"extremes":  func(r *rand.Rand) Key { return Key{^uint64(0) - r.Uint64N(300), ^uint64(0) - r.Uint64N(100)} },
}

func TestSetAgreesWithMap(t *testing.T) {
	for name, key := range keysOf {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			s := New(Options{Memory: 1, Dir: t.TempDir()})
			defer s.Close()
			oracle := map[Key]bool{}
			for i := range 8000 {
				k := key(r)
				added, err := s.Add(k)
				if err != nil {
					t.Fatal(err)
				}
				if added == oracle[k] {
					t.Fatalf("key %d (%v): added %v, known %v", i, k, added, oracle[k])
				}
				oracle[k] = true
			}
			if len(oracle) > 2000 && s.Spilled() == 0 {
				t.Error("nothing was spilled")
			}
		})
	}
}

func TestSetMergesLevels(t *testing.T) {
	s := New(Options{Memory: 1, Dir: t.TempDir()})
	defer s.Close()
	const n = 100000
	for i := range uint64(n) {
		if added, err := s.Add(Key{i * 0x9e3779b97f4a7c15, i + 1}); !added || err != nil {
			t.Fatalf("key %d: %v %v", i, added, err)
		}
	}
	if len(s.levels) < 3 {
		t.Errorf("%d levels, want at least 3", len(s.levels))
	}
	for level, runs := range s.levels {
		if len(runs) >= fanIn {
			t.Errorf("level %d has %d runs", level, len(runs))
		}
	}
	for i := uint64(0); i < n; i += 7 {
		if added, err := s.Add(Key{i * 0x9e3779b97f4a7c15, i + 1}); added || err != nil {
			t.Fatalf("key %d again: %v %v", i, added, err)
		}
	}
}

func TestSetStaysInMemoryWhenItFits(t *testing.T) {
	s := New(Options{Dir: filepath.Join(t.TempDir(), "missing")})
	for i := range uint64(50000) {
		if added, err := s.Add(Key{i * 0x9e3779b97f4a7c15, i + 1}); !added || err != nil {
			t.Fatalf("key %d: %v %v", i, added, err)
		}
	}
	if s.Spilled() != 0 {
		t.Errorf("%d spilled", s.Spilled())
	}
}

func TestSetLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	s := spilled(t, dir)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestSetNamesWhatItCannotWrite(t *testing.T) {
	s := New(Options{Memory: 1, Dir: filepath.Join(t.TempDir(), "missing")})
	defer s.Close()
	for i := range uint64(50000) {
		if _, err := s.Add(Key{i * 0x9e3779b97f4a7c15, i + 1}); err != nil {
			if !errors.Is(err, os.ErrNotExist) {
				t.Errorf("error %v", err)
			}
			return
		}
	}
	t.Error("no error")
}

func TestSpillFileIsSealed(t *testing.T) {
	s := spilled(t, t.TempDir())
	defer s.Close()
	r := s.levels[0][0]
	page := make([]byte, pageSize)
	if _, err := r.file.ReadAt(page, 0); err != nil {
		t.Fatal(err)
	}
	text, err := r.read(0, make([]byte, pageSize))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(page, text[:8]) {
		t.Error("a key is in the file in the clear")
	}
	page[100] ^= 1
	if _, err := r.file.WriteAt(page, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := r.read(0, make([]byte, pageSize)); err == nil {
		t.Error("a changed page was accepted")
	}
}

// spilled is a set with at least one run at level 0.
func spilled(t *testing.T, dir string) *Set {
	t.Helper()
	s := New(Options{Memory: 1, Dir: dir})
	for i := uint64(1); s.Spilled() == 0; i++ {
		if _, err := s.Add(Key{i * 0x9e3779b97f4a7c15, i + 1}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestFilterKnowsWhatWasAdded(t *testing.T) {
	f := newFilter(4096)
	r := rand.New(rand.NewPCG(3, 4))
	var keys []Key
	for range 2000 {
		k := Key{r.Uint64(), r.Uint64()}
		f.add(k)
		keys = append(keys, k)
	}
	for _, k := range keys {
		if !f.maybe(k) {
			t.Fatalf("%v is lost", k)
		}
	}
	wrong := 0
	for range 10000 {
		if f.maybe(Key{r.Uint64(), r.Uint64()}) {
			wrong++
		}
	}
	if wrong > 500 { // about 0.1% at 16 bits a key
		t.Errorf("%d of 10000 strangers pass", wrong)
	}
}

func BenchmarkAddInMemory(b *testing.B) {
	s := New(Options{})
	defer s.Close()
	h := NewHasher()
	var key [8]byte
	for i := 0; b.Loop(); i++ {
		key[0], key[1], key[2], key[3] = byte(i), byte(i>>8), byte(i>>16), byte(i>>24)
		if _, err := s.Add(h.Sum(key[:])); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAddSpilling(b *testing.B) {
	s := New(Options{Memory: 8 << 20, Dir: b.TempDir()})
	defer s.Close()
	h := NewHasher()
	var key [8]byte
	for i := 0; b.Loop(); i++ {
		key[0], key[1], key[2], key[3] = byte(i), byte(i>>8), byte(i>>16), byte(i>>24)
		if _, err := s.Add(h.Sum(key[:])); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(s.Spilled()), "spilled")
}
