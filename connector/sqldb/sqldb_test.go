package sqldb

import (
	"slices"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

var folding = &Dialect{Name: "Test", Quote: '"', FoldCase: true}

func fields(names ...string) *record.Schema {
	sch := &record.Schema{}
	for _, n := range names {
		sch.Fields = append(sch.Fields, record.Field{Name: n, Type: record.Type{Kind: record.Int}})
	}
	return sch
}

func TestIdent(t *testing.T) {
	if got := folding.Idents([]string{"a", `b"c`, ""}); got != `"a", "b""c", ""` {
		t.Error(got)
	}
	tick := Dialect{Quote: '`'}
	if got := tick.Ident("a`b"); got != "`a``b`" {
		t.Error(got)
	}
}

func TestNewLoad(t *testing.T) {
	for _, test := range []struct {
		req  connector.SinkRequest
		in   *record.Schema
		want string // part of the error
	}{
		{connector.SinkRequest{}, fields("a", "b"), ""},
		{connector.SinkRequest{Mode: Upsert, Key: []string{"b"}}, fields("a", "b"), ""},
		{connector.SinkRequest{Mode: Upsert}, fields("a"), "needs a key"},
		{connector.SinkRequest{Mode: Upsert, Key: []string{"idd"}}, fields("id", "x"), "did you mean `id`?"},
		{connector.SinkRequest{}, fields("id", "Id"), "`id` and `Id` have the same name in Test"},
	} {
		l, err := NewLoad(folding, test.req, test.in)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v, want %q", test.req, err, test.want)
		}
		if err == nil && test.req.Mode == "" && l.Mode != Append {
			t.Errorf("mode %q", l.Mode)
		}
	}
	exact := &Dialect{Name: "Exact", Quote: '"'}
	if _, err := NewLoad(exact, connector.SinkRequest{}, fields("id", "Id")); err != nil {
		t.Error(err)
	}
}

func TestMatch(t *testing.T) {
	table := []Column{{Name: "ID"}, {Name: "id "}, {Name: "Name"}, {Name: "name"}}
	column, unfilled := Match(folding, fields("name", "id", "x"), table)
	if !slices.Equal(column, []int{3, 0, -1}) || len(unfilled) != 2 || unfilled[0].Name != "id " {
		t.Errorf("%v, %v", column, unfilled)
	}
}

func TestCheckFit(t *testing.T) {
	table := []Column{{Name: "id"}, {Name: "must", NotNull: true}, {Name: "made", Generated: true, NotNull: true}}
	for _, test := range []struct {
		evolve string
		in     *record.Schema
		add    []int
		want   string
	}{
		{"", fields("id", "must"), nil, ""},
		{"", fields("id"), nil, "column `must` of the table must not be NULL"},
		{"", fields("must", "made"), nil, "`made` is computed"},
		{"", fields("must", "idd", "y"), nil, "no column `idd`, `y` (did you mean `id`?)"},
		{AddColumns, fields("must", "x", "y"), []int{1, 2}, ""},
		{WidenColumns, fields("x", "must"), []int{0}, ""},
	} {
		load := &Load{SinkRequest: connector.SinkRequest{Evolve: test.evolve}}
		add, err := CheckFit(folding, load, test.in, table)
		if !slices.Equal(add, test.add) || (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s %v: add %v, %v, want %v, %q", test.evolve, test.in.Names(), add, err, test.add, test.want)
		}
	}
}
