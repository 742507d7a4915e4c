package sqltest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/record"
)

// RunReads checks sources. except are the names of tests of what the database does not offer.
func (s Server) RunReads(t *testing.T, except ...string) {
	s.run(t, except, map[string]func(*testing.T, Base){
		"refusals": s.refusals, "snapshot": s.snapshot, "incremental": s.incremental, "equal cursors": s.equalCursors, "nulls": s.nulls, "lag": s.lag, "backfill": s.backfill, "ranges": s.ranges, "large": s.large,
	})
}

func (s Server) refusals(t *testing.T, b Base) {
	b.Query(t, "CREATE TABLE orders (id int, at "+s.Moment+", n int); INSERT INTO orders VALUES (1, NULL, 1)")
	incremental := func(inc connector.Incremental) connector.SourceRequest {
		return connector.SourceRequest{Table: "orders", Incremental: &inc}
	}
	b.Fails(t, connector.SourceRequest{Table: "order"}, "no table or view `order`", "did you mean `orders`")
	b.Fails(t, connector.SourceRequest{Table: "orders", Select: []string{"idd"}}, "no column `idd`", "did you mean `id`")
	b.Fails(t, connector.SourceRequest{Query: "SELECT 1; SELECT 2"}, "more than one statement")
	b.Fails(t, connector.SourceRequest{Query: "SELECT 1) AS q; DROP TABLE orders; --"}, "more than one statement")
	b.Fails(t, connector.SourceRequest{Query: "SELECT :x"}, "no value for the parameter :x")
	b.Fails(t, connector.SourceRequest{Query: "SELECT 1", Args: map[string]any{"x": int64(1)}}, "no parameter :x")
	b.Fails(t, incremental(connector.Incremental{Cursor: "att"}), "no column `att`", "`at`")
	b.Fails(t, incremental(connector.Incremental{Cursor: "at", Lag: time.Hour}), "tie_breaker")
	b.Fails(t, incremental(connector.Incremental{Cursor: "n", TieBreaker: "id", Lag: time.Hour}), "lag is a time")
	b.Fails(t, incremental(connector.Incremental{Cursor: "at", Nulls: "fail"}), "nulls: fail")
	b.Fails(t, connector.SourceRequest{Table: "orders", Split: &connector.SplitBy{Column: "x"}}, "split: no column `x`")
	b.Fails(t, connector.SourceRequest{Table: "a.b.c"}, "3 parts")
}

// WantSplits reads the 10000 rows of t in splits by each of the columns, of which skew has few values.
func (b Base) WantSplits(t *testing.T, columns ...string) {
	t.Helper()
	for _, by := range columns {
		for _, from := range []connector.SourceRequest{{Table: "t"}, {Query: "SELECT * FROM t"}} {
			from.Split = &connector.SplitBy{Column: by, TargetRows: 900}
			src := b.Source(t, from)
			_, rows, plan := conntest.Read(t, src, nil)
			src.Close()
			if len(rows) != 10000 || len(plan.Splits) < 4 || by != "skew" && len(plan.Splits) != 12 {
				t.Errorf("%s: %d rows in %d splits", by, len(rows), len(plan.Splits))
			}
			seen := map[string]bool{}
			for _, r := range rows {
				seen[r[0]] = true
			}
			if len(seen) != 10000 {
				t.Errorf("%s: %d different rows", by, len(seen))
			}
		}
	}
}

// planned discovers and plans.
func planned(t *testing.T, src connector.Source, cursor json.RawMessage) (*connector.SplitPlan, error) {
	t.Helper()
	if _, err := src.Discover(t.Context()); err != nil {
		return nil, err
	}
	return src.Plan(t.Context(), cursor)
}

