package spec

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs; got\n%s", path, got)
	}
}

func TestOptions(t *testing.T) {
	got, err := json.MarshalIndent(Options(&config{}), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "options.json", append(got, '\n'))
}

func TestJSONSchema(t *testing.T) {
	got, err := json.MarshalIndent(JSONSchema(&config{}), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "schema.json", append(got, '\n'))
}

func TestSize(t *testing.T) {
	tests := []struct {
		text string
		want Size
		out  string
	}{
		{"0", 0, "0"}, {"1", 1, "1"}, {"64k", 65536, "64KiB"}, {"64 KiB", 65536, "64KiB"}, {"1kB", 1000, "1000"}, {"256MiB", 256 << 20, "256MiB"},
		{"2g", 2 << 30, "2GiB"}, {"1536", 1536, "1536"}, {"3TB", 3e12, "2929687500KiB"}, {"5b", 5, "5"},
	}
	for _, tt := range tests {
		got, err := ParseSize(tt.text)
		if err != nil || got != tt.want || got.String() != tt.out {
			t.Errorf("ParseSize(%q) = %d %s, %v; want %d %s", tt.text, got, got, err, tt.want, tt.out)
		}
	}
	for _, bad := range []string{"", "k", "-1", "1.5M", "9999999T", "1 x", "0x10"} {
		if got, err := ParseSize(bad); err == nil {
			t.Errorf("ParseSize(%q) = %d, want an error", bad, got)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"filter", "set", "select", "drop", "rename", "cast", "dedupe", "limit", "expect"}
	tests := map[string]string{"fliter": "filter", "SELECT": "select", "selct": "select", "st": "set", "dedup": "dedupe", "expects": "expect", "x": "", "aggregate": "", "": ""}
	for name, want := range tests {
		if got := Nearest(name, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestQuote(t *testing.T) {
	if got := Quote("a\x1b[2J\n\u202e" + "b"); got != `"a\x1b[2J\n\u202eb"` {
		t.Errorf("Quote = %s", got)
	}
	if got := Clip(`say "hi"`); got != `say "hi"` {
		t.Errorf("Clip = %s", got)
	}
}
