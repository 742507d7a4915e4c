package blob_test

import (
	"fmt"
	"io/fs"
	"maps"
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
)

func rolling(env connector.Env, name string, size int64, by ...string) *blob.Sink {
	return blob.NewSink(blob.SinkConfig{
		Store: file.Open(env, file.Config{}), Registry: all.Registry(), Pattern: name, PartitionBy: by, RollSize: size,
		Name: func(connector.Split) (string, error) { return name, nil },
	})
}

// tree is the files below dir, by name.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		got[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestRoll ends files at the batch that takes them to the limit.
func TestRoll(t *testing.T) {
	rows := conntest.Rows{Schema: conntest.Schema(t, "id int", "country string"), Cells: [][]string{
		{"1", "US"}, {"2", "DE"}, {"3", "US"}, {"4", "US"}, {"5", "US"}, {"6", "DE"},
	}}
	const head = "id,country\n"
	for _, c := range []struct {
		name string
		size int64
		by   []string
		want map[string]string
	}{
		{"o.csv", 20, nil, map[string]string{"o-00001.csv": head + "1,US\n2,DE\n", "o-00002.csv": head + "3,US\n4,US\n", "o-00003.csv": head + "5,US\n6,DE\n"}},
		{"out/o.csv", 1, nil, map[string]string{"out/o-00001.csv": head + "1,US\n", "out/o-00002.csv": head + "2,DE\n", "out/o-00003.csv": head + "3,US\n",
			"out/o-00004.csv": head + "4,US\n", "out/o-00005.csv": head + "5,US\n", "out/o-00006.csv": head + "6,DE\n"}},
		{"o.csv", 1000, nil, map[string]string{"o-00001.csv": head + "1,US\n2,DE\n3,US\n4,US\n5,US\n6,DE\n"}},
		{"o.csv", 6, []string{"country"}, map[string]string{"country=US/o-00001.csv": "id\n1\n3\n", "country=US/o-00002.csv": "id\n4\n5\n",
			"country=DE/o-00001.csv": "id\n2\n6\n"}},
	} {
		env := folder(t)
		sink := rolling(env, c.name, c.size, c.by...)
		done := conntest.Load{Rows: rows, Run: run, Batch: 1}.Write(t, sink)
		sink.Close()
		if got := tree(t, env.Project); !maps.Equal(got, c.want) {
			t.Errorf("%d bytes by %v: %q, want %q", c.size, c.by, got, c.want)
		}
		if done.Receipts[0].Rows != 6 || len(done.Result.Outputs) != len(c.want) {
			t.Errorf("%d bytes: receipt %+v, outputs %q", c.size, done.Receipts[0], done.Result.Outputs)
		}
	}
}

// TestRollFormats reads back what was rolled in every format that can be written.
func TestRollFormats(t *testing.T) {
	rows := conntest.Numbered(t, 5000)
	for _, name := range []string{"o.csv.gz", "o.jsonl", "o.jsonl.zst", "o.parquet"} {
		env := folder(t)
		sink := rolling(env, name, 1)
		done := conntest.Load{Rows: rows, Run: run, Batch: 500}.Write(t, sink)
		sink.Close()
		if name == "o.jsonl" && len(done.Result.Outputs) != 10 {
			t.Errorf("%s: outputs %q", name, done.Result.Outputs)
		}
		if !slices.IsSorted(done.Result.Outputs) || done.Receipts[0].Rows != 5000 {
			t.Errorf("%s: outputs %q, receipt %+v", name, done.Result.Outputs, done.Receipts[0])
		}
		src := newSource(env, blob.SourceConfig{Glob: strings.Replace(name, "o.", "o-*.", 1), Columns: rows.Schema.Fields})
		if _, got, _ := conntest.Read(t, src, nil); !slices.EqualFunc(got, rows.Cells, slices.Equal) {
			t.Errorf("%s: %d rows read back, and not the same", name, len(got))
		}
		src.Close()
	}
}

// TestRollNothing makes one file where there are no rows.
func TestRollNothing(t *testing.T) {
	env := folder(t)
	sink := rolling(env, "o.csv", 1)
	defer sink.Close()
	conntest.Load{Rows: conntest.Rows{Schema: conntest.Schema(t, "a int")}, Run: run}.Write(t, sink)
	if got := tree(t, env.Project); !maps.Equal(got, map[string]string{"o-00001.csv": "a\n"}) {
		t.Errorf("files %q", got)
	}
}

// TestRollUndone leaves nothing, whether the last file was sealed or not.
func TestRollUndone(t *testing.T) {
	rows := conntest.Numbered(t, 6)
	env := folder(t)
	sink := rolling(env, "o.csv", 1)
	defer sink.Close()
	done := conntest.Load{Rows: rows, Run: run, Batch: 2}.Stage(t, sink)
	if err := sink.Abort(t.Context(), done.Session, done.Receipts); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, env.Project); len(got) > 0 {
		t.Errorf("sealed: %q was left", got)
	}
	ses, err := sink.Prepare(t.Context(), rows.Schema, run, false)
	if err != nil {
		t.Fatal(err)
	}
	w, err := sink.Open(t.Context(), ses, connector.Split{})
	if err != nil {
		t.Fatal(err)
	}
	var m connector.Morsel
	for i := range 3 {
		rows.Fill(t, &m, i, i+1)
		if err := w.Encode(&m); err != nil {
			t.Fatal(err)
		}
		if err := w.Append(t.Context(), &m); err != nil {
			t.Fatal(err)
		}
	}
	if got := tree(t, env.Project); len(got) != 3 {
		t.Errorf("%d files are under way", len(got))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, env.Project); len(got) > 0 {
		t.Errorf("not sealed: %q was left", got)
	}
}

// TestRollNames puts the number before the extensions.
func TestRollNames(t *testing.T) {
	for name, want := range map[string]string{
		"a/o.csv": "a/o-00001.csv", "o.CSV.gz": "o-00001.CSV.gz", "v1.2.jsonl.zst": "v1.2-00001.jsonl.zst", "a.b/o.parquet": "a.b/o-00001.parquet",
	} {
		sink := rolling(folder(t), name, 1<<20)
		ses, err := sink.Prepare(t.Context(), conntest.Numbered(t, 1).Schema, run, true)
		if err != nil || fmt.Sprint(ses.Changes) != "[write files of about 1MiB: "+want+", ...]" {
			t.Errorf("%s: %q, %v", name, ses.Changes, err)
		}
		sink.Close()
	}
	env := folder(t)
	env.Stdout = os.Stdout
	sink := blob.NewSink(blob.SinkConfig{
		Store: file.Open(env, file.Config{}), Registry: all.Registry(), RollSize: 1, Layers: &blob.Layers{Format: all.Registry().Format("csv")},
		Name: func(connector.Split) (string, error) { return "-", nil },
	})
	defer sink.Close()
	_, err := sink.Prepare(t.Context(), conntest.Numbered(t, 1).Schema, run, true)
	wantError(t, err, "write standard output: roll: standard output is one stream")
}
