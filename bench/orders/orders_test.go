package orders

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"
)

func written(t *testing.T, format string, seed uint64, first, rows int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, format, seed, first, rows); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The bytes are the benchmark's: figures of different days compare only while they stay.
func TestBytesStay(t *testing.T) {
	for format, want := range map[string]uint32{"csv": 0xd7955346, "jsonl": 0x74e69ace} {
		if got := crc32.ChecksumIEEE(written(t, format, 1, 1, 10_000)); got != want {
			t.Errorf("%s: crc32 %#x, want %#x", format, got, want)
		}
	}
}

func TestRowDependsOnSeedAndNumber(t *testing.T) {
	whole := written(t, "jsonl", 7, 1, 50)
	parts := append(written(t, "jsonl", 7, 1, 20), written(t, "jsonl", 7, 21, 30)...)
	if !bytes.Equal(whole, parts) {
		t.Error("rows 1..50 are not rows 1..20 and 21..50")
	}
	if bytes.Equal(whole, written(t, "jsonl", 8, 1, 50)) {
		t.Error("another seed gives the same rows")
	}
}

func TestFormatsAgree(t *testing.T) {
	const rows = 20_000
	cells, err := csv.NewReader(bytes.NewReader(written(t, "csv", 1, 1, rows))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(cells) != rows+1 {
		t.Fatalf("%d CSV records, want %d", len(cells), rows+1)
	}
	var kept, quoted, empty int
	lines := bytes.Split(bytes.TrimSpace(written(t, "jsonl", 1, 1, rows)), []byte("\n"))
	for i, line := range lines {
		var object map[string]any
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		if err := d.Decode(&object); err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		for c, name := range cells[0] {
			text := ""
			if v := object[name]; v != nil {
				text = fmt.Sprint(v)
			}
			if cell := cells[i+1][c]; cell != text {
				t.Fatalf("row %d, %s: CSV %q, JSON %q", i+1, name, cell, text)
			}
			if text == "" {
				empty++
			}
		}
		if r := cells[i+1]; r[4] == "paid" && (r[3] == "US" || r[3] == "DE") {
			kept++
		}
		if strings.ContainsAny(cells[i+1][9], ",\"\n") {
			quoted++
		}
	}
	about := func(what string, got, percent int) {
		if share := float64(got) * 100 / rows; share < float64(percent)-0.5 || share > float64(percent)+0.5 {
			t.Errorf("%.2f %% of the rows are %s, want about %d", share, what, percent)
		}
	}
	about("kept by the filter", kept, 12)
	about("with a quoted note", quoted, 3)
	about("with an empty cell", empty, 1)
}

func TestUnknownFormat(t *testing.T) {
	if err := Write(&bytes.Buffer{}, "xml", 1, 1, 1); err == nil {
		t.Error("format xml is taken")
	}
}
