package plan

import (
	"testing"

	"github.com/headgate/headgate/connector"
)

func TestPatterns(t *testing.T) {
	orders := connector.Relation{Schema: "public", Table: "orders", Near: true}
	archive := connector.Relation{Schema: "old", Table: "orders"}
	dotted := connector.Relation{Schema: "public", Table: "a.b*", Near: true}
	plain := connector.Relation{Table: "a.b"} // of a database without schemas
	for _, c := range []struct {
		pattern string
		r       connector.Relation
		want    bool
	}{
		{"orders", orders, true}, {"orders", archive, false}, {"old.orders", archive, true}, {"old.orders", orders, false},
		{"*", orders, true}, {"*", archive, false}, {"*.*", archive, true}, {"*.orders", archive, true}, {"public.*", orders, true}, {"public.*", archive, false},
		{"public.ord*", orders, true}, {"public.*ers", orders, true}, {"public.o*d*s", orders, true}, {"public.o*x*s", orders, false}, {"public.order", orders, false},
		{"ORDERS", orders, false}, {"public.", orders, false}, {".orders", orders, false},
		{"public.*", dotted, true}, {`public."a.b*"`, dotted, true}, {`"a.b*"`, dotted, true}, {`"a.b"`, dotted, false}, {"`public`.`a.b*`", dotted, true}, {`public."a.b`, dotted, false},
		{"a.b", plain, true}, {"a.*", plain, true}, {"*", plain, true}, {"b", plain, false}, {`"a.b"`, plain, true},
	} {
		if got := parsePattern(c.pattern).means(c.r); got != c.want {
			t.Errorf("%s means %s.%s: %v, want %v", c.pattern, c.r.Schema, c.r.Table, got, c.want)
		}
	}
	for i, list := 0, []string{"*", "*.*", "public.*", "public.ord*", "public.orders"}; i+1 < len(list); i++ {
		if a, b := parsePattern(list[i]).weight(), parsePattern(list[i+1]).weight(); a >= b {
			t.Errorf("%s is as exact as %s", list[i], list[i+1])
		}
	}
}

func TestStem(t *testing.T) {
	for glob, want := range map[string]string{"in/orders-*.csv.gz": "orders", "orders.csv": "orders", "a/b/*.csv": "a/b/*.csv", "x_[0-9].csv": "x", "**/day": "day"} {
		if got := stem(glob); got != want {
			t.Errorf("%s: %q, want %q", glob, got, want)
		}
	}
}

func FuzzPattern(f *testing.F) {
	f.Add("public.*", "orders")
	f.Add(`"a""b".c*`, "x")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		p := parsePattern(pattern)
		p.weight()
		p.means(connector.Relation{Schema: name, Table: name})
		if !parsePattern("*").means(connector.Relation{Schema: "s", Table: name, Near: true}) {
			t.Errorf("* does not mean %q", name)
		}
	})
}
