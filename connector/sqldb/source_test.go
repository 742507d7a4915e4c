package sqldb

import (
	"slices"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// A query's own parameters come before those of the conditions, in the order of their places.
func TestClauses(t *testing.T) {
	one, two := "1", "2"
	s := Source{Connection: "dwh", Dialect: marked, Req: connector.SourceRequest{Query: "SELECT * FROM t WHERE a = :a OR b = :b OR c = :a", Args: map[string]any{"a": true, "b": nil}}}
	if err := s.TakeApart(); err != nil {
		t.Fatal(err)
	}
	s.Keyset = &Keyset{Dialect: marked, Cursor: Term{Column: "at", Cast: "DATE(%s)", Text: "CHAR(%s)"}}
	s.Cut = Term{Column: "k", Cast: "%s"}
	a := s.Args()
	conds := []string{Within(a, "`n`", "INT(%s)", connector.Range{Low: &one, High: &two}), Within(a, "`m`", "", connector.Range{})}
	got := s.From() + s.Clauses(a, conds, Piece{Span: &Span{Lo: &Mark{Cursor: "lo"}}, Cut: Cut{High: &two}})
	want := "(SELECT * FROM t WHERE a = ? OR b = ? OR c = ?\n) AS q WHERE `n` >= INT(?) AND `n` <= INT(?) AND `m` IS NOT NULL" +
		" AND `at` IS NOT NULL AND `at` > DATE(?) AND (`k` < ? OR `k` IS NULL) ORDER BY `at`"
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	var values []string
	for _, v := range a.Values {
		if v == nil {
			values = append(values, "NULL")
		} else {
			values = append(values, *v)
		}
	}
	if want := []string{"1", "NULL", "1", "1", "2", "lo", "2"}; !slices.Equal(values, want) {
		t.Errorf("%q", values)
	}
	if got := s.Clauses(a, nil, Piece{}); got != "" {
		t.Errorf("all rows: %q", got)
	}
	if s.Label() != "dwh:query" {
		t.Error(s.Label())
	}
}

func TestNewReplace(t *testing.T) {
	have := &Table{Name: Name{"s", "t"}, Columns: []Column{{Name: "a", Type: "small"}, {Name: "b", Type: "x"}, {Name: "sum", Generated: true}}}
	into := Name{"s", "n"}
	for _, test := range []struct {
		in   *record.Schema
		same bool
		ddl  string
	}{
		{fields("a", "b"), true, `MAKE; ALTER TABLE "s"."n" ALTER COLUMN "a" TYPE large`},
		{fields("a"), false, `CREATE TABLE "s"."n" ("a" INT)`},
		{fields("a", "c"), false, `CREATE TABLE "s"."n" ("a" INT, "c" INT)`},
		{fields("a", "b", "sum"), false, `CREATE TABLE "s"."n" ("a" INT, "b" INT, "sum" INT)`},
	} {
		l, err := NewLoad(numbered, connector.SinkRequest{Table: "t", Mode: Replace, Evolve: WidenColumns}, test.in)
		if err != nil {
			t.Fatal(err)
		}
		like := ""
		if SameColumns(numbered, test.in, have) {
			like = "MAKE"
		}
		p, err := NewReplace(numbered, l, test.in, have, into, like)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(p.DDL, "; "); (like != "") != test.same || !strings.EqualFold(got, test.ddl) || p.Into != into || p.Target != have.Name || !p.Exists {
			t.Errorf("%v: %s, want %s", test.in.Names(), got, test.ddl)
		}
	}
}

func TestPieces(t *testing.T) {
	for _, test := range []struct{ rows, target, want int64 }{{0, 10, 0}, {10, 10, 1}, {11, 10, 2}, {2_000_001, 0, 3}, {1 << 40, 1, MaxSplits}, {5, 1<<63 - 1, -1}} {
		s := Source{Req: connector.SourceRequest{Split: &connector.SplitBy{TargetRows: test.target}}}
		if got := s.Pieces(test.rows); got != test.want && (test.want >= 0 || got > 1) {
			t.Errorf("%d rows of %d: %d pieces, want %d", test.rows, test.target, got, test.want)
		}
	}
}
