package csv

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/headgate/headgate/connector/format/chunk"
	"github.com/headgate/headgate/connector/record"
)

// naive is what index and dense must say, a byte at a time.
func naive(data []byte, delim, quote byte) (pos []uint32, feeds int) {
	inside := false
	for i, c := range data {
		switch {
		case c == quote:
			inside = !inside
		case inside:
		case c == '\n':
			feeds++
			fallthrough
		case c == delim:
			pos = append(pos, uint32(i))
		}
	}
	return pos, feeds
}

// wellFormed is a chunk without stray quotes, about size bytes long.
func wellFormed(r *rand.Rand, size int) []byte {
	var data []byte
	for len(data) < size {
		for range r.IntN(6) {
			data = append(data, someField(r)...)
			data = append(data, ',')
		}
		data = append(data, someField(r)...)
		data = append(data, '\n')
	}
	return data
}

func someField(r *rand.Rand) string {
	texts := []string{"", "a", "-1", "abcdefgh", "some longer text that spans words", "\u00e9\xff", "\x00", "\x0b-"}
	inQuotes := []string{`""`, `","`, "\"\n\"", `""""`, `"a""b"`, `"x, y and z in a longer text, with """" and , and so on"`}
	if r.IntN(3) == 0 {
		return inQuotes[r.IntN(len(inQuotes))]
	}
	return texts[r.IntN(len(texts))]
}

func indexOf(data []byte, delim, quote byte) []uint32 {
	x := newIndexer(nil, nil)
	x.index(data, delim, quote)
	return x.found()
}

func denseOf(data []byte, delim, quote byte) ([]uint32, int) {
	x := newIndexer(nil, nil)
	feeds := x.dense(data, delim, quote)
	return x.found(), feeds
}

func TestIndex(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for n := range 300 {
		data := chunk.Pad(wellFormed(r, 1+r.IntN(2*n+1)))
		want, feeds := naive(data, ',', '"')
		if got := indexOf(data, ',', '"'); !slices.Equal(got, want) {
			t.Fatalf("index of %q:\n got %v\nwant %v", data, got, want)
		}
		got, count := denseOf(data, ',', '"')
		if !slices.Equal(got, want) || count != feeds {
			t.Fatalf("dense of %q:\n got %v, %d line feeds\nwant %v, %d", data, got, count, want, feeds)
		}
		all := 0
		for _, c := range data {
			if c == '\n' {
				all++
			}
		}
		if got := feedsInside(data, '"'); got != all-feeds {
			t.Fatalf("%d line feeds in quotes of %q, want %d", got, data, all-feeds)
		}
		b := hop(data, ',', '"')
		if b.end != len(data) || b.odd || b.open >= 0 {
			t.Fatalf("boundary of %q: %+v", data, b)
		}
		want, feeds = naive(data, 0, '"')
		if got, count := denseOf(data, 0, '"'); !slices.Equal(got, want) || count != feeds {
			t.Fatalf("dense of %q by U+0000:\n got %v, %d line feeds\nwant %v, %d", data, got, count, want, feeds)
		}
		if got := indexOf(data, 0, '"'); !slices.Equal(got, want) {
			t.Fatalf("index of %q by U+0000:\n got %v\nwant %v", data, got, want)
		}
		want, _ = naive(data, ',', 0xfe)
		if got := indexOf(data, ',', 0); !slices.Equal(got, want) {
			t.Fatalf("index of %q without quotes:\n got %v\nwant %v", data, got, want)
		}
	}
}

// TestBoundary cuts inputs at every place: the boundary must be the last record end that
// the careful scanner finds.
func TestBoundary(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	x, err := defaults(",").dialect()
	if err != nil {
		t.Fatal(err)
	}
	for range 30 {
		data := wellFormed(r, 200)
		for n := range data {
			got, want := hop(data[:n], ',', '"'), x.slowBoundary(data[:n])
			if got.end != want.end || got.open != want.open || got.odd {
				t.Fatalf("%q: %+v, want %+v", data[:n], got, want)
			}
		}
	}
}

func TestPositionsCountOn(t *testing.T) {
	d := &Decoder{x: &dialect{}, names: []string{"a"}}
	p := &piece{d: d, line: 10, lineNo: 10, grid: true, pos: []uint32{^uint32(0), 1, 3, 5}, pick: pick{width: 1}}
	b := batchOver([]byte("a\nb\nc\n"))
	var got []string
	for _, row := range []int32{2, 0, 1, 1} {
		got = append(got, fmt.Sprint(p.Position(b, row).Line))
	}
	if want := []string{"12", "10", "11", "11"}; !slices.Equal(got, want) {
		t.Errorf("lines %v, want %v", got, want)
	}
}

func batchOver(data []byte) *record.Batch {
	b := &record.Batch{}
	b.Reset(3)
	b.Buf = data
	return b
}
