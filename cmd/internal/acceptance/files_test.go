//go:build unix

package acceptance

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// fact is what another program found in a file. A folder of data has a facts.json
// that maps the names of its files to these.
type fact struct {
	Rows     int
	Lines    int // of JSONL
	Columns  []string
	Nonempty map[string]int
	Sums     map[string]struct {
		Count int
		Sum   string
	}
	Options struct {
		Enc, Delim string
		NoHeader   bool
	}
}

// TestRealFiles runs files from the wild into CSV, JSONL and SQLite and compares counts
// and sums with what other programs found. HEADGATE_DATA names a larger folder of the same
// make to read instead.
func TestRealFiles(t *testing.T) {
	root := os.Getenv("HEADGATE_DATA")
	if root == "" {
		root = "testdata/real"
		t.Log("HEADGATE_DATA=FOLDER go test -run RealFiles ./cmd/internal/acceptance reads all of a folder with a facts.json")
	}
	text, err := os.ReadFile(filepath.Join(root, "facts.json"))
	if err != nil {
		t.Fatal(err)
	}
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(text, &entries); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for name, entry := range entries {
		var f fact
		tabular := strings.HasPrefix(name, "csv/")
		lines := strings.HasPrefix(name, "json/") && bytes.Contains(entry, []byte(`"lines"`))
		if !tabular && !lines {
			continue
		}
		if err := json.Unmarshal(entry, &f); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if strings.Contains(name, "malformed") || strings.Contains(name, "two-char-delim") || tabular && f.Rows == 0 {
			continue // no single right reading
		}
		ran++
		t.Run(name, func(t *testing.T) { checkFile(t, filepath.Join(root, name), f) })
	}
	if ran == 0 {
		t.Fatal("no file was read")
	}
}

func checkFile(t *testing.T, file string, f fact) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(file)
	source := "version: 1\nflow: %s\nsource:\n  files: " + name + "\n" + decodeLayers(name, f) + declared(name) + "sink: %s\n"
	p := newProject(t,
		name, string(text),
		"connections.yaml", "version: 1\nconnections:\n  db: {type: sqlite, path: out.db}\n",
		"flows/to-csv.yaml", fmt.Sprintf(source, "to-csv", "{file: out.csv}"),
		"flows/to-jsonl.yaml", fmt.Sprintf(source, "to-jsonl", "{file: out.jsonl}"),
		"flows/to-sqlite.yaml", fmt.Sprintf(source, "to-sqlite", "{connection: db, table: t}"))
	want := f.Rows + f.Lines
	for _, flow := range []string{"to-csv", "to-jsonl", "to-sqlite"} {
		e := p.run("run", flow, "--json").exits(0).finished()
		if e.Status != "succeeded" || e.RowsRead != int64(want) || e.RowsWritten != int64(want) {
			t.Errorf("%s: %+v, want %d rows", flow, e, want)
		}
	}
	asCSV := readCSV(t, p.path("out.csv"))
	asJSON := readJSONL(t, p.path("out.jsonl"), asCSV.names)
	asSQL := query(t, p.path("out.db"), "SELECT * FROM t")
	if !slices.Equal(asSQL.names, asCSV.names) {
		t.Errorf("columns in SQLite: %q, in CSV: %q", asSQL.names, asCSV.names)
	}
	for sink, got := range map[string]table{"CSV": asCSV, "JSONL": asJSON, "SQLite": asSQL} {
		t.Run(sink, func(t *testing.T) { checkTable(t, got, f, want) })
	}
	if f.Rows > 0 {
		checkCells(t, asCSV, original(t, text, name, f))
	}
}

