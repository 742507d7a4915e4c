package blob_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/all"
	"github.com/headgate/headgate/connector/blob"
	"github.com/headgate/headgate/connector/conntest"
)

// show is a stream and its rows in one line.
func show(st *connector.Stream, rows [][]string) string {
	var b strings.Builder
	for i, f := range st.Schema.Fields {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s %s", f.Name, f.Type)
	}
	for _, r := range rows {
		b.WriteString(" / " + strings.ReplaceAll(strings.Join(r, " "), conntest.Null, "NULL"))
	}
	return b.String()
}

func TestColumns(t *testing.T) {
	declared := conntest.Schema(t, "id int", "total decimal(9,2)").Fields
	for _, test := range []struct {
		name  string
		files []string
		cfg   blob.SourceConfig
		want  string // ! begins an error
	}{
		{"inferred", []string{"a.csv", "id,zip,total,at\n1,007,12.30,2024-01-02\n2,123,1.5,\n"}, blob.SourceConfig{},
			"id int, zip string, total decimal(15,2), at date / 1 007 12.30 2024-01-02 / 2 123 1.50 NULL"},
		{"inferred over files", []string{"a.csv", "n\n1\n", "b.csv", "n\n1.25\n", "c.csv", "n\n"}, blob.SourceConfig{}, "n decimal(15,2) / 1.00 / 1.25"},
		{"inferred from json", []string{"a.jsonl", `{"s":"1","n":1,"o":{"a":1}}` + "\n"}, blob.SourceConfig{}, `s string, n int, o json / 1 1 {"a":1}`},
		{"in the order declared", []string{"a.csv", "total,id\n2.5,1\n"}, blob.SourceConfig{Columns: declared}, "id int, total decimal(9,2) / 1 2.50"},
		{"new column ignored", []string{"a.csv", "id,x,total\n1,x,2\n"}, blob.SourceConfig{Columns: declared}, "id int, total decimal(9,2) / 1 2.00"},
		{"new column added", []string{"a.csv", "id,x,total\n1,y,2\n"}, blob.SourceConfig{Columns: declared, NewColumn: "add"}, "id int, total decimal(9,2), x string / 1 2.00 y"},
		{"new column fails", []string{"a.csv", "id,x,total\n"}, blob.SourceConfig{Columns: declared, NewColumn: "fail"}, "!read in/a.csv: it has a new column, `x`"},
		{"missing column fails", []string{"a.csv", "id,ttl\n1,2\n"}, blob.SourceConfig{Columns: declared}, "!read in/a.csv: it has no column `total` (it has `id`, `ttl`)"},
		{"missing column ignored", []string{"a.csv", "id\n1\n"}, blob.SourceConfig{Columns: declared, MissingColumn: "ignore"}, "id int, total decimal(9,2) / 1 NULL"},
		{"other order in another file", []string{"a.csv", "id,total\n1,2\n", "b.csv", "total,id\n3,4\n"}, blob.SourceConfig{Columns: declared}, "id int, total decimal(9,2) / 1 2.00 / 4 3.00"},
		{"missing in another file", []string{"a.csv", "id,total\n1,2\n", "b.csv", "id\n3\n"}, blob.SourceConfig{}, "!read in/b.csv: it has no column `total`"},
		{"new in another file", []string{"a.csv", "id\n1\n", "b.csv", "id,x\n3,y\n"}, blob.SourceConfig{}, "id int / 1 / 3"},
		{"new in another file, added", []string{"a.csv", "id\n1\n", "b.csv", "x,id\ny,3\n", "c.csv", "id\n4\n"}, blob.SourceConfig{NewColumn: "add"}, "id int, x string / 1 NULL / 3 y / 4 NULL"},
		{"new in another file, fails", []string{"a.csv", "id\n1\n", "b.csv", "id,x\n3,y\n"}, blob.SourceConfig{NewColumn: "fail"}, "!read in/b.csv: it has a new column, `x`"},
		{"missing key in few records", []string{"a.jsonl", `{"id":1}` + "\n"}, blob.SourceConfig{Columns: declared}, "!read in/a.jsonl: it has no column `total` (it has `id`)"},
		{"empty files", []string{"a.csv", "", "b.csv", "id\n1\n", "c.csv", ""}, blob.SourceConfig{}, "id int / 1"},
		{"nothing but an empty file", []string{"a.csv", ""}, blob.SourceConfig{Columns: declared}, "id int, total decimal(9,2)"},
		{"no header", []string{"a.csv", "1,2,x\n3,4,y\n"}, blob.SourceConfig{Columns: declared, Layers: headless()}, "id int, total decimal(9,2) / 1 2.00 / 3 4.00"},
		{"no match", nil, blob.SourceConfig{Columns: declared}, "id int, total decimal(9,2)"},
		{"unknown format", []string{"a.dat", "x"}, blob.SourceConfig{}, "!read in/a.dat: its name does not tell the format: name one of csv, tsv, jsonl"},
		{"codec given, format by name", []string{"a.csv", compressed("id\n1\n")}, blob.SourceConfig{Layers: &blob.Layers{Codecs: []blob.Codec{{Codec: all.Registry().Codec("gzip")}}}}, "id int / 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			conntest.NoLeak(t)
			var files []string
			for i, f := range test.files {
				if i%2 == 0 {
					f = "in/" + f
				}
				files = append(files, f)
			}
			test.cfg.Glob = "in/*"
			src := newSource(folder(t, files...), test.cfg)
			defer src.Close()
			if message, bad := strings.CutPrefix(test.want, "!"); bad {
				_, err := src.Discover(t.Context())
				wantError(t, err, message)
				return
			}
			st, rows, plan := conntest.Read(t, src, nil)
			if got := show(st, rows); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if len(plan.Splits) != len(test.files)/2 {
				t.Errorf("%d splits", len(plan.Splits))
			}
		})
	}
}

