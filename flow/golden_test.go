package flow

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
)

var update = flag.Bool("update", false, "write the golden files")

// goldenText compares diagnostics with the file beside name.
func goldenText(t *testing.T, name string, diags []Diag) {
	t.Helper()
	var got bytes.Buffer
	if err := WriteText(&got, diags); err != nil {
		t.Fatal(err)
	}
	path := strings.TrimSuffix(name, ".yaml") + ".txt"
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("%s differs; got\n%s", path, got.String())
	}
}

func eachFile(t *testing.T, pattern string, f func(t *testing.T, path string)) {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) { f(t, path) })
	}
}

func TestFlowDiags(t *testing.T) {
	eachFile(t, "testdata/flows/*.yaml", func(t *testing.T, path string) {
		_, diags := Load(path, "flows/"+filepath.Base(path))
		goldenText(t, path, diags)
	})
}

func TestConnectionDiags(t *testing.T) {
	eachFile(t, "testdata/connections/*.yaml", func(t *testing.T, path string) {
		c, diags := LoadConnections(path, "connections.yaml")
		if c != nil {
			diags = SortDiags(append(diags, c.Check(testRegistry())...))
		}
		goldenText(t, path, diags)
		var shown bytes.Buffer
		if err := WriteText(&shown, diags); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(shown.String(), "hunter2") {
			t.Error("a diagnostic shows a secret")
		}
	})
}

func TestValidFlows(t *testing.T) {
	eachFile(t, "testdata/valid/*.yaml", func(t *testing.T, path string) {
		if filepath.Base(path) == "connections.yaml" {
			c, diags := LoadConnections(path, path)
			if diags = append(diags, c.Check(testRegistry())...); len(diags) > 0 {
				t.Errorf("%v", diags)
			}
			return
		}
		if _, diags := Load(path, path); len(diags) > 0 {
			t.Errorf("%v", diags)
		}
	})
}

type sqliteKeys struct {
	Path string `key:"path" required:"true" help:"the database's file"`
}

type demoKeys struct {
	Host     string `key:"host" required:"true" help:"where it is"`
	Port     int    `key:"port" default:"5432" help:"its port"`
	Password string `key:"password" secret:"true" help:"the password"`
}

type csvKeys struct {
	Delimiter string `key:"delimiter" default:"," help:"what separates cells"`
	Header    bool   `key:"header" default:"true" help:"whether the first line names the columns"`
}

type zstdKeys struct {
	Level int `key:"level" default:"3" help:"1 is fast, 19 is small"`
}

type noKeys struct{}

// testRegistry has entries as data only: loading and checking never opens anything.
func testRegistry() *connector.Registry {
	none := func() any { return &noKeys{} }
	return &connector.Registry{
		Types: []*connector.Type{
			{Name: "sqlite", Summary: "a SQLite file", Config: func() any { return &sqliteKeys{} }},
			{Name: "demo", Summary: "a database", Config: func() any { return &demoKeys{} }},
		},
		Formats: []*connector.Format{
			{Name: "csv", Summary: "comma-separated values", Config: func() any { return &csvKeys{} }},
			{Name: "jsonl", Summary: "a JSON object a line", Config: none},
		},
		Codecs: []*connector.Codec{
			{Name: "gzip", Summary: "gzip", Config: none},
			{Name: "zstd", Summary: "Zstandard", Config: func() any { return &zstdKeys{} }},
		},
	}
}
