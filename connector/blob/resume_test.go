package blob_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/all"
	"github.com/headgate/headgate/connector/blob"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/file"
)

// shaky is a store whose reads break off after some bytes.
type shaky struct {
	connector.Store
	every  int   // bytes that a connection lives
	fails  error // what it then ends with; nil = a clean end
	opened int
	refuse int // openings to refuse
	change func()
}

func (s *shaky) Open(ctx context.Context, name string, offset int64) (io.ReadCloser, error) {
	s.opened++
	if s.refuse > 0 && offset > 0 {
		s.refuse--
		return nil, connector.Transient(errors.New("refused"))
	}
	rc, err := s.Store.Open(ctx, name, offset)
	if err != nil {
		return nil, err
	}
	return &shakyReader{rc, s, s.every}, nil
}

type shakyReader struct {
	io.ReadCloser
	s    *shaky
	left int
}

func (r *shakyReader) Read(p []byte) (int, error) {
	if r.left == 0 {
		if r.s.change != nil {
			r.s.change()
		}
		if r.s.fails == nil {
			return 0, io.EOF
		}
		return 0, r.s.fails
	}
	n, err := r.ReadCloser.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, err
}

func TestResume(t *testing.T) {
	rows := conntest.Numbered(t, 3000)
	cut := connector.Transient(errors.New("connection reset"))
	for _, c := range []struct {
		name    string
		kind    string
		fails   error
		refuse  int
		retry   connector.Retry
		replace bool
		want    string // of the error; "" = everything is read
	}{
		{"reset", ".csv", cut, 0, connector.Retry{Attempts: 3}, false, ""},
		{"reset under a codec", ".jsonl.zst", cut, 0, connector.Retry{Attempts: 3}, false, ""},
		{"reset and refused", ".tsv.gz", cut, 2, connector.Retry{Attempts: 4}, false, ""},
		{"a clean end before the end", ".csv", nil, 0, connector.Retry{Attempts: 2}, false, ""},
		{"read at any place", ".parquet", cut, 0, connector.Retry{Attempts: 2}, false, ""},
		{"what does not pass", ".csv", errors.New("permission denied"), 0, connector.Retry{Attempts: 3}, false, "permission denied"},
		{"an error that wraps the end", ".csv", fmt.Errorf("connection lost: %w", io.EOF), 0, connector.Retry{}, false, "connection lost"},
		{"an error that wraps the end, in gzip", ".tsv.gz", fmt.Errorf("connection lost: %w", io.EOF), 0, connector.Retry{}, false, "connection lost"},
		{"an error that wraps the end, in zstd", ".jsonl.zst", fmt.Errorf("connection lost: %w", io.EOF), 0, connector.Retry{}, false, "connection lost"},
		{"no retry", ".csv", cut, 0, connector.Retry{}, false, "connection reset"},
		{"refused too often", ".csv", cut, 9, connector.Retry{Attempts: 3}, false, "refused"},
		{"replaced meanwhile", ".csv", cut, 0, connector.Retry{Attempts: 3}, true, "the file has changed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			conntest.NoLeak(t)
			b := newInbox(t)
			split(t, b.dir, c.kind, rows)
			env := connector.Env{Project: b.dir}
			store := &shaky{Store: file.Open(env, file.Config{}), every: 1 << 30}
			src := blob.NewSource(blob.SourceConfig{Store: store, Registry: all.Registry(), Glob: "in/*" + c.kind, Retry: c.retry,
				Columns: rows.Schema.Fields, Sums: true})
			defer src.Close()
			if _, err := src.Discover(t.Context()); err != nil {
				t.Fatal(err)
			}
			plan, err := src.Plan(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			store.every, store.fails, store.refuse = 500, c.fails, c.refuse
			if c.kind == ".parquet" {
				store.every = 1 << 30 // a read that begins is finished
			}
			if c.replace {
				store.change = func() { b.put("in/a"+c.kind, "id,name\n1,x\n", 1) }
			}
			var got [][]string
			for _, sp := range plan.Splits {
				part, e := conntest.ReadSplit(t.Context(), src, sp)
				got, err = append(got, part...), errors.Join(err, e)
			}
			switch {
			case c.want == "" && err == nil:
				conntest.Same(t, "rows", got, rows.Cells)
				if sums := src.Sums(); c.kind != ".parquet" && (len(sums) != 2 || len(sums[0].SHA256) != 64) {
					t.Errorf("sums %v", sums)
				}
			case c.want == "" || err == nil || !strings.Contains(err.Error(), c.want):
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}
