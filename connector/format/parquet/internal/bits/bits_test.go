package bits

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// drip is a Source that shows as little as it may.
type drip struct {
	all  []byte
	show int
}

func (d *drip) Need(n int) error {
	if n > len(d.all) {
		return errCut
	}
	d.show = max(d.show, n)
	return nil
}
func (d *drip) Unread() []byte { return d.all[:d.show] }
func (d *drip) Advance(n int)  { d.all, d.show = d.all[n:], d.show-n }
func (d *drip) Rest() int      { return len(d.all) }

// values are n numbers below limit, in runs and out of them.
func values(r *rand.Rand, n, limit int) []uint16 {
	var v []uint16
	for len(v) < n {
		x := uint16(r.IntN(limit))
		repeat := 1
		if r.IntN(4) == 0 {
			repeat = r.IntN(50)
		}
		for range min(repeat, n-len(v)) {
			v = append(v, x)
		}
	}
	return v
}

func TestHybrid(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		n, width := r.IntN(1200), r.IntN(16)
		want := values(r, n, 1<<width)
		enc := AppendHybrid([]byte("kept"), want, width)[4:]
		for name, src := range map[string]Source{"whole": (*Slice)(&enc), "drip": &drip{all: slices.Clone(enc)}} {
			var h Hybrid
			h.Reset(src, width)
			got := make([]uint32, n)
			for rest := got; len(rest) > 0; {
				k := min(len(rest), 1+r.IntN(100))
				if err := Decode(&h, rest[:k]); err != nil {
					t.Fatalf("%s, width %d: %v", name, width, err)
				}
				rest = rest[k:]
			}
			for i := range want {
				if got[i] != uint32(want[i]) {
					t.Fatalf("%s, width %d, value %d: %d, want %d", name, width, i, got[i], want[i])
				}
			}
		}
	}
}

func TestLevels(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	for n := range 600 {
		present := make([]byte, (n+7)/8)
		for i := range present {
			present[i] = byte(r.Uint32())
		}
		if n%8 != 0 {
			present[len(present)-1] &= 1<<(n%8) - 1
		}
		if n%5 == 0 {
			present = nil
		}
		enc := Slice(AppendLevels(nil, present, n))
		var h Hybrid
		h.Reset(&enc, 1)
		got := make([]uint8, n)
		same := 0
		if n > 0 {
			var err error
			if same, err = h.Same(1, n); err != nil {
				t.Fatal(err)
			}
		}
		if present == nil && same != n {
			t.Errorf("%d levels: only %d are one run", n, same)
		}
		for i := range got[:same] {
			got[i] = 1
		}
		if err := Decode(&h, got[same:]); err != nil {
			t.Fatal(err)
		}
		for i, g := range got {
			if want := present == nil || present[i/8]>>(i%8)&1 == 1; (g == 1) != want {
				t.Fatalf("%d levels: level %d is %d", n, i, g)
			}
		}
	}
}

func TestWidthOf(t *testing.T) {
	for n, want := range map[int]int{0: 0, 1: 0, 2: 1, 3: 2, 4: 2, 5: 3, 256: 8, 257: 9} {
		if got := WidthOf(n); got != want {
			t.Errorf("WidthOf(%d) = %d, want %d", n, got, want)
		}
	}
}

func TestDamaged(t *testing.T) {
	for name, enc := range map[string]Slice{
		"nothing": {}, "cut head": {0x80}, "endless head": {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1},
		"run without value": {8}, "value too wide": {8, 9}, "packed without bits": {3},
	} {
		var h Hybrid
		h.Reset(&enc, 3)
		if err := Decode(&h, make([]uint32, 4)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// FuzzHybrid holds that damage does not make decoding panic or loop, and that it gives
// the same whatever pieces the input comes in.
func FuzzHybrid(f *testing.F) {
	f.Add([]byte{8, 1, 3, 0xff}, uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, width uint8) {
		width %= 33
		var a, b Hybrid
		whole := Slice(data)
		a.Reset(&whole, int(width))
		b.Reset(&drip{all: data}, int(width))
		var x, y [777]uint32
		errA, errB := Decode(&a, x[:]), Decode(&b, y[:])
		if (errA == nil) != (errB == nil) || errA == nil && x != y {
			t.Fatalf("whole: %v %v, in pieces: %v %v", x, errA, y, errB)
		}
	})
}