// snapshot changes the table while its splits are read, two of them at once where that is done.
func (s Server) snapshot(t *testing.T, b Base) {
	b.Query(t, "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT i, 0 FROM "+s.Sequence(1, 3000))
	b.Query(t, s.Analyze)
	src := b.Source(t, connector.SourceRequest{Table: "t", Split: &connector.SplitBy{Column: "id", TargetRows: 1000}})
	plan, err := planned(t, src, nil)
	if err != nil || len(plan.Splits) != 3 {
		t.Fatalf("%+v, %v", plan, err)
	}
	if s.Beside {
		first, err := src.Open(t.Context(), plan.Splits[0])
		if err != nil {
			t.Fatal(err)
		}
		defer first.Close()
	}
	b.Query(t, "UPDATE t SET v = 1; DELETE FROM t WHERE id > 1500; INSERT INTO t VALUES (2500, 7)")
	rows := 0
	for _, sp := range plan.Splits {
		got, err := conntest.ReadSplit(t.Context(), src, sp)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range got {
			if r[1] != "0" {
				t.Fatalf("row %q", r)
			}
		}
		rows += len(got)
	}
	if rows != 3000 {
		t.Errorf("%d rows", rows)
	}
}

// midnight is when the rows of these tests begin.
var midnight = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// insert adds rows to t: an id, and the moment so long after midnight.
func (s Server) insert(t *testing.T, b Base, n int, row func(i int) (id int, after time.Duration)) {
	t.Helper()
	var values []string
	for i := range n {
		id, after := row(i)
		values = append(values, fmt.Sprintf("(%d, '%s%s')", id, midnight.Add(after).Format("2006-01-02 15:04:05.999999"), s.Zone))
	}
	b.Query(t, "INSERT INTO t VALUES "+strings.Join(values, ", "))
}

func (s Server) incremental(t *testing.T, b Base) {
	b.Query(t, "CREATE TABLE t (id int, at "+s.Moment+")")
	inc := connector.Incremental{Cursor: "at", TieBreaker: "id"}
	ids, cursor := b.Incremental(t, inc, nil)
	if len(ids) != 0 || cursor != nil {
		t.Errorf("empty: %q, %s", ids, cursor)
	}
	at := func(i int) time.Duration { return time.Duration(123456+i) * time.Microsecond }
	s.insert(t, b, 10, func(i int) (int, time.Duration) { return i + 1, at((i + 1) / 3) })
	b.Query(t, "INSERT INTO t VALUES (99, NULL)")
	ids, cursor = b.Incremental(t, inc, nil)
	if len(ids) != 10 || string(cursor) != `{"cursor":"2024-01-01 00:00:00.123459`+s.Zone+`","tie":"10","by":"id"}` {
		t.Errorf("first: %q, %s", ids, cursor)
	}
	s.insert(t, b, 2, func(i int) (int, time.Duration) { return 11 - 8*i, at(3) }) // as the cursor: one beyond, one before
	ids, cursor = b.Incremental(t, inc, cursor)
	if !slices.Equal(ids, []string{"11"}) {
		t.Errorf("second: %q", ids)
	}
	ids, again := b.Incremental(t, inc, cursor)
	if len(ids) != 0 || string(again) != string(cursor) {
		t.Errorf("nothing new: %q, %s", ids, again)
	}
	inc.Start = "2024-01-01T00:00:00.123457Z"
	if ids, _ = b.Incremental(t, inc, nil); len(ids) != 7 { // 6 to 11 and the late 3
		t.Errorf("start: %q", ids)
	}
	for tie, want := range map[string]string{"": "the flow has none now", "at": "the flow has `at` now"} {
		src := b.Source(t, connector.SourceRequest{Table: "t", Incremental: &connector.Incremental{Cursor: "at", TieBreaker: tie}})
		_, err := planned(t, src, cursor)
		WantError(t, err, "the tie_breaker `id`", want, "could be lost", "headgate state set FLOW")
		src.Close()
	}
}

