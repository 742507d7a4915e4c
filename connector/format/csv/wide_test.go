package csv

import (
	"bytes"
	stdcsv "encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/format/chunk"
	"github.com/headgate/headgate/connector/format/formattest"
)

// wideCSV is a table of many columns, c000 and so on, with cells of 1 to 12 bytes.
func wideCSV(columns, rows int) []byte {
	var b []byte
	for row := range rows + 1 {
		for col := range columns {
			switch {
			case row == 0:
				b = fmt.Appendf(b, "c%03d", col)
			default:
				b = fmt.Appendf(b, "%d", (uint64(row)*2654435761+uint64(col)*40503)%[]uint64{10, 1000, 1e6, 1e12}[col%4])
			}
			b = append(b, ',')
		}
		b[len(b)-1] = '\n'
	}
	return b
}

func BenchmarkWide(b *testing.B) {
	for _, columns := range []int{30, 100, 300} {
		data := wideCSV(columns, 3_000_000/columns)
		in := formattest.Input{Format: CSV()}
		for _, used := range [][]string{{}, {"c003", "c010", "c029"}} {
			b.Run(fmt.Sprintf("%d of %d", len(used), columns), func(b *testing.B) {
				formattest.BenchmarkRead(b, in, data, used...)
			})
		}
	}
}

// TestWide reads chunk after chunk of wide tables and asks for a few columns, at times for
// others than before.
func TestWide(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for _, columns := range []int{15, 16, 40, 300} {
		for _, quoted := range []int{0, 1, 9} { // of ten cells
			t.Run(fmt.Sprintf("%d columns, %d quoted", columns, quoted), func(t *testing.T) {
				data := soupTable(r, columns, 400, quoted)
				want, err := stdcsv.NewReader(strings.NewReader(data)).ReadAll()
				if err != nil {
					t.Fatal(err)
				}
				readWide(t, r, data, want)
			})
		}
	}
}

// soupTable has line feeds, delimiters and quotes in its quoted cells.
func soupTable(r *rand.Rand, columns, rows, quoted int) string {
	texts := []string{"x", "", "12", "a longer text", "\u00e9"}
	hard := []string{`","`, "\"\n\"", `"a ""b"""`, `"1,2,3"`, `""`, `"x"`}
	var b strings.Builder
	for row := range rows + 1 {
		for col := range columns {
			if col > 0 {
				b.WriteByte(',')
			}
			switch {
			case row == 0:
				fmt.Fprintf(&b, "c%03d", col)
			case r.IntN(10) < quoted:
				b.WriteString(hard[r.IntN(len(hard))])
			default:
				b.WriteString(texts[r.IntN(len(texts))])
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func readWide(t *testing.T, r *rand.Rand, data string, want [][]string) {
	t.Helper()
	d, err := formattest.Input{Format: CSV(), Chunk: 8 << 10}.Decoder(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	names, err := d.Columns(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Bind(formattest.Strings(names)); err != nil {
		t.Fatal(err)
	}
	var m connector.Morsel
	last := len(names) - 1
	usual := []int{0, r.IntN(len(names)), last}[r.IntN(3):]
	line, row := int64(2), 1
	for d.Next(t.Context(), &m) != io.EOF {
		if err := d.Decode(&m); err != nil {
			t.Fatal(err)
		}
		b := &m.Batch
		ask := slices.Clone(usual)
		if r.IntN(4) == 0 {
			ask = append(ask, r.IntN(len(names)), max(usual[0]-1, 0), last)
		}
		for i := range int32(b.Rows) {
			at := b.Origin.Position(b, i).Line
			if at != line {
				t.Fatalf("row %d is on line %d, want %d", row, at, line)
			}
			for _, col := range ask {
				v := b.Cols[col].Source(b, b.Sel)
				if got := string(b.Text(v.Str[i])); got != want[row][col] {
					t.Fatalf("row %d, column %d: %q, want %q", row, col, got, want[row][col])
				}
			}
			rec := b.Origin.Record(b, i)
			if one, err := stdcsv.NewReader(bytes.NewReader(rec)).Read(); err != nil || !slices.Equal(one, want[row]) {
				t.Fatalf("row %d: record %q, error %v", row, rec, err)
			}
			line += int64(bytes.Count(rec, []byte{'\n'})) + 1
			row++
		}
	}
	if row != len(want) {
		t.Errorf("%d rows, want %d", row, len(want))
	}
}

// TestPick holds the lists with gaps against those without.
func TestPick(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 300 {
		data := chunk.Pad(wellFormed(r, 1+r.IntN(400)))
		gaps := make([]int, 1+r.IntN(4))
		for i := range gaps {
			gaps[i] = []int{0, 1, r.IntN(90)}[r.IntN(3)]
		}
		all := indexOf(data, ',', '"')
		var want []uint32
		turn, left := 0, gaps[0]
		for _, at := range all {
			if left--; left < 0 {
				want = append(want, at)
				turn = (turn + 1) % len(gaps)
				left = gaps[turn]
			}
		}
		for name, list := range map[string]func(x *indexer){
			"index": func(x *indexer) { x.index(data, ',', '"') },
			"dense": func(x *indexer) { x.dense(data, ',', '"') },
			"grid":  func(x *indexer) { x.grid(data, ',', '"', len(data)) },
		} {
			x := newIndexer(nil, gaps)
			list(x)
			if !slices.Equal(x.found(), want) || x.between() != (turn == 0 && left == gaps[0]) {
				t.Fatalf("%s with gaps %v of %v:\n got %v\nwant %v", name, gaps, all, x.found(), want)
			}
		}
	}
}

// TestWideDamage has rows with fields too many and too few, and bytes that are not text, in
// a wide table of which little is read: the careful parser finds the same.
func TestWideDamage(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	for range 60 {
		data := []byte(soupTable(r, 40, 200, r.IntN(2)))
		for range r.IntN(4) {
			at := len(data)/4 + r.IntN(len(data)/2)
			data[at] = ",\n\xff\"\r"[r.IntN(5)]
		}
		in := formattest.Input{Format: CSV(), Config: defaults(","), Chunk: 4 << 10, Schema: formattest.Strings([]string{"c007", "c039"})}
		fast, err := in.Read(t.Context(), bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		never := defaults(",")
		never.Comment = "\x01\x02\x03 a line that no input starts with"
		in.Config = never
		careful, err := in.Read(t.Context(), bytes.NewReader(data))
		if err != nil || !reflect.DeepEqual(fast, careful) {
			t.Fatalf("%q\n%+v\ncareful: %+v, error %v", data, fast, careful, err)
		}
	}
}

// TestManyEqualNames would take minutes if every name were tried from the first number on.
func TestManyEqualNames(t *testing.T) {
	const n = 100_000
	names := uniqueNames(slices.Repeat([]string{"a", ""}, n))
	if first, last, made := names[2], names[2*n-2], names[2*n-1]; first != "a_2" || last != "a_100000" || made != "column_200000" {
		t.Errorf("%s ... %s, %s", first, last, made)
	}
}
