package conntest

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// opened discovers, plans and opens the first split.
func opened(t *testing.T, src connector.Source) (connector.Reader, connector.Split) {
	t.Helper()
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
	return r, plan.Splits[0]
}

// sourceParallel fills all morsels before it decodes them, all at once.
func sourceParallel(t *testing.T, h SourceHarness, dir string) {
	rows := Numbered(t, 1000)
	h.Make(t, dir, rows)
	src := h.Open(t, dir, rows.Schema.Fields, h.Pieces[0])
	defer src.Close()
	r, sp := opened(t, src)
	defer r.Close()
	var ms []*connector.Morsel
	read := r.BytesRead()
	for {
		m := new(connector.Morsel)
		err := r.Next(t.Context(), m)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if n := r.BytesRead(); n < read {
			t.Errorf("bytes read went from %d to %d", read, n)
		} else {
			read = n
		}
		ms = append(ms, m)
	}
	if sp.Bytes >= 0 && read != sp.Bytes {
		t.Errorf("%d bytes read of %d", read, sp.Bytes)
	}
	var wg sync.WaitGroup
	errs := make([]error, len(ms))
	for i, m := range ms {
		wg.Go(func() { errs[i] = r.Decode(m) })
	}
	wg.Wait()
	var got [][]string
	for i, m := range ms {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		got = append(got, Texts(&m.Batch)...)
	}
	Same(t, "parallel", got, rows.Cells[:len(got)])
	if len(got) == 0 {
		t.Error("no rows")
	}
}

func sourceEnd(t *testing.T, h SourceHarness, dir string) {
	rows := Numbered(t, 3)
	h.Make(t, dir, rows)
	src := h.Open(t, dir, rows.Schema.Fields, 0)
	defer src.Close()
	r, sp := opened(t, src)
	var m connector.Morsel
	for err := error(nil); !errors.Is(err, io.EOF); {
		if err = r.Next(t.Context(), &m); err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := r.Next(t.Context(), &m); !errors.Is(err, io.EOF) {
			t.Errorf("after the end: %v", err)
		}
	}
	if err := errors.Join(r.Close(), r.Close()); err != nil {
		t.Errorf("close, twice: %v", err)
	}
	if sp.Bytes >= 0 && r.BytesRead() != sp.Bytes {
		t.Errorf("%d bytes read of %d", r.BytesRead(), sp.Bytes)
	}
}

func sourceEarlyClose(t *testing.T, h SourceHarness, dir string) {
	rows := Numbered(t, 50_000)
	h.Make(t, dir, rows)
	src := h.Open(t, dir, rows.Schema.Fields, 0)
	defer src.Close()
	r, sp := opened(t, src)
	var m connector.Morsel
	if err := r.Next(t.Context(), &m); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.Close(), r.Close()); err != nil {
		t.Errorf("close, twice: %v", err)
	}
	if r, err := src.Open(t.Context(), sp); err != nil {
		t.Errorf("open again: %v", err)
	} else if err := r.Close(); err != nil {
		t.Errorf("close before the first row: %v", err)
	}
}

func sourceCancel(t *testing.T, h SourceHarness, dir string) {
	rows := Numbered(t, 50_000)
	h.Make(t, dir, rows)
	src := h.Open(t, dir, rows.Schema.Fields, h.Pieces[0])
	defer src.Close()
	r, _ := opened(t, src)
	defer r.Close()
	var m connector.Morsel
	if err := r.Next(t.Context(), &m); err != nil {
		t.Fatal(err)
	}
	soon(t, "next", func() {
		var err error
		for ctx := cancelled(t); err == nil; {
			err = r.Next(ctx, &m)
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("next: %v", err)
		}
	})
	soon(t, "discover", func() {
		other := h.Open(t, dir, nil, 0)
		defer other.Close()
		if _, err := other.Discover(cancelled(t)); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("discover: %v", err)
		}
	})
}

// sourcePositions asks where rows are from.
func sourcePositions(t *testing.T, h SourceHarness, dir string) {
	rows := Numbered(t, 10)
	h.Make(t, dir, rows)
	src := h.Open(t, dir, rows.Schema.Fields, 0)
	defer src.Close()
	r, _ := opened(t, src)
	defer r.Close()
	var m connector.Morsel
	if err := r.Next(t.Context(), &m); err != nil {
		t.Fatal(err)
	}
	if err := r.Decode(&m); err != nil {
		t.Fatal(err)
	}
	b := &m.Batch
	line := int64(0)
	for _, row := range b.Sel {
		p := b.Origin.Position(b, row)
		if p.File == "" || p.Line <= line {
			t.Errorf("row %d is from %+v, after line %d", row, p, line)
		}
		line = p.Line
		if len(b.Origin.Record(b, row)) == 0 {
			t.Errorf("row %d has no record", row)
		}
	}
}

// sourceMissing declares a column that is not there: it is named, as an error or in
// the stream.
func sourceMissing(t *testing.T, h SourceHarness, dir string) {
	rows := Numbered(t, 10)
	h.Make(t, dir, rows)
	declared := append(slices.Clone(rows.Schema.Fields), record.Field{Name: "absent", Type: record.Type{Kind: record.Int}})
	src := h.Open(t, dir, declared, 0)
	defer src.Close()
	st, err := src.Discover(t.Context())
	if err != nil {
		return
	}
	if !slices.Equal(st.Missing, []string{"absent"}) {
		t.Errorf("missing: %q", st.Missing)
	}
}
