package plan

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/headgate/headgate/connector/all"
)

// TestAsked: what flows ask of a connection, with the tables that a pattern means there, and what
// cannot be known.
func TestAsked(t *testing.T) {
	p := project(t, map[string]string{
		"connections.yaml": "version: 1\nconnections:\n  here: {type: sqlite, path: here.db}\n  there: {type: sqlite, path: there.db}\n",
		"flows/a.yaml":     "version: 1\nflow: a\nsource: {connection: here, table: orders, select: [id]}\nsink: {file: a.csv}\n",
		"flows/b.yaml": "version: 1\nflow: b\nparams: {to: {type: string, default: x}}\nsource: {connection: here, query: select 1 as id where 1 = :n, args: {n: 1}}\n" +
			"sink: {connection: here, table: \"${{ params.to }}\", load: {mode: upsert, key: [id], max_shrink: 10%}, create: never, evolve: widen}\n",
		"flows/c.yaml": "version: 1\nflow: c\nsource: {connection: here}\nstreams: {\"o*\": {}, items: {skip: true}}\nsink: {connection: here, table: \"copy_${{ stream.table }}\"}\n",
		"flows/d.yaml": "version: 1\nflow: d\nsource: {connection: there}\nstreams: {\"o*\": {}, items: {}}\nsink: {connection: here, table: \"${{ stream.table }}\"}\n",
		"flows/e.yaml": "version: 1\nflow: e\nparams: {day: string}\nsource: {files: in.csv}\nsink: {connection: here, table: \"t_${{ params.day }}\"}\n",
		"flows/f.yaml": "version: 1\nflow: f\nparams: {day: string}\nsource: {files: \"in-${{ params.day }}.csv\"}\nsink: {connection: here, table: t}\n",
		"flows/g.yaml": "version: 1\nflow: g\nsource: {connection: there, table: orders}\nsink: {file: g.csv}\n",
		"flows/h.yaml": "version: 1\nflow: h\nsource: {connection: nowhere, table: orders}\nsink: {connection: here, table: t}\n",
	})
	db, err := sql.Open("sqlite", filepath.Join(p.Dir, "here.db"))
	if err == nil {
		_, err = db.Exec("CREATE TABLE orders (id int); CREATE TABLE others (id int); CREATE TABLE items (id int)")
	}
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	conns, _ := p.Connections()
	conn, _ := conns.Resolve(all.Registry(), "here", "")
	link := Connect(Request{Project: p, Registry: all.Registry()}, conn)
	link.builder.req.Env.Project = p.Dir
	defer link.Close()
	var got []string
	for _, l := range p.Flows() {
		needs, notes, err := link.Asked(context.Background(), l.Flow, NewRun(time.Now()))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range needs {
			if n.Read != nil {
				got = append(got, fmt.Sprintf("%s reads %s%v", n.Flow, n.Read.Table, n.Read.Select))
			} else {
				got = append(got, fmt.Sprintf("%s writes %s %s %s %s", n.Flow, n.Write.Table, n.Write.Mode, n.Write.Create, n.Write.Evolve))
			}
		}
		for _, note := range notes {
			head, _, _ := strings.Cut(note, ", as")
			got = append(got, head)
		}
	}
	want := []string{"a reads orders[id]", "b reads []", "b writes x upsert never widen",
		"c/orders reads orders[]", "c/orders writes copy_orders append if_missing fail", "c/others reads others[]", "c/others writes copy_others append if_missing fail",
		"d/items writes items append if_missing fail", "flow d: stream o*: not compared", "flow e: not compared", "f writes t append if_missing fail", "flow h: not compared"}
	if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
