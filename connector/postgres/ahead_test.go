package postgres_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/sqltest"
)

// TestAhead has refused rows in batches before, between and behind others that were sent already.
func TestAhead(t *testing.T) {
	d := start(t)
	for _, mode := range []string{"append", "upsert"} {
		for _, every := range []int{1, 3, 10, 29} {
			t.Run(fmt.Sprint(mode, every), func(t *testing.T) { loadAhead(t, d.base(t), mode, every) })
		}
	}
}

// loadAhead loads 100 rows of which one in so many is refused, and one in so many has a key again.
func loadAhead(t *testing.T, b base, mode string, every int) {
	b.SQL(t, b.name, "CREATE TABLE t (id int PRIMARY KEY, name text CHECK (name <> 'bad'))")
	req := connector.SinkRequest{Table: "t", Mode: mode}
	if mode == "upsert" {
		req.Key = []string{"id"}
	}
	var rows []string
	want, refused := map[int]string{}, 0
	for i := range 100 {
		id, name := i, fmt.Sprint("n", i)
		switch {
		case i%every == every/2:
			name = "bad"
		case i%every == every/3:
			id = max(0, i-3)
		}
		rows = append(rows, fmt.Sprintf("%d|%s", id, name))
		_, there := want[id]
		if name == "bad" || there && mode == "append" {
			refused++
		} else {
			want[id] = name
		}
	}
	s := b.Sink(t, req)
	defer s.Close()
	out := conntest.Load{Rows: sqltest.RowsOf(t, "id int; name string", rows...), Run: connector.Run{ID: "r", Flow: "f"}, Batch: 4}.Write(t, s)
	if len(out.Rejects) != refused || out.Receipts[0].Rows != int64(len(rows)-refused) {
		t.Errorf("%d rejects and %d rows, want %d rejects", len(out.Rejects), out.Receipts[0].Rows, refused)
	}
	var lines []string
	for _, id := range slices.Sorted(maps.Keys(want)) {
		lines = append(lines, fmt.Sprintf("%d|%s", id, want[id]))
	}
	b.Want(t, "SELECT * FROM t ORDER BY id", strings.Join(lines, "\n"))
}

// TestAheadDiscarded closes a writer that was sent a batch which is not appended.
func TestAheadDiscarded(t *testing.T) {
	b := start(t).base(t)
	rows := sqltest.RowsOf(t, "id int", "1", "2")
	s := b.Sink(t, connector.SinkRequest{Table: "t"})
	defer s.Close()
	load := conntest.Load{Rows: rows, Run: connector.Run{ID: "r", Flow: "f"}}
	ses, err := s.Prepare(t.Context(), rows.Schema, load.Run, false)
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.Open(t.Context(), ses, connector.Split{})
	if err != nil {
		t.Fatal(err)
	}
	var m connector.Morsel
	rows.Fill(t, &m, 0, 2)
	if err := w.Encode(&m); err != nil {
		t.Fatal(err)
	}
	if err := w.(connector.Sender).Send(t.Context(), &m); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w, err = s.Open(t.Context(), ses, connector.Split{}); err != nil {
		t.Fatal(err)
	}
	r, err := w.Seal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(t.Context(), ses, []connector.Receipt{r}, connector.State{Flow: "f", Run: "r"}); err != nil {
		t.Fatal(err)
	}
	b.Want(t, "SELECT count(*) FROM t", "0")
}
