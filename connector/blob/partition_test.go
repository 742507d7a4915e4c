package blob_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/all"
	"github.com/headgate/headgate/connector/blob"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/file"
)

func partitioned(env connector.Env, name string, by ...string) *blob.Sink {
	return blob.NewSink(blob.SinkConfig{
		Store: file.Open(env, file.Config{}), Registry: all.Registry(), Pattern: name, PartitionBy: by,
		Name: func(connector.Split) (string, error) { return name, nil },
	})
}

// TestPartitions writes the same rows in batches of several sizes: the files are the same, and
// so is the order of their names.
func TestPartitions(t *testing.T) {
	rows := conntest.Rows{Schema: conntest.Schema(t, "id int", "country string", "paid bool"), Cells: [][]string{
		{"1", "US", "true"}, {"2", "DE", "false"}, {"3", "US", "true"}, {"4", conntest.Null, "true"},
		{"5", "a/b=c%", "true"}, {"6", "", "true"}, {"7", "..", "false"}, {"8", "US", "false"},
	}}
	want := map[string]string{
		"out/country=US/paid=true/o.csv":                         "id\n1\n3\n",
		"out/country=DE/paid=false/o.csv":                        "id\n2\n",
		"out/country=__HIVE_DEFAULT_PARTITION__/paid=true/o.csv": "id\n4\n",
		"out/country=a%2Fb%3Dc%25/paid=true/o.csv":               "id\n5\n",
		"out/country=%/paid=true/o.csv":                          "id\n6\n",
		"out/country=../paid=false/o.csv":                        "id\n7\n",
		"out/country=US/paid=false/o.csv":                        "id\n8\n",
	}
	for _, batch := range []int{0, 1, 3} {
		env := folder(t)
		sink := partitioned(env, "out/o.csv", "country", "paid")
		done := conntest.Load{Rows: rows, Run: run, Batch: batch}.Write(t, sink)
		sink.Close()
		got := map[string]string{}
		filepath.WalkDir(env.Project, func(path string, d fs.DirEntry, err error) error {
			if !d.IsDir() {
				b, _ := os.ReadFile(path)
				rel, _ := filepath.Rel(env.Project, path)
				got[filepath.ToSlash(rel)] = string(b)
			}
			return err
		})
		for name, text := range want {
			if got[name] != text {
				t.Errorf("batch %d: %s holds %q, want %q", batch, name, got[name], text)
			}
		}
		if len(got) != len(want) {
			t.Errorf("batch %d: files %v", batch, got)
		}
		if first := done.Result.Outputs[0]; first != "out/country=US/paid=true/o.csv" || len(done.Result.Outputs) != len(want) {
			t.Errorf("batch %d: outputs %q", batch, done.Result.Outputs)
		}
		if done.Receipts[0].Rows != int64(len(rows.Cells)) {
			t.Errorf("batch %d: receipt %+v", batch, done.Receipts[0])
		}
	}
}

func TestPartitionsUndone(t *testing.T) {
	env := folder(t)
	sink := partitioned(env, "out/o.csv", "name")
	defer sink.Close()
	done := conntest.Load{Rows: conntest.Numbered(t, 5), Run: run}.Stage(t, sink)
	if err := sink.Abort(t.Context(), done.Session, done.Receipts); err != nil {
		t.Fatal(err)
	}
	filepath.WalkDir(env.Project, func(path string, d fs.DirEntry, err error) error {
		if !d.IsDir() {
			t.Errorf("%s was left", path)
		}
		return err
	})
}

func TestPartitionsRefused(t *testing.T) {
	rows := conntest.Numbered(t, 1)
	for _, c := range []struct {
		by   []string
		want string
	}{
		{[]string{"nope"}, `no column "nope"`},
		{rows.Schema.Names(), "leaves none for the files"},
	} {
		sink := partitioned(folder(t), "o.csv", c.by...)
		_, err := sink.Prepare(t.Context(), rows.Schema, run, true)
		wantError(t, err, c.want)
		sink.Close()
	}
	var cells [][]string
	for i := range 1001 {
		cells = append(cells, []string{"1", strings.Repeat("x", i)})
	}
	many := conntest.Rows{Schema: conntest.Schema(t, "a int", "b string"), Cells: cells}
	sink := partitioned(folder(t), "o.csv", "b")
	defer sink.Close()
	ses, err := sink.Prepare(t.Context(), many.Schema, run, false)
	if err != nil {
		t.Fatal(err)
	}
	w, err := sink.Open(t.Context(), ses, connector.Split{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var m connector.Morsel
	many.Fill(t, &m, 0, len(cells))
	wantError(t, w.Encode(&m), "more than 1000 partitions")
	if len(m.Batch.Cols) != 2 || len(m.Batch.Sel) != len(cells) {
		t.Error("a failed Encode changed the batch")
	}
}