// headless is csv without a header line.
func headless() *blob.Layers {
	f := all.Registry().Format("csv")
	cfg := f.Config()
	setBool(cfg, "Header", false)
	return &blob.Layers{Format: f, Config: cfg}
}

func compressed(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, s)
	w.Close()
	return b.String()
}

func TestDriftIsNoted(t *testing.T) {
	src := newSource(folder(t, "in/a.csv", "id\n1\n", "in/b.csv", "id,x\n3,y\n"), blob.SourceConfig{Glob: "in/*"})
	defer src.Close()
	st, _, _ := conntest.Read(t, src, nil)
	if !slices.Equal(st.Extra, []string{"x"}) || !contains(st.Notes, "not all with the same columns") {
		t.Errorf("extra %q, notes %q", st.Extra, st.Notes)
	}
}

// TestLateDrift has a file whose header is not looked at beforehand.
func TestLateDrift(t *testing.T) {
	var files []string
	for i := range 50 {
		content := "id,x\n1,2\n"
		if i == 25 {
			content = "id\n1\n"
		}
		files = append(files, fmt.Sprintf("in/%02d.csv", i), content)
	}
	src := newSource(folder(t, files...), blob.SourceConfig{Glob: "in/*"})
	defer src.Close()
	_, err := src.Discover(t.Context())
	var plan *connector.SplitPlan
	if err == nil {
		plan, err = src.Plan(t.Context(), nil)
	}
	for i := 0; err == nil && i < len(plan.Splits); i++ {
		_, err = conntest.ReadSplit(t.Context(), src, plan.Splits[i])
	}
	wantError(t, err, "read in/25.csv: it has no column `x`")
}

// TestLateKey has a key only where no sample sees it.
func TestLateKey(t *testing.T) {
	content := strings.Repeat(`{"id":1}`+"\n", 5000) + `{"id":2,"note":"late"}` + "\n"
	src := newSource(folder(t, "in/a.jsonl", content, "in/b.jsonl", content), blob.SourceConfig{Glob: "in/*", Columns: conntest.Schema(t, "id int", "note string").Fields})
	defer src.Close()
	st, rows, _ := conntest.Read(t, src, nil)
	if len(rows) != 10_002 || rows[5000][1] != "late" || rows[10_001][1] != "late" || rows[0][1] != conntest.Null {
		t.Errorf("%d rows, %q", len(rows), rows[len(rows)-1])
	}
	if !contains(st.Notes, "`note`: NULL where it is missing") {
		t.Errorf("notes %q", st.Notes)
	}
}

func TestLiteralMissing(t *testing.T) {
	src := newSource(folder(t, "in/orders.csv", "id\n"), blob.SourceConfig{Glob: "in/order.csv"})
	defer src.Close()
	_, err := src.Discover(t.Context())
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("not fs.ErrNotExist: %v", err)
	}
	wantError(t, err, "read in/order.csv", "did you mean in/orders.csv?")
}

