package sqldb

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

var (
	numbered = &Dialect{Name: "Numbered", Quote: '"', Schemas: true, Numbered: true, RowValues: true, DollarQuotes: true, MaxIdent: 8, MaxColumns: 3,
		Upsert: OnConflict, Join: JoinUsing, Distinct: "%s IS DISTINCT FROM %s", TextType: "text", KeyTextType: "text", ColumnType: anyType,
		AlterType: "ALTER TABLE %s ALTER COLUMN %s TYPE %s", Widen: func(c Column, _ record.Field) string { return map[string]string{"small": "large"}[c.Type] }}
	marked = &Dialect{Name: "Marked", Quote: '`', Schemas: true, EscapedStrings: true, HashComments: true, Upsert: UpdateInsert, Join: JoinInner,
		Distinct: "NOT (%s <=> %s)", TextType: "longtext", KeyTextType: "varchar(190)", ColumnType: anyType}
)

func anyType(f record.Field) (decl, note string) { return strings.ToUpper(f.Type.String()), "" }

func planFor(t *testing.T, d *Dialect, req connector.SinkRequest, in *record.Schema, have *Table) *Plan {
	t.Helper()
	l, err := NewLoad(d, req, in)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPlan(d, l, in, Name{"s", "t"}, have)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestMerge(t *testing.T) {
	in := fields("a", "b", "c")
	have := &Table{Name: Name{"s", "t"}, Columns: []Column{{Name: "a"}, {Name: "b"}, {Name: "c"}}, Unique: [][]string{{"b", "a"}}}
	for _, test := range []struct {
		d    *Dialect
		mode string
		want []string
	}{
		{numbered, Append, []string{`INSERT INTO "s"."t" ("a", "b", "c") SELECT s."a", s."b"::x, s."c" FROM stage AS s`}},
		{numbered, Upsert, []string{`INSERT INTO "s"."t" ("a", "b", "c") SELECT s."a", s."b"::x, s."c" FROM stage AS s WHERE true ON CONFLICT ("a", "b") DO UPDATE SET "c" = excluded."c" WHERE "t"."c" IS DISTINCT FROM excluded."c"`}},
		{numbered, Update, []string{`UPDATE "s"."t" SET "c" = s."c" FROM stage AS s WHERE "s"."t"."a" = s."a" AND "s"."t"."b" = s."b"::x AND ("s"."t"."c" IS DISTINCT FROM s."c")`}},
		{numbered, Delete, []string{`DELETE FROM "s"."t" USING stage AS s WHERE "s"."t"."a" = s."a" AND "s"."t"."b" = s."b"::x`}},
		{marked, Upsert, []string{"UPDATE `s`.`t` JOIN stage AS s ON `s`.`t`.`a` = s.`a` AND `s`.`t`.`b` = s.`b`::x SET `s`.`t`.`c` = s.`c` WHERE (NOT (`s`.`t`.`c` <=> s.`c`))",
			"INSERT INTO `s`.`t` (`a`, `b`, `c`) SELECT s.`a`, s.`b`::x, s.`c` FROM stage AS s LEFT JOIN `s`.`t` ON `s`.`t`.`a` = s.`a` AND `s`.`t`.`b` = s.`b`::x WHERE `s`.`t`.`a` IS NULL"}},
		{marked, Delete, []string{"DELETE `s`.`t` FROM `s`.`t` JOIN stage AS s ON `s`.`t`.`a` = s.`a` AND `s`.`t`.`b` = s.`b`::x"}},
	} {
		req := connector.SinkRequest{Table: "t", Mode: test.mode}
		if test.mode != Append {
			req.Key = []string{"a", "b"}
		}
		p := planFor(t, test.d, req, in, have)
		p.Columns[1].Cast = "%s::x"
		if got := p.Merge(test.d, "stage"); !slices.Equal(got, test.want) {
			t.Errorf("%s %s:\n%s\nwant\n%s", test.d.Name, test.mode, strings.Join(got, "\n"), strings.Join(test.want, "\n"))
		}
	}
	p := planFor(t, numbered, connector.SinkRequest{Mode: Mirror, Key: []string{"a", "b"}}, in, have)
	if got, want := p.CountMissing(numbered, "keys"), `SELECT count(*) FROM "s"."t" WHERE NOT EXISTS (SELECT 1 FROM keys AS s WHERE "s"."t"."a" = s."a" AND "s"."t"."b" = s."b")`; got != want {
		t.Error(got)
	}
	if got, want := p.KeepKeys(numbered, "keys", "stage"), `INSERT INTO keys ("a", "b") SELECT s."a", s."b" FROM stage AS s`; got != want {
		t.Error(got)
	}
}

func TestNewPlan(t *testing.T) {
	in := fields("a", "b")
	p := planFor(t, numbered, connector.SinkRequest{Mode: Upsert, Key: []string{"b"}}, in, nil)
	if want := []string{`CREATE TABLE "s"."t" ("a" INT, "b" INT NOT NULL, PRIMARY KEY ("b"))`}; !slices.Equal(p.DDL, want) || p.Exists {
		t.Errorf("%q", p.DDL)
	}
	have := &Table{Name: Name{"s", "T"}, Columns: []Column{{Name: "a", Type: "small"}, {Name: "x"}}}
	p = planFor(t, numbered, connector.SinkRequest{Evolve: WidenColumns}, in, have)
	if want := []string{`ALTER TABLE "s"."T" ADD COLUMN "b" INT`, `ALTER TABLE "s"."T" ALTER COLUMN "a" TYPE large`}; !slices.Equal(p.DDL, want) {
		t.Errorf("%q", p.DDL)
	}
	for _, test := range []struct {
		req  connector.SinkRequest
		in   *record.Schema
		have *Table
		want string
	}{
		{connector.SinkRequest{}, fields("a", "b", "c", "d"), nil, "4 columns"},
		{connector.SinkRequest{}, fields("too_long_"), nil, "9 bytes"},
		{connector.SinkRequest{Evolve: AddColumns}, fields("b", "c"), have, "4 columns"},
		{connector.SinkRequest{Mode: Update, Key: []string{"a"}}, in, nil, "no table `s.t`"},
		{connector.SinkRequest{Mode: Delete, Key: []string{"b"}}, in, have, "no column `b`, which is the key"},
		{connector.SinkRequest{Mode: Delete, Key: []string{"a"}}, in, have, "an index on the key"},
		{connector.SinkRequest{Mode: Mirror, Key: []string{"a"}}, fields("a"), &Table{Columns: have.Columns, Unique: [][]string{{"a", "x"}}, Indexes: [][]string{{"a"}}}, "a unique index on the key"},
		{connector.SinkRequest{Mode: Delete, Key: []string{"a"}}, fields("a"), &Table{Columns: have.Columns, Indexes: [][]string{{"a", "x"}}}, ""},
	} {
		l, err := NewLoad(numbered, test.req, test.in)
		if err == nil {
			_, err = NewPlan(numbered, l, test.in, Name{"s", "t"}, test.have)
		}
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v, want %q", test.req, err, test.want)
		}
	}
}

