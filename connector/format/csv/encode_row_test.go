package csv

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/format/formattest"
)

// TestRows holds rows that are copied whole against the same rows written cell by cell.
func TestRows(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	whole := 0
	for range 500 {
		text := "a,b,c\n"
		for range 1 + r.IntN(40) {
			for col := range 3 {
				text += pick("x", "", `""`, `"q,\n"`, `"a ""b"""`, "007", "a longer text of some words") + pick(",,\n", ",,\n", ",,\n")[col:col+1]
			}
			if r.IntN(200) == 0 {
				text += pick("\n", "1,2\n", "x,\"y\"z,\n", "a\rb,,\n")
			}
		}
		got, n := encodeSome(t, text, func(e *Encoder) {})
		want, _ := encodeSome(t, text, func(e *Encoder) { e.quick = false })
		whole += n
		if got != want {
			t.Fatalf("%q\nwhole %q\ncells %q", text, got, want)
		}
	}
	if whole == 0 {
		t.Error("no row was copied whole")
	}
}

// encodeSome reads text in small chunks, leaves out some rows and writes the others. It
// also returns how many chunks were copied whole.
func encodeSome(t *testing.T, text string, change func(*Encoder)) (string, int) {
	t.Helper()
	d, err := NewDecoder(defaults(","), bytes.NewReader([]byte(text)), connector.DecodeOptions{ChunkSize: 90})
	if err != nil {
		t.Fatal(err)
	}
	names, err := d.Columns(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	schema := formattest.Strings(names)
	if err := d.Bind(schema); err != nil {
		t.Fatal(err)
	}
	e, err := NewEncoder(defaults(","), schema)
	if err != nil {
		t.Fatal(err)
	}
	change(e)
	var m connector.Morsel
	whole := 0
	for {
		if err := d.Next(context.Background(), &m); err == io.EOF {
			return string(m.Out), whole
		} else if err != nil {
			t.Fatal(err)
		}
		if err := d.Decode(&m); err != nil {
			t.Fatal(err)
		}
		keep := m.Batch.Sel[:0]
		for _, row := range m.Batch.Sel {
			if row%5 != 2 {
				keep = append(keep, row)
			}
		}
		m.Batch.Sel = keep
		if e.untouched(&m.Batch) != nil {
			whole++
		}
		if m.Out, err = e.Encode(m.Out, &m.Batch); err != nil {
			t.Fatal(err)
		}
	}
}
