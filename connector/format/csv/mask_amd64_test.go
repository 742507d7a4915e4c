//go:build !purego

package csv

import (
	"bytes"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/cpu"

	"github.com/headgate/headgate/connector/format/chunk"
)

// twins compares the assembly with the code it stands in for.
func twins(t *testing.T, data []byte, delim, quote byte) {
	t.Helper()
	padded := chunk.Pad(slices.Clone(data))
	want, wantFeeds := denseOf(padded, delim, quote)
	x := newIndexer(nil, nil)
	feeds := x.masked(padded, delim, quote)
	got := x.found()
	if !slices.Equal(got, want) || feeds != wantFeeds {
		t.Fatalf("%q by %q, quote %q:\n got %v, %d line feeds\nwant %v, %d", data, delim, quote, got, feeds, want, wantFeeds)
	}
}

func needVectors(t testing.TB) {
	if !cpu.X86.HasAVX2 || !cpu.X86.HasPCLMULQDQ || !cpu.X86.HasBMI1 || !cpu.X86.HasPOPCNT {
		const why = "this processor lacks AVX2, PCLMULQDQ, BMI1 or POPCNT: the assembly is not tested"
		if os.Getenv("HEADGATE_REQUIRE_SERVICES") == "1" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
}

func TestMasked(t *testing.T) {
	needVectors(t)
	for size := range 300 { // every byte is listed
		twins(t, bytes.Repeat([]byte{','}, size*17), ',', '"')
	}
	r := rand.New(rand.NewPCG(7, 8))
	for n := range 400 {
		twins(t, wellFormed(r, 1+r.IntN(20*n+1)), ',', '"')
		soup := make([]byte, r.IntN(9000))
		for i := range soup {
			soup[i] = "ab,\"\n;\r\x00"[r.IntN(8)]
		}
		twins(t, soup, ',', '"')
		twins(t, soup, 0, ';')
	}
}

func FuzzMasked(f *testing.F) {
	needVectors(f)
	f.Add([]byte("a,\"b\nc\",d\n"), byte(','), byte('"'))
	f.Add([]byte("\"\"\"\"\n\x00;\n"), byte(0), byte(';'))
	f.Fuzz(func(t *testing.T, data []byte, delim, quote byte) {
		if delim == quote || delim == '\n' || quote == '\n' {
			return
		}
		twins(t, data, delim, quote)
		// Blocks that start away from a line of the cache, and more of them than fit one round.
		if n := len(data); n > 0 {
			long := slices.Repeat(data, 5000/n+2)
			twins(t, long[1:], delim, quote)
		}
	})
}
