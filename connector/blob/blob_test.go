package blob_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/all"
	"github.com/headgate/headgate/connector/blob"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/file"
	"github.com/headgate/headgate/connector/record"
)

// kinds are the files the suites run over: plain and compressed, read from the start or at any place.
var kinds = []string{".csv", ".tsv.gz", ".jsonl.zst", ".csv.zip", ".parquet"}

func TestSource(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			conntest.RunSource(t, conntest.SourceHarness{
				Make: func(t testing.TB, dir string, rows conntest.Rows) { split(t, dir, kind, rows) },
				Open: func(t testing.TB, dir string, declared []record.Field, piece int) connector.Source {
					return newSource(connector.Env{Project: dir}, blob.SourceConfig{Glob: "in/*" + kind, Columns: declared, ChunkSize: 16 * piece})
				},
				Pieces: []int{1, 2, 7, 1000},
			})
		})
	}
}

// split writes rows into two files that a glob finds in order.
func split(t testing.TB, dir, kind string, rows conntest.Rows) {
	t.Helper()
	half := rows
	half.Cells = rows.Cells[:len(rows.Cells)/2]
	for _, name := range []string{"in/a" + kind, "in/b" + kind} {
		conntest.Load{Rows: half, Run: connector.Run{ID: "r", Flow: "f"}}.Write(t, newSink(connector.Env{Project: dir}, name))
		half.Cells = rows.Cells[len(rows.Cells)/2:]
	}
}

func newSource(env connector.Env, cfg blob.SourceConfig) *blob.Source {
	cfg.Store, cfg.Registry = file.Open(env, file.Config{}), all.Registry()
	return blob.NewSource(cfg)
}

func newSink(env connector.Env, name string) *blob.Sink {
	return blob.NewSink(blob.SinkConfig{
		Store: file.Open(env, file.Config{}), Registry: all.Registry(), Pattern: name,
		PerSplit: strings.Contains(name, "${{"),
		Name: func(sp connector.Split) (string, error) {
			return strings.ReplaceAll(name, "${{ split.id }}", string(sp.ID)), nil
		},
	})
}

// folder makes a folder of files, given as name and content in turn.
func folder(t testing.TB, files ...string) connector.Env {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		name := filepath.Join(dir, files[i])
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(files[i+1]), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return connector.Env{Project: dir}
}

func wantError(t testing.TB, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one with %q", words)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q lacks %q", err, w)
		}
	}
}

func contains(list []string, word string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.Contains(s, word) })
}

func TestSink(t *testing.T) {
	splits := []connector.Split{{ID: "s1"}, {ID: "s2"}}
	for _, kind := range kinds {
		for _, name := range []string{"out/x" + kind, "out/x-${{ split.id }}" + kind} {
			t.Run(name, func(t *testing.T) {
				conntest.RunSink(t, conntest.SinkHarness{
					Open: func(t testing.TB, dir string) connector.Sink { return newSink(connector.Env{Project: dir}, name) },
					Visible: func(t testing.TB, dir string, sch *record.Schema) ([][]string, bool) {
						if list, _ := filepath.Glob(filepath.Join(dir, "out/x*")); len(list) == 0 {
							return nil, false
						}
						src := newSource(connector.Env{Project: dir}, blob.SourceConfig{Glob: "out/x*" + kind, Columns: sch.Fields})
						defer src.Close()
						_, rows, _ := conntest.Read(t, src, nil)
						return rows, true
					},
					Left: files, Holds: true, Splits: splits,
				})
			})
		}
	}
}

// files lists the files under dir, also hidden ones.
func files(t testing.TB, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all = append(all, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
