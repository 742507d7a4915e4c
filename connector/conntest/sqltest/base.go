package sqltest

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/record"
)

// Base is an empty database of a test's own.
type Base struct {
	// Query runs statements as the database's own client does, and is what that prints: a line for
	// each row, bars between cells.
	Query func(t testing.TB, sql string) string
	// Source and With open a source and a sink until the test ends.
	Source func(t testing.TB, req connector.SourceRequest) connector.Source
	With   func(t testing.TB, o Options, req connector.SinkRequest) connector.Sink
	// Prefix stands before the names of tables in messages: "public.".
	Prefix string
}

// Sink opens a sink with the options of the connection.
func (b Base) Sink(t testing.TB, req connector.SinkRequest) connector.Sink {
	t.Helper()
	return b.With(t, Options{}, req)
}

// Run is the run of loads that need only one.
var Run = connector.Run{ID: "run-1", Flow: "flow"}

// RowsOf is test data: fields as conntest.Schema takes them, rows with cells between bars.
func RowsOf(t testing.TB, fields string, rows ...string) conntest.Rows {
	r := conntest.Rows{Schema: conntest.Schema(t, strings.Split(fields, "; ")...)}
	for _, row := range rows {
		r.Cells = append(r.Cells, strings.Split(strings.ReplaceAll(row, "NULL", conntest.Null), "|"))
	}
	return r
}

// Want compares what the database's own client prints.
func (b Base) Want(t testing.TB, sql, want string) {
	t.Helper()
	if got := b.Query(t, sql); got != want {
		t.Errorf("%s:\n%s\nwant\n%s", sql, got, want)
	}
}

// WantError fails t unless err has the words.
func WantError(t testing.TB, err error, words ...string) {
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

// Load writes rows and returns what came of it.
func (b Base) Load(t testing.TB, req connector.SinkRequest, rows conntest.Rows) conntest.Loaded {
	t.Helper()
	s := b.Sink(t, req)
	defer s.Close()
	return conntest.Load{Rows: rows, Run: Run}.Write(t, s)
}

// Refused is the error that Prepare comes to, the same when it is dry.
func (b Base) Refused(t testing.TB, req connector.SinkRequest, rows conntest.Rows, words ...string) (err error) {
	t.Helper()
	for _, dry := range []bool{true, false} {
		s := b.Sink(t, req)
		before := err
		_, err = s.Prepare(t.Context(), rows.Schema, Run, dry)
		s.Close()
		WantError(t, err, words...)
		if before != nil && err != nil && before.Error() != err.Error() {
			t.Errorf("dry says %q, then %q", before, err)
		}
	}
	return err
}

// Read is the rows of a source.
func (b Base) Read(t testing.TB, req connector.SourceRequest) [][]string {
	t.Helper()
	s := b.Source(t, req)
	defer s.Close()
	_, rows, _ := conntest.Read(t, s, nil)
	return rows
}

// Fails reads a source that Discover refuses.
func (b Base) Fails(t testing.TB, req connector.SourceRequest, words ...string) {
	t.Helper()
	s := b.Source(t, req)
	defer s.Close()
	_, err := s.Discover(t.Context())
	WantError(t, err, words...)
}

// Incremental is the ids of the rows of t since cursor, and the next cursor.
func (b Base) Incremental(t testing.TB, inc connector.Incremental, cursor json.RawMessage) (ids []string, next json.RawMessage) {
	t.Helper()
	s := b.Source(t, connector.SourceRequest{Table: "t", Select: []string{"id"}, Incremental: &inc})
	defer s.Close()
	_, rows, plan := conntest.Read(t, s, cursor)
	for _, r := range rows {
		ids = append(ids, r[0])
	}
	return ids, plan.Cursor
}

// Visible reads a table as others see it. ok is false when there is none.
func (b Base) Visible(t testing.TB, table string, declared []record.Field) (rows [][]string, ok bool) {
	t.Helper()
	s := b.Source(t, connector.SourceRequest{Table: table, Columns: declared})
	defer s.Close()
	if _, err := s.Discover(t.Context()); errors.Is(err, fs.ErrNotExist) {
		return nil, false
	}
	_, rows, _ = conntest.Read(t, s, nil)
	return rows, true
}

// batch is how many rows Attempt writes at a time.
const batch = 200

// Attempt is one run of a sink, up to where it fails.
func Attempt(ctx context.Context, t testing.TB, s connector.Sink, rows conntest.Rows, id string) (*connector.Session, []connector.Receipt, error) {
	return attempt(ctx, t, s, rows, id, func(*connector.Session) {})
}

// attempt calls did after each step.
func attempt(ctx context.Context, t testing.TB, s connector.Sink, rows conntest.Rows, id string, did func(*connector.Session)) (*connector.Session, []connector.Receipt, error) {
	ses, err := s.Prepare(ctx, rows.Schema, connector.Run{ID: id, Flow: Run.Flow}, false)
	if err != nil {
		return nil, nil, err
	}
	did(ses)
	w, err := s.Open(ctx, ses, connector.Split{})
	if err != nil {
		return ses, nil, err
	}
	defer w.Close()
	did(ses)
	for from := 0; from < len(rows.Cells); from += batch {
		var m connector.Morsel
		rows.Fill(t, &m, from, min(from+batch, len(rows.Cells)))
		if err := w.Encode(&m); err != nil {
			return ses, nil, err
		}
		if err := w.Append(ctx, &m); err != nil {
			return ses, nil, err
		}
		did(ses)
	}
	r, err := w.Seal(ctx)
	if err != nil {
		return ses, nil, err
	}
	did(ses)
	rs := []connector.Receipt{r}
	if _, err = s.Commit(ctx, ses, rs, stateOf(id)); err == nil {
		did(ses)
	}
	return ses, rs, err
}

// stateOf is what a run leaves beside its rows.
func stateOf(id string) connector.State {
	return connector.State{Flow: Run.Flow, Run: id, Cursor: json.RawMessage(`"` + id + `"`)}
}
