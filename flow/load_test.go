package flow

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spec"
)

func TestLoadFull(t *testing.T) {
	f, diags := Load("testdata/valid/full.yaml", "full.yaml")
	if diags != nil {
		t.Fatal(diags)
	}
	var columns []string
	for _, c := range f.Source.Columns {
		columns = append(columns, fmt.Sprint(c.Name.Value, " ", c.Type, " ", c.Required, " ", c.Class))
	}
	var layers []string
	for _, l := range f.Source.Decode {
		layers = append(layers, fmt.Sprint(l.Name.Value, " ", l.Node != nil))
	}
	var steps []string
	for _, s := range f.Steps {
		steps = append(steps, fmt.Sprint(s.Name.Value, " ", spec.ShapeOf(s.Node)))
	}
	checks := []struct {
		what      string
		got, want any
	}{
		{"name", f.Name.Value, "full"},
		{"name's position", f.Name.Pos, Pos{2, 7}},
		{"tags", f.Tags, []string{"a", "b"}},
		{"time zone", f.Schedule.Timezone.Value, "Europe/Berlin"},
		{"after", f.After[0].Value, "first"},
		{"param", f.Params[0].Type, record.Type{Kind: record.Date}},
		{"param's default", f.Params[0].Default.Value, "${{ run.scheduled }}"},
		{"param without default", f.Params[1].Default, (*Text)(nil)},
		{"bool param", f.Params[2].Default.Shape(), spec.Bool},
		{"glob", f.Source.Files.Glob.Value, "in/${{ params.day }}-*.csv.gz"},
		{"layers", layers, []string{"gzip false", "csv true"}},
		{"columns", columns, []string{"id int false ", "amount decimal(12,2) false ", "note string false pii", "when timestamp true "}},
		{"drift", f.Source.Drift, Drift{"add", "ignore"}},
		{"strict", f.Source.Strict, true},
		{"steps", steps, []string{"filter a string", "dedupe nothing"}},
		{"file", f.Sink.File.Value, "out/${{ run.id }}.jsonl"},
		{"encode", f.Sink.Encode[0].Name.Value, "jsonl"},
		{"rows", f.Errors.Rows, "quarantine"},
		{"max_rows", f.Errors.MaxRows, int64(10)},
		{"max_rate", f.Errors.MaxRate, Rate(0.005)},
		{"into", f.Errors.Into.Value, "bad/${{ run.id }}.jsonl"},
		{"timeout", f.Run.Timeout, time.Hour},
		{"memory", f.Run.Memory, spec.Size(64 << 20)},
		{"tests", f.Tests[0].Expect.Rows[0][0].Key, "id"},
		{"at", f.At(f.Source.Files.Glob, 3), Pos{13, 21}},
	}
	for _, c := range checks {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s = %v, want %v", c.what, c.got, c.want)
		}
	}
}

func TestLoadDefaults(t *testing.T) {
	f, diags := LoadBytes([]byte("version: 1\nflow: a\nsource: {files: a.csv}\nsink: {file: b.csv}\n"), "a.yaml")
	if diags != nil {
		t.Fatal(diags)
	}
	if want := (Errors{Rows: "fail", MaxRows: -1, MaxRate: -1}); f.Errors != want {
		t.Errorf("errors = %+v, want %+v", f.Errors, want)
	}
	if f.Source.Drift != (Drift{"ignore", "fail"}) || f.Source.Files.Seen != "reload" || f.Run.Overlap != "fail" {
		t.Errorf("source = %+v, run = %+v", f.Source, f.Run)
	}
	if f.Sink.Mode.Value != "append" || f.Sink.Create != "if_missing" || f.Sink.Evolve != "fail" {
		t.Errorf("sink = %+v", f.Sink)
	}
	if got, want := (&Flow{Bytes: []byte("abc")}).Digest(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; got != want {
		t.Errorf("digest = %s, want %s", got, want)
	}
}

func TestLoadArgs(t *testing.T) {
	f, diags := Load("testdata/valid/tables.yaml", "tables.yaml")
	if diags != nil {
		t.Fatal(diags)
	}
	var got []string
	for _, a := range f.Source.Args {
		got = append(got, fmt.Sprintf("%s=%s (%s)", a.Name.Value, a.Value.Value, a.Value.Shape()))
	}
	want := "since=${{ params.since }} (a string), n=5 (a whole number), flag=true (true or false), none= (nothing)"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("got %s, want %s", s, want)
	}
}