func TestParseName(t *testing.T) {
	for s, want := range map[string]string{"t": `"t"`, "s.t": `"s"."t"`, `"a.b".c`: `"a.b"."c"`, `"a""b"."x y"`: `"a""b"."x y"`, `O'B; D`: `"O'B; D"`,
		"": "!empty", "a.": "!empty", "a.b.c": "!3 parts", `"a`: "!not closed", `"a"b`: "!after the closing", "_headgate_x": "!own", "_HEADGATE_": "!9 bytes", "a\x00": "!zero"} {
		n, err := numbered.ParseName(s)
		if want[0] == '!' {
			if err == nil || !strings.Contains(err.Error(), want[1:]) && !strings.Contains(err.Error(), "bytes") {
				t.Errorf("%q: %v, want %q", s, err, want)
			}
		} else if got := numbered.Table(n); err != nil || got != want {
			t.Errorf("%q: %s, %v, want %s", s, got, err, want)
		}
	}
}

func TestParseQuery(t *testing.T) {
	for _, test := range []struct {
		d         *Dialect
		sql, want string
		names     string
	}{
		{numbered, "SELECT :a, :b_1, :a::text ; -- :no", "SELECT $1, $2, $1::text  -- :no", "a b_1"},
		{marked, "SELECT :a, ':b', `:c`, \":d\", :a # :e\n /* :f */ + :g", "SELECT ?, ':b', `:c`, \":d\", ? # :e\n /* :f */ + ?", "a a g"},
		{marked, `SELECT '\':x', :y`, `SELECT '\':x', ?`, "y"},
		{numbered, `SELECT '\', :y, 'it''s :no', E'\':no', "x"":no", a[1: 2]`, `SELECT '\', $1, 'it''s :no', E'\':no', "x"":no", a[1: 2]`, "y"},
		{numbered, "SELECT $$ :no ; $$, $a$ :no $$ $a$, $1, e$2, :x", "SELECT $$ :no ; $$, $a$ :no $$ $a$, $1, e$2, $1", "x"},
		{numbered, "SELECT /* /* :no */ ; */ :x -- ;\n", "SELECT /* /* :no */ ; */ $1 -- ;\n", "x"},
		{numbered, "SELECT 1; SELECT 2", "!more than one", ""},
		{numbered, "SELECT 'x", "!not closed", ""},
		{numbered, "SELECT $a$ x", "!not closed", ""},
		{numbered, " ; ", "!empty", ""},
	} {
		q, err := test.d.ParseQuery(test.sql)
		if rest, bad := strings.CutPrefix(test.want, "!"); bad {
			if err == nil || !strings.Contains(err.Error(), rest) {
				t.Errorf("%s: %v, want %q", test.sql, err, rest)
			}
		} else if err != nil || q.SQL != test.want || strings.Join(q.Names, " ") != test.names {
			t.Errorf("%s:\n%s %q %v, want\n%s %q", test.sql, q.SQL, q.Names, err, test.want, test.names)
		}
	}
}