// decodeLayers is the decode key of a flow, where the name of the file does not say it all.
func decodeLayers(name string, f fact) string {
	var options []string
	if f.Options.Enc != "" {
		options = append(options, "encoding: "+f.Options.Enc)
	}
	if f.Options.NoHeader {
		options = append(options, "header: false")
	}
	base := strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
	if f.Options.Delim != "" && !strings.HasSuffix(base, ".tsv") {
		options = append(options, fmt.Sprintf("delimiter: %q", f.Options.Delim))
	}
	format := strings.TrimPrefix(filepath.Ext(base), ".")
	if format == "json" {
		format = "jsonl"
	} else if len(options) == 0 {
		return ""
	}
	layers := ""
	switch filepath.Ext(name) {
	case ".gz":
		layers = "gzip, "
	case ".zst":
		layers = "zstd, "
	}
	if len(options) > 0 {
		return "  decode: [" + layers + format + ": {" + strings.Join(options, ", ") + "}]\n"
	}
	return "  decode: [" + layers + format + "]\n"
}

// declared is the columns key, for a file whose first rows do not show what is to come.
func declared(name string) string {
	if name == "duckdb-hebere.tsv.gz" {
		return "  columns: {column_1: 'decimal(38,0)', column_2: 'decimal(38,0)', column_3: date}\n"
	}
	return ""
}

// checkTable compares rows, filled cells and sums with the facts.
func checkTable(t *testing.T, got table, f fact, rows int) {
	if len(got.cells) != rows {
		t.Fatalf("%d rows, want %d", len(got.cells), rows)
	}
	if f.Columns == nil {
		return
	}
	if len(got.names) != len(f.Columns) {
		t.Fatalf("%d columns, want %d: %q", len(got.names), len(f.Columns), got.names)
	}
	sums := 0
	for i, name := range f.Columns {
		if !unique(f.Columns, name) {
			continue
		}
		if want, known := f.Nonempty[name]; known && got.filled(i) != want {
			t.Errorf("column %q: %d filled cells, want %d", name, got.filled(i), want)
		}
		want, known := f.Sums[name]
		if !known {
			continue
		}
		sums++
		total, count, digits, err := got.sum(i)
		if err != nil {
			t.Errorf("column %q: %v", name, err)
			continue
		}
		exact, ok := new(big.Rat).SetString(want.Sum)
		if !ok {
			t.Fatalf("the fact %q is not a number", want.Sum)
		}
		if off := new(big.Rat).Sub(total, exact); count != want.Count || off.Abs(off).Cmp(slack(digits)) > 0 {
			t.Errorf("column %q: %d values, sum %s; want %d, %s", name, count, total.FloatString(digits), want.Count, want.Sum)
		}
	}
	if sums != len(f.Sums) {
		t.Errorf("%d sums compared of %d", sums, len(f.Sums))
	}
}

// slack is how far a sum may be off: not at all, but for columns of floating-point numbers, which
// the facts give rounded.
func slack(digits int) *big.Rat {
	if digits <= 9 {
		return new(big.Rat)
	}
	return big.NewRat(1, 1_000_000_000)
}

func unique(names []string, name string) bool {
	n := 0
	for _, other := range names {
		if other == name {
			n++
		}
	}
	return n == 1 && name != ""
}

// checkCells compares every cell with the file as Go's own CSV reader sees it.
func checkCells(t *testing.T, got, want table) {
	t.Helper()
	if len(got.cells) != len(want.cells) {
		t.Errorf("%d rows, the other reader has %d", len(got.cells), len(want.cells))
		return
	}
	wrong := 0
	for i, row := range want.cells {
		for j, cell := range row {
			if !same(got.cells[i][j], cell) {
				wrong++
				if wrong <= 5 {
					t.Errorf("row %d, column %d: %q, the other reader has %q", i+1, j+1, got.cells[i][j], cell)
				}
			}
		}
	}
	if wrong > 5 {
		t.Errorf("%d cells differ", wrong)
	}
}