func TestLoadUnreadable(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large.yaml")
	if err := os.WriteFile(large, []byte(strings.Repeat("# two megabytes\n", 2<<20/16)), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ path, want string }{
		{large, "x.yaml: the file has 2097152 bytes; the limit is 1048576 (1 MiB) (yaml.too_large)"},
		{filepath.Join(dir, "none.yaml"), "x.yaml: read: no such file or directory (yaml.read)"},
		{dir, "x.yaml: read: not a regular file (yaml.read)"},
	}
	for _, tt := range tests {
		f, diags := Load(tt.path, "x.yaml")
		if f != nil || len(diags) != 1 || diags[0].String() != tt.want {
			t.Errorf("Load(%s) = %v, %v; want %s", tt.path, f, diags, tt.want)
		}
	}
}

// TestDiagsStayFew: a file with very many findings is answered soon and shortly.
func TestDiagsStayFew(t *testing.T) {
	data := []byte("version: 1\nflow: a\nafter: [" + strings.Repeat("[],", 300_000) + "]\n")
	_, diags := LoadBytes(data, "a.yaml")
	if len(diags) > maxFindings+1 {
		t.Fatalf("%d findings", len(diags))
	}
	if diags[0].Code != "yaml.too_many" {
		t.Errorf("the first is %v", diags[0])
	}
}

// TestDiagsAreSafe: nothing of a file reaches the terminal as a control character.
func TestDiagsAreSafe(t *testing.T) {
	for text, least := range map[string]int{
		"version: 1\n\"fl\\u202eow\\e[2J\": \"\\e\"\nsource: {files: \"a\\u202eb\u200f.csv\", \"\\u2066x\": 1}\nsink: [\"\\x9b\"]\n": 3,
		"version: 1\nsource: {files: \"a\u202eb.csv\", \"\u2066x\": 1}\n":                                                            1,
	} {
		_, diags := LoadBytes([]byte(text), "a\x1b[31m\u202e.yaml")
		var b strings.Builder
		if err := WriteText(&b, diags); err != nil {
			t.Fatal(err)
		}
		for _, r := range b.String() {
			if r != '\n' && !printable(r) {
				t.Fatalf("%U in %q", r, b.String())
			}
		}
		if len(diags) < least {
			t.Errorf("findings: %v", diags)
		}
	}
}

func TestSnippet(t *testing.T) {
	tests := []struct {
		name, line string
		column     int
		want       string
	}{
		{"plain", "a: b", 4, "    7 | a: b\n      |    ^\n"},
		{"tab", "\ta: b", 2, "    7 |     a: b\n      |     ^\n"},
		{"wide", "日本: b", 5, "    7 | 日本: b\n      |       ^\n"},
		{"combining", "e\u0301x: b", 4, "    7 | e\u0301x: b\n      |   ^\n"},
		{"behind the end", "a:", 3, "    7 | a:\n      |   ^\n"},
		{"long", strings.Repeat("x", 200), 150, "    7 | …" + strings.Repeat("x", 100) + "…\n      | " + strings.Repeat(" ", 61) + "^\n"},
		{"control", "a\x1b: b", 4, "    7 | a\ufffd: b\n      |    ^\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := (file{}).snippet(tt.line, spec.Finding{Line: 7, Column: tt.column}); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/*/*.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			f.Fatal("no seeds", err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	reg := testRegistry()
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<13 {
			return
		}
		_, diags := LoadBytes(data, "flow.yaml")
		c, more := LoadConnectionsBytes(data, "connections.yaml")
		if c != nil {
			more = append(more, c.Check(reg)...)
		}
		for _, d := range append(diags, more...) {
			if d.Message == "" || d.Code == "" || d.Line < 0 || (d.Line == 0) != (d.Column == 0) {
				t.Fatalf("diagnostic %+v", d)
			}
			if strings.IndexFunc(d.String()+d.Suggestion, func(r rune) bool { return !printable(r) }) >= 0 {
				t.Fatalf("control characters in %q", d.String())
			}
		}
	})
}
