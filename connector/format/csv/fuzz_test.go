package csv

import (
	"bytes"
	"context"
	stdcsv "encoding/csv"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/headgate/headgate/connector/format/formattest"
)

// FuzzCSV holds the fast scanners against the careful parser, against other chunk sizes
// and, for what it accepts, against encoding/csv.
func FuzzCSV(f *testing.F) {
	for _, s := range samples() {
		f.Add([]byte(s), uint16(5))
	}
	f.Fuzz(checkReading)
}

// TestSoup is FuzzCSV over inputs made of what matters.
func TestSoup(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pieces := []string{`"`, `"`, `""`, ",", ",", "\n", "\n", "\r\n", "\r", "a", "bc", "\u00e9", "\xff", " ", "12345678", "a,b\n", `"x",`, "\"y\"\n"}
	for range 1500 {
		var data []byte
		for range 1 + r.IntN(30) {
			data = append(data, pieces[r.IntN(len(pieces))]...)
		}
		checkReading(t, data, uint16(r.IntN(20)))
	}
}

func checkReading(t *testing.T, data []byte, size uint16) {
	in := formattest.Input{Format: CSV(), Config: defaults(","), Chunk: 64 << 10}
	fast, fastErr := in.Read(context.Background(), bytes.NewReader(data))
	in.Chunk = 1 + int(size)
	cut, cutErr := in.Read(context.Background(), bytes.NewReader(data))
	if fmt.Sprint(fastErr) != fmt.Sprint(cutErr) || !reflect.DeepEqual(fast, cut) {
		t.Fatalf("%q\nchunk %d: %+v, error %v\none chunk: %+v, error %v", data, in.Chunk, cut, cutErr, fast, fastErr)
	}
	never := defaults(",")
	never.Comment = "\x01\x02\x03 a line that no input starts with"
	in.Config = never
	careful, err := in.Read(context.Background(), bytes.NewReader(data))
	if fmt.Sprint(fastErr) != fmt.Sprint(err) || !reflect.DeepEqual(fast, careful) {
		t.Fatalf("%q\ncareful: %+v, error %v\nfast: %+v, error %v", data, careful, err, fast, fastErr)
	}
	if fastErr == nil {
		againstStandard(t, data, fast)
		writeAgain(t, data, fast)
	}
}

// againstStandard compares rows with encoding/csv, where the two mean the same.
func againstStandard(t *testing.T, data []byte, got *formattest.Table) {
	if bytes.ContainsRune(data, '\r') || bytes.HasPrefix(data, []byte("\ufeff")) || !utf8.Valid(data) || len(got.Columns) < 2 {
		return
	}
	r := stdcsv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	records, err := r.ReadAll()
	if err != nil {
		return
	}
	var want [][]string
	ragged := 0
	for _, rec := range records[1:] {
		if len(rec) == len(got.Columns) {
			want = append(want, rec)
		} else {
			ragged++
		}
	}
	if len(got.Rejects) != ragged {
		t.Fatalf("rejects %v, want %d of them", got.Rejects, ragged)
	}
	var rows [][]string
	for _, row := range got.Rows {
		var texts []string
		for _, c := range row {
			texts = append(texts, c.Text)
		}
		rows = append(rows, texts)
	}
	if !slices.EqualFunc(rows, want, slices.Equal) {
		t.Fatalf("rows %q, want %q", rows, want)
	}
}

// writeAgain copies the rows and must read the same ones back.
func writeAgain(t *testing.T, data []byte, want *formattest.Table) {
	for _, o := range []*Options{defaults(","), defaults(";")} {
		out, err := formattest.Copy(CSV(), defaults(","), o, data)
		if err != nil {
			t.Fatal(err)
		}
		got, err := formattest.Input{Format: CSV(), Config: o}.Read(context.Background(), bytes.NewReader(out))
		if err != nil {
			t.Fatalf("%q: %v", out, err)
		}
		if len(want.Columns) == 0 {
			continue
		}
		if !reflect.DeepEqual(got.Rows, want.Rows) || len(got.Rejects) > 0 {
			t.Fatalf("delimiter %q: wrote %q\n rows %v, rejects %v\n want %v", o.Delimiter, out, got.Rows, got.Rejects, want.Rows)
		}
	}
}

// FuzzOptions reads with odd dialects, which must neither panic nor depend on the chunk
// size.
func FuzzOptions(f *testing.F) {
	for i, s := range samples() {
		f.Add([]byte(s), "AA", `"`, `\`, "#", i%2 == 0, i%3 == 0, uint16(9))
	}
	for size := range uint16(4) { // a comment with line ends, which is none
		f.Add([]byte("\r;\r"), "AAA", "H", "0", "\n;\n", false, true, size)
	}
	f.Fuzz(checkOptions)
}

// TestOptionsSoup is FuzzOptions over inputs made of what matters.
func TestOptionsSoup(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	for range 3000 {
		delimiter, quote, escape, comment := pick(",", ",", "AA", "ABA"), pick(`"`, `"`, "'", ""), pick("", `\`), pick("", "", "#", "##")
		end := pick("\n", "\r", "\r\n")
		data := pick("", "\ufeff", "a"+delimiter+"b"+end)
		for range r.IntN(100) {
			data += pick(delimiter, delimiter, quote, quote, quote+quote, escape, escape+quote, comment, end, end, "\n", "\r", "A", "B", " ", "text", "\xff", delimiter+quote)
		}
		checkOptions(t, []byte(data), delimiter, quote, escape, comment, r.IntN(3) == 0, r.IntN(2) == 0, uint16(r.IntN(70)))
	}
}

func checkOptions(t *testing.T, data []byte, delimiter, quote, escape, comment string, trim, keep bool, size uint16) {
	o := defaults(delimiter)
	o.Quote, o.Escape, o.Comment, o.Trim = quote, escape, comment, trim
	o.MaxRecordBytes = 30
	if keep {
		o.AfterQuote, o.Ragged, o.Header = "keep", "pad", len(data)%2 == 0
	}
	in := formattest.Input{Format: CSV(), Config: o}
	one, err := in.Read(context.Background(), iotest.DataErrReader(bytes.NewReader(data)))
	if err != nil && strings.Contains(err.Error(), "must") {
		return // not a dialect
	}
	in.Chunk = 1 + int(size)%100
	many, err2 := in.Read(context.Background(), iotest.HalfReader(bytes.NewReader(data)))
	if fmt.Sprint(err) != fmt.Sprint(err2) || !reflect.DeepEqual(one, many) {
		t.Fatalf("%q\noptions %+v\nchunk %d: %+v, error %v\none chunk: %+v, error %v", data, o, in.Chunk, many, err2, one, err)
	}
}