func TestChangedFile(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"longer":  func(path string) error { return os.WriteFile(path, []byte("id\n1\n2\n"), 0o666) },
		"touched": func(path string) error { return os.Chtimes(path, time.Time{}, time.Unix(1, 0)) },
		"gone":    os.Remove,
	} {
		env := folder(t, "a.csv", "id\n1\n")
		src := newSource(env, blob.SourceConfig{Glob: "*.csv"})
		_, _, plan := conntest.Read(t, src, nil)
		if err := change(filepath.Join(env.Project, "a.csv")); err != nil {
			t.Fatal(err)
		}
		_, err := conntest.ReadSplit(t.Context(), src, plan.Splits[0])
		if err == nil || !strings.Contains(err.Error(), "read a.csv: ") {
			t.Errorf("%s: %v", name, err)
		}
		src.Close()
	}
}

// TestCutFile shortens a file while it is being read.
func TestCutFile(t *testing.T) {
	env := folder(t, "a.csv", "id\n"+strings.Repeat("1\n", 1<<20))
	src := newSource(env, blob.SourceConfig{Glob: "*.csv", ChunkSize: 1 << 10})
	defer src.Close()
	if _, err := src.Discover(t.Context()); err != nil {
		t.Fatal(err)
	}
	plan, err := src.Plan(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := src.Open(t.Context(), plan.Splits[0])
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := os.Truncate(filepath.Join(env.Project, "a.csv"), 1<<20); err != nil {
		t.Fatal(err)
	}
	var m connector.Morsel
	for err == nil {
		err = r.Next(t.Context(), &m)
	}
	wantError(t, err, "read a.csv: the file has changed while it was read")
}

func TestDamagedArchive(t *testing.T) {
	whole := compressed("id\n" + strings.Repeat("12345678\n", 100_000))
	src := newSource(folder(t, "data/x.csv.gz", whole[:len(whole)-100]), blob.SourceConfig{Glob: "data/*"})
	defer src.Close()
	if _, err := src.Discover(t.Context()); err != nil {
		t.Fatal(err)
	}
	plan, err := src.Plan(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = conntest.ReadSplit(t.Context(), src, plan.Splits[0])
	if err == nil || err.Error() != "read data/x.csv.gz: gunzip: unexpected EOF" {
		t.Errorf("got %v", err)
	}
}

func TestSettle(t *testing.T) {
	env := folder(t, "a.csv", "id\n1\n", "b.csv", "id\n2\n")
	if err := os.Chtimes(filepath.Join(env.Project, "a.csv"), time.Time{}, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	src := newSource(env, blob.SourceConfig{Glob: "*.csv", Settle: time.Minute})
	defer src.Close()
	st, rows, _ := conntest.Read(t, src, nil)
	conntest.Same(t, "settled", rows, [][]string{{"1"}})
	if !contains(st.Notes, "left for later") {
		t.Errorf("notes %q", st.Notes)
	}
}

// TestStandardInput infers types from a stream, and then reads all of it.
func TestStandardInput(t *testing.T) {
	reg := all.Registry()
	text := "id,name\n" + strings.Repeat("1,somebody\n", 300_000)
	for name, test := range map[string]struct {
		in     string
		layers blob.Layers
	}{
		"plain":      {text, blob.Layers{Format: reg.Format("csv")}},
		"compressed": {compressed(text), blob.Layers{Format: reg.Format("csv"), Codecs: []blob.Codec{{Codec: reg.Codec("gzip")}}}},
	} {
		t.Run(name, func(t *testing.T) {
			conntest.NoLeak(t)
			src := newSource(connector.Env{Project: t.TempDir(), Stdin: strings.NewReader(test.in)}, blob.SourceConfig{Glob: "-", Layers: &test.layers})
			defer src.Close()
			st, rows, plan := conntest.Read(t, src, nil)
			if got := show(st, nil); got != "id int, name string" || len(rows) != 300_000 {
				t.Errorf("%s, %d rows", got, len(rows))
			}
			_, err := src.Open(t.Context(), plan.Splits[0])
			wantError(t, err, "read standard input: it can be read only once")
		})
	}
}

// TestSilentInput waits for input that does not come until the context ends.
func TestSilentInput(t *testing.T) {
	conntest.NoLeak(t)
	silent, end := io.Pipe()
	defer end.Close()
	reg := all.Registry()
	for _, codecs := range [][]blob.Codec{nil, {{Codec: reg.Codec("zstd")}}} {
		src := newSource(connector.Env{Project: t.TempDir(), Stdin: silent}, blob.SourceConfig{
			Glob: "-", Layers: &blob.Layers{Format: reg.Format("csv"), Codecs: codecs}})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if _, err := src.Discover(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("discover: %v", err)
		}
		cancel()
		if err := src.Close(); err != nil {
			t.Error(err)
		}
	}
}