// equalCursors has rows come with a cursor that was passed, and nothing tells them from others.
func (s Server) equalCursors(t *testing.T, b Base) {
	b.Query(t, "CREATE TABLE t (id int, n int); INSERT INTO t VALUES (1, 10), (2, 20), (3, 20)")
	inc := connector.Incremental{Cursor: "n"}
	ids, cursor := b.Incremental(t, inc, nil)
	if _, again := b.Incremental(t, inc, cursor); len(ids) != 3 || string(again) != string(cursor) {
		t.Errorf("%q, %s, then %s", ids, cursor, again)
	}
	fails := func(inc connector.Incremental, words ...string) {
		t.Helper()
		src := b.Source(t, connector.SourceRequest{Table: "t", Incremental: &inc})
		defer src.Close()
		_, err := planned(t, src, cursor)
		WantError(t, err, words...)
	}
	b.Query(t, "INSERT INTO t VALUES (4, 20), (5, 30)")
	fails(inc, "1 more rows have the `n` 20", "tie_breaker")
	b.Query(t, "INSERT INTO t VALUES (NULL, 30)")
	fails(connector.Incremental{Cursor: "n", TieBreaker: "id"}, "`id` is NULL")
	b.Query(t, "DELETE FROM t WHERE id IN (2, 4)")
	if ids, _ := b.Incremental(t, inc, cursor); len(ids) != 2 {
		t.Errorf("after rows went: %q", ids)
	}
}

func (s Server) nulls(t *testing.T, b Base) {
	b.Query(t, "CREATE TABLE t (id int, at int); INSERT INTO t VALUES (1, NULL), (2, 5)")
	for nulls, want := range map[string][]string{"": {"2"}, "skip": {"2"}, "include": {"1", "2"}} {
		inc := connector.Incremental{Cursor: "at", Nulls: nulls}
		ids, cursor := b.Incremental(t, inc, nil)
		if !slices.Equal(ids, want) {
			t.Errorf("%s: %q", nulls, ids)
		}
		if ids, _ = b.Incremental(t, inc, cursor); !slices.Equal(ids, want[:len(want)-1]) {
			t.Errorf("%s, again: %q", nulls, ids)
		}
	}
}

// lag has rows appear late, with cursors that were passed already.
func (s Server) lag(t *testing.T, b Base) {
	b.Query(t, "CREATE TABLE t (id int, at "+s.Moment+")")
	s.insert(t, b, 60, func(i int) (int, time.Duration) { return i + 1, time.Duration(i+1) * time.Minute })
	inc := connector.Incremental{Cursor: "at", TieBreaker: "id", Lag: 10 * time.Minute}
	ids, cursor := b.Incremental(t, inc, nil)
	if len(ids) != 60 {
		t.Fatalf("first: %d", len(ids))
	}
	late := []struct{ id, minute int }{{100, 55}, {101, 20}, {102, 60}, {61, 61}, {57, 58}}
	s.insert(t, b, len(late), func(i int) (int, time.Duration) { return late[i].id, time.Duration(late[i].minute) * time.Minute })
	ids, cursor = b.Incremental(t, inc, cursor)
	if !slices.Equal(ids, []string{"100", "57", "102", "61"}) { // not 101, which is later than the lag
		t.Errorf("late: %q", ids)
	}
	if ids, cursor = b.Incremental(t, inc, cursor); len(ids) != 0 {
		t.Errorf("nothing new: %q", ids)
	}
	s.insert(t, b, 1, func(int) (int, time.Duration) { return 103, 59 * time.Minute })
	if ids, _ = b.Incremental(t, inc, cursor); !slices.Equal(ids, []string{"103"}) {
		t.Errorf("late again: %q", ids)
	}
}