// FuzzParseQuery makes sure that nothing is read past the end and that no literal is changed.
func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{"SELECT :a", "'", "$", "$$", "$a$", "/*", "--", ":", "::", "e'", "\\", "`", "#"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, d := range []*Dialect{numbered, marked} {
			q, err := d.ParseQuery(s)
			if err == nil && !strings.Contains(s, ":") && strings.ReplaceAll(s, ";", "") != strings.ReplaceAll(q.SQL, ";", "") {
				t.Errorf("%q became %q", s, q.SQL)
			}
		}
	})
}

func TestKeyset(t *testing.T) {
	tie := "7"
	k := Keyset{Dialect: numbered, Cursor: Term{Column: "at", Cast: "%s::date"}, Tie: Term{Column: "id", Cast: "%s"}}
	for _, test := range []struct {
		d    *Dialect
		s    Span
		want string
		n    int
	}{
		{numbered, Span{}, `"at" IS NOT NULL`, 0},
		{numbered, Span{Nulls: true}, `"at" IS NULL`, 0},
		{numbered, Span{Lo: &Mark{"a", &tie}, Hi: &Mark{"b", &tie}}, `"at" IS NOT NULL AND ("at", "id") > ($1::date, $2) AND ("at", "id") <= ($3::date, $4)`, 4},
		{marked, Span{Lo: &Mark{"a", &tie}}, "`at` IS NOT NULL AND (`at` > ?::date OR `at` = ?::date AND `id` > ?)", 3},
		{numbered, Span{Lo: &Mark{"a", nil}, Hi: &Mark{"b", nil}, From: true, To: true}, `"at" IS NOT NULL AND "at" >= $1::date AND "at" < $2::date`, 2},
	} {
		k.Dialect = test.d
		a := &Args{Dialect: test.d}
		if got := k.Where(a, test.s); got != test.want || len(a.Values) != test.n {
			t.Errorf("%s, %d values, want %s", got, len(a.Values), test.want)
		}
	}
	cuts := Cuts([]string{"b", "d"})
	var got []string
	for _, c := range cuts {
		got = append(got, c.Where(&Args{Dialect: numbered}, Term{Column: "k", Cast: "%s"}))
	}
	if want := []string{`("k" < $1 OR "k" IS NULL)`, `"k" >= $1 AND "k" < $2`, `"k" >= $1`}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestPosition(t *testing.T) {
	p := Position{Mark: Mark{Cursor: "x"}, Seen: Seen{DigestOf([]byte("b"), nil), DigestOf([]byte("a"), []byte("1"))}}
	p.Seen.Sort()
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParsePosition(data)
	if err != nil || back.Cursor != "x" || !back.Seen.Has(DigestOf([]byte("a"), []byte("1"))) || back.Seen.Has(DigestOf([]byte("a1"), nil)) {
		t.Errorf("%s: %+v, %v", data, back, err)
	}
	for _, bad := range []string{"7", `{"cursor":"x","seen":"AAAA"}`} {
		if _, err := ParsePosition(json.RawMessage(bad)); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
	if p, err := ParsePosition(json.RawMessage("null")); p != nil || err != nil {
		t.Errorf("null: %v, %v", p, err)
	}
}

// TestBisect has every set of bad rows of eight, with and without a server that says which.
func TestBisect(t *testing.T) {
	const n = 8
	for bad := range 1 << n {
		for _, tells := range []bool{true, false} {
			var loaded, rejected []int
			first := -1
			err := Bisect(n, func(from, to int) error {
				for i := from; i < to; i++ {
					if bad>>i&1 == 1 {
						first = i - from
						return errBad
					}
				}
				for i := from; i < to; i++ {
					loaded = append(loaded, i)
				}
				return nil
			}, func(err error) (int, bool) {
				if !tells {
					first = -1
				}
				return first, errors.Is(err, errBad)
			}, func(i int, _ error) { rejected = append(rejected, i) })
			if err != nil || len(loaded)+len(rejected) != n || !slices.IsSorted(loaded) {
				t.Fatalf("%b: loaded %v, rejected %v, %v", bad, loaded, rejected, err)
			}
			for _, i := range rejected {
				if bad>>i&1 == 0 {
					t.Fatalf("%b: rejected %v", bad, rejected)
				}
			}
		}
	}
	broken := errors.New("broken")
	if err := Bisect(n, func(int, int) error { return broken }, func(error) (int, bool) { return -1, false }, nil); err != broken {
		t.Errorf("%v", err)
	}
}

var errBad = errors.New("bad")

func TestCheckShrink(t *testing.T) {
	tenth := 0.1
	l := &Load{SinkRequest: connector.SinkRequest{MaxShrink: &tenth}}
	for after, ok := range map[int64]bool{100: true, 90: true, 89: false, 0: false, 200: true} {
		if err := l.CheckShrink(100, after); (err == nil) != ok {
			t.Errorf("%d: %v", after, err)
		}
	}
	if err := (&Load{}).CheckShrink(100, 0); err != nil {
		t.Error(err)
	}
}