// original reads a file with Go's encoding/csv.
func original(t *testing.T, text []byte, name string, f fact) table {
	t.Helper()
	var r io.Reader = bytes.NewReader(text)
	var err error
	switch filepath.Ext(name) {
	case ".gz":
		r, err = gzip.NewReader(r)
	case ".zst":
		r, err = zstd.NewReader(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	encodings := map[string]encoding.Encoding{
		"latin-1": charmap.ISO8859_1, "cp1252": charmap.Windows1252, "mac_roman": charmap.Macintosh,
		"utf-16": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM),
	}
	if e := encodings[f.Options.Enc]; e != nil {
		r = e.NewDecoder().Reader(r)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	body := strings.ReplaceAll(strings.TrimPrefix(string(plain), "\ufeff"), "\r\n", "\n")
	body = strings.ReplaceAll(body, "\r", "\n")
	c := csv.NewReader(strings.NewReader(body))
	if f.Options.Delim != "" {
		c.Comma = rune(f.Options.Delim[0])
	}
	c.LazyQuotes = true
	c.FieldsPerRecord = -1
	all, err := c.ReadAll()
	if err != nil {
		t.Fatalf("the other reader: %v", err)
	}
	out := table{cells: all}
	if !f.Options.NoHeader {
		out.names, out.cells = all[0], all[1:]
	}
	return out
}

// TestDirtyFiles runs files with faults: whatever headgate says of them, it says so
// with an exit code of its own, counts every row, and does not crash.
func TestDirtyFiles(t *testing.T) {
	root := os.Getenv("HEADGATE_DATA")
	if root == "" {
		root = "testdata/real"
	}
	var names []string
	for _, pattern := range []string{"dirty/*.?sv", "dirty/*/*.?sv"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	if len(names) == 0 {
		t.Fatal("no file was read")
	}
	for _, file := range names {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			p := newProject(t, "in"+filepath.Ext(file), string(text), "flows/f.yaml",
				"version: 1\nflow: f\nsource: {files: in"+filepath.Ext(file)+", decode: ["+decoder(file)+"]}\nsink: {file: out.csv}\nerrors: {rows: quarantine}\n")
			o := p.run("run", "f", "--json")
			if !slices.Contains([]int{0, 1, 4}, o.exit) || strings.Contains(o.stderr, "goroutine ") {
				t.Fatalf("exit %d\nstderr: %s", o.exit, clip(o.stderr))
			}
			f := o.finished()
			t.Logf("exit %d, %s: %d read, %d written, %d rejected", o.exit, f.Status, f.RowsRead, f.RowsWritten, f.RowsRejected)
			if f.Status == "succeeded" || f.Status == "partial" {
				if got := readCSV(t, p.path("out.csv")); int64(len(got.cells)) != f.RowsWritten {
					t.Errorf("%d rows in the output, the run says %d", len(got.cells), f.RowsWritten)
				}
			}
		})
	}
}

func decoder(file string) string {
	if strings.HasSuffix(file, ".tsv") {
		return "tsv"
	}
	return "csv"
}

// What the three small dirty files must give.
func TestDirtyFilesExactly(t *testing.T) {
	flow := "version: 1\nflow: f\nsource: {files: in.csv, decode: [csv: {header: %v%s}]}\nsink: {file: out.csv}\nerrors: {rows: quarantine}\n"
	for _, c := range []struct {
		file, options     string
		header            bool
		written, rejected int64
	}{
		{"rejects-incorrect_columns-small_mix.csv", "", true, 2, 2},
		{"test-invalid_utf.csv", ", delimiter: '|'", false, 0, 1},
		{"mixed_new_line.csv", "", false, 3, 0},
	} {
		t.Run(c.file, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata/real/dirty", c.file))
			if err != nil {
				t.Fatal(err)
			}
			p := newProject(t, "in.csv", string(text), "flows/f.yaml", fmt.Sprintf(flow, c.header, c.options))
			f := p.run("run", "f", "--json").finished()
			if f.RowsWritten != c.written || f.RowsRejected != c.rejected {
				t.Errorf("%+v, want %d written and %d rejected", f, c.written, c.rejected)
			}
		})
	}
}