func (s Server) backfill(t *testing.T, b Base) {
	b.Query(t, "CREATE TABLE t (id int, at date)")
	for i := 1; i <= 10; i++ {
		b.Query(t, fmt.Sprintf("INSERT INTO t VALUES (%d, '%s')", i, midnight.AddDate(0, 0, i).Format(time.DateOnly)))
	}
	for _, test := range []struct{ from, to, want string }{{"2024-01-05", "2024-01-08", "4 5 6"}, {"", "2024-01-03", "1"}, {"2024-01-10", "", "9 10"}} {
		ids, cursor := b.Incremental(t, connector.Incremental{Cursor: "at", From: test.from, To: test.to}, json.RawMessage(`{"cursor":"2024-01-09"}`))
		if strings.Join(ids, " ") != test.want || cursor != nil {
			t.Errorf("%+v: %q, cursor %s", test, ids, cursor)
		}
	}
}

// ranges has filters that the server may apply.
func (s Server) ranges(t *testing.T, b Base) {
	b.Query(t, "CREATE TABLE t (i int, n decimal(6,2), s varchar(9), at "+s.Moment+"); INSERT INTO t (i) VALUES (NULL)")
	for i := 1; i <= 20; i++ {
		b.Query(t, fmt.Sprintf("INSERT INTO t VALUES (%d, %d / 4.0, 's%d', '%s%s')", i, i, i, midnight.Add(time.Duration(i)*time.Hour).Format(time.DateTime), s.Zone))
	}
	text := func(s string) *string { return &s }
	for _, test := range []struct {
		r    connector.Range
		want int
	}{
		{connector.Range{Column: "i", Type: record.Type{Kind: record.Int}, Low: text("5"), High: text("9")}, 5},
		{connector.Range{Column: "i", Type: record.DecimalOf(3, 1), Low: text("5.5")}, 15},
		{connector.Range{Column: "i"}, 20},
		{connector.Range{Column: "n", Type: record.DecimalOf(6, 2), High: text("1.25")}, 5},
		{connector.Range{Column: "s", Type: record.Type{Kind: record.String}, Low: text("s7"), High: text("s7")}, 1},
		{connector.Range{Column: "s", Type: record.Type{Kind: record.String}, Low: text("s7")}, 21}, // not the server's business
		{connector.Range{Column: "at", Type: record.Type{Kind: record.Timestamp}, Low: text("2024-01-01T19:00:00Z")}, 2},
	} {
		b.WantInRange(t, test.r, test.want)
	}
}

// WantInRange reads the rows of t within a range, of which there are so many.
func (b Base) WantInRange(t *testing.T, r connector.Range, want int) {
	t.Helper()
	src := b.Source(t, connector.SourceRequest{Table: "t"})
	defer src.Close()
	if _, err := src.Discover(t.Context()); err != nil {
		t.Fatal(err)
	}
	src.(connector.Narrower).Narrow([]connector.Range{r})
	plan, err := src.Plan(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := conntest.ReadSplit(t.Context(), src, plan.Splits[0])
	if len(rows) != want || err != nil {
		t.Errorf("%+v: %d rows, %v", r, len(rows), err)
	}
}

func (s Server) large(t *testing.T, b Base) {
	b.Query(t, "CREATE TABLE t AS SELECT i AS id, repeat('x', CASE WHEN i % 7 = 0 THEN 3000000 ELSE i END) AS s FROM "+s.Sequence(1, 30))
	for i, r := range b.Read(t, connector.SourceRequest{Query: "SELECT id, s FROM t ORDER BY id"}) {
		want := i + 1
		if want%7 == 0 {
			want = 3000000
		}
		if r[0] != strconv.Itoa(i+1) || len(r[1]) != want {
			t.Errorf("row %d: %s, %d", i, r[0], len(r[1]))
		}
	}
}

// ReadFails reads a query that fails at some time.
func (b Base) ReadFails(t *testing.T, query string, words ...string) {
	t.Helper()
	src := b.Source(t, connector.SourceRequest{Query: query})
	plan, err := planned(t, src, nil)
	if err == nil {
		_, err = conntest.ReadSplit(t.Context(), src, plan.Splits[0])
	}
	WantError(t, err, words...)
}
