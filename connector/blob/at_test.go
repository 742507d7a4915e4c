package blob_test

import (
	"context"
	"errors"
	"io"
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

// parquetFile writes n rows to in/a.parquet of a new folder.
func parquetFile(t testing.TB, n int) (connector.Env, conntest.Rows) {
	t.Helper()
	env := connector.Env{Project: t.TempDir()}
	rows := conntest.Numbered(t, n)
	conntest.Load{Rows: rows, Run: connector.Run{ID: "r", Flow: "f"}}.Write(t, newSink(env, "in/a.parquet"))
	return env, rows
}

// streams is a store that reads from one place on, and at no other.
type streams struct{ connector.Store }

func (s streams) Open(ctx context.Context, name string, off int64) (io.ReadCloser, error) {
	rc, err := s.Store.Open(ctx, name, off)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{rc, rc}, nil
}

func TestRangesOfStreams(t *testing.T) {
	env, rows := parquetFile(t, 5000)
	src := blob.NewSource(blob.SourceConfig{Store: streams{file.Open(env, file.Config{})}, Registry: all.Registry(), Glob: "in/*.parquet"})
	defer src.Close()
	_, got, _ := conntest.Read(t, src, nil)
	conntest.Same(t, "rows", got, rows.Cells)
}

// TestOwnTypes: a format that knows its types is believed, without a sample.
func TestOwnTypes(t *testing.T) {
	env, rows := parquetFile(t, 10)
	src := newSource(env, blob.SourceConfig{Glob: "in/*.parquet"})
	defer src.Close()
	st, err := src.Discover(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range st.Schema.Fields {
		if f.Name != rows.Schema.Fields[i].Name || f.Type != rows.Schema.Fields[i].Type {
			t.Errorf("column %s %s, want %s", f.Name, f.Type, rows.Schema.Fields[i].Type)
		}
	}
}

func TestNotAtAnyPlace(t *testing.T) {
	env := folder(t, "in/a.parquet.gz", "x")
	_, err := newSource(env, blob.SourceConfig{Glob: "in/*"}).Discover(t.Context())
	wantError(t, err, "in/a.parquet.gz", "through gzip")

	env.Stdin = strings.NewReader("PAR1")
	layers := &blob.Layers{Format: all.Registry().Format("parquet")}
	_, err = newSource(env, blob.SourceConfig{Glob: "-", Layers: layers}).Discover(t.Context())
	wantError(t, err, "standard input", "stream")
}

func TestChangedWhileReadAtAnyPlace(t *testing.T) {
	env, _ := parquetFile(t, 20_000)
	src := newSource(env, blob.SourceConfig{Glob: "in/*.parquet"})
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
	name := filepath.Join(env.Project, "in/a.parquet")
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("more"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	for m := (&connector.Morsel{}); err == nil; {
		err = r.Next(t.Context(), m)
	}
	if errors.Is(err, io.EOF) {
		t.Error("a file that grew was read as if it had not")
	}
	wantError(t, err, "changed")
}
