package sqltest

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
)

// RunLoads checks the load modes, as RunReads does sources.
func (s Server) RunLoads(t *testing.T, except ...string) {
	s.run(t, except, map[string]func(*testing.T, Base){
		"upsert": s.upsert, "update": s.update, "delete": s.delete, "mirror": s.mirror, "shrink": s.shrink, "many rejects": s.manyRejects, "lock": s.lock,
	})
}

// run runs the tests, each with a database of its own.
func (s Server) run(t *testing.T, except []string, tests map[string]func(*testing.T, Base)) {
	for name, test := range tests {
		if !slices.Contains(except, name) {
			t.Run(name, func(t *testing.T) { test(t, s.Base(t, t.Name())) })
		}
	}
}

// sum counts the rows of a condition.
func sum(condition string) string { return "sum(CASE WHEN " + condition + " THEN 1 ELSE 0 END)" }

func (s Server) upsert(t *testing.T, b Base) {
	req := connector.SinkRequest{Table: "t", Mode: "upsert", Key: []string{"id"}}
	b.Load(t, req, RowsOf(t, "id int; name string", "1|a", "2|b"))
	out := b.Load(t, req, RowsOf(t, "name string; id int", "B|2", "c|3", "x|NULL", "C|3"))
	if !slices.Equal(out.Rejects, []string{"id: the key must not be NULL"}) {
		t.Errorf("rejects %q", out.Rejects)
	}
	b.Want(t, "SELECT * FROM t ORDER BY id", "1|a\n2|B\n3|C")

	b.Query(t, "CREATE TABLE two (a int, b int, c text, j json, UNIQUE (b, a))")
	req = connector.SinkRequest{Table: "two", Mode: "upsert", Key: []string{"a", "b"}}
	b.Load(t, req, RowsOf(t, "a int; b int; c string; j json", "1|1|x|{}", "1|2|y|[1]"))
	b.Load(t, req, RowsOf(t, "a int; b int; c string; j json", "1|1|z|{}", "1|2|y|[2]"))
	b.Want(t, "SELECT * FROM two ORDER BY b", "1|1|z|{}\n1|2|y|[2]")
	b.Load(t, connector.SinkRequest{Table: "singles", Mode: "upsert", Key: []string{"k"}}, RowsOf(t, "k int", "1", "1", "2"))
	b.Want(t, "SELECT count(*) FROM singles", "2")
}

func (s Server) update(t *testing.T, b Base) {
	b.Query(t, "CREATE TABLE t (id int PRIMARY KEY, name varchar(20) NOT NULL, other varchar(20) DEFAULT 'kept')")
	b.Query(t, "INSERT INTO t (id, name) SELECT i, 'n' FROM "+s.Sequence(1, 5))
	req := connector.SinkRequest{Table: "t", Mode: "update", Key: []string{"id"}}
	out := b.Load(t, req, RowsOf(t, "id int; name string", "2|first", "2|last", "9|nobody", "4|NULL", "5|five"))
	if len(out.Rejects) != 1 || !strings.Contains(out.Rejects[0], s.NotNull) {
		t.Errorf("rejects %q", out.Rejects)
	}
	b.Want(t, "SELECT * FROM t ORDER BY id", "1|n|kept\n2|last|kept\n3|n|kept\n4|n|kept\n5|five|kept")
	b.Refused(t, connector.SinkRequest{Table: "none", Mode: "update", Key: []string{"id"}}, RowsOf(t, "id int", "1"), "no table `"+b.Prefix+"none`", "update")
}

func (s Server) delete(t *testing.T, b Base) {
	b.Query(t, "CREATE TABLE t (id int, name varchar(20)); CREATE INDEX i ON t (id, name)")
	b.Query(t, "INSERT INTO t SELECT i % 10, 'n' FROM "+s.Sequence(1, 100))
	b.Load(t, connector.SinkRequest{Table: "t", Mode: "delete", Key: []string{"id"}}, RowsOf(t, "unknown string; id int", "x|2", "x|2", "y|3", "z|77"))
	b.Want(t, "SELECT count(*), "+sum("id IN (2, 3)")+" FROM t", "80|0")
	b.Refused(t, connector.SinkRequest{Table: "t", Mode: "delete", Key: []string{"name"}}, RowsOf(t, "name string", "n"), "CREATE INDEX")
}

func (s Server) mirror(t *testing.T, b Base) {
	req := connector.SinkRequest{Table: "t", Mode: "mirror", Key: []string{"id"}}
	b.Load(t, req, RowsOf(t, "id int; name string", "1|a", "2|b", "3|c"))
	sink := b.Sink(t, req)
	defer sink.Close()
	out := conntest.Load{Rows: RowsOf(t, "id int; name string", "2|b", "3|C", "4|d", "3|CC"), Run: Run, Batch: 2}.Write(t, sink)
	b.Want(t, "SELECT * FROM t ORDER BY id", "2|b\n3|CC\n4|d")
	if out.Result.Deleted != 1 {
		t.Errorf("deleted %d", out.Result.Deleted)
	}
}

func (s Server) shrink(t *testing.T, b Base) {
	b.Query(t, "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT i FROM "+s.Sequence(1, 100))
	half := 0.5
	for _, mode := range []string{"mirror", "replace"} {
		req := request(mode)
		req.MaxShrink = &half
		sink := b.Sink(t, req)
		l := conntest.Load{Rows: conntest.Rows{Schema: conntest.Schema(t, "id int"), Cells: [][]string{{"1"}, {"2"}}}, Run: Run}
		out := l.Stage(t, sink)
		_, err := sink.Commit(t.Context(), out.Session, out.Receipts, connector.State{Flow: Run.Flow, Run: Run.ID})
		WantError(t, err, "from 100 rows to 2")
		if err := sink.Abort(t.Context(), out.Session, out.Receipts); err != nil {
			t.Error(err)
		}
		sink.Close()
		b.Want(t, "SELECT count(*) FROM t", "100")
		for i := 3; i <= 50; i++ {
			l.Rows.Cells = append(l.Rows.Cells, []string{strconv.Itoa(i)})
		}
		b.Load(t, req, l.Rows)
		b.Want(t, "SELECT count(*) FROM t", "50")
		b.Query(t, "INSERT INTO t SELECT i FROM "+s.Sequence(51, 100)+"; DELETE FROM _headgate_state")
	}
}

// manyRejects loads batches in which every second row is bad, and then every row.
func (s Server) manyRejects(t *testing.T, b Base) {
	b.Query(t, "CREATE TABLE t (id int PRIMARY KEY, name text); INSERT INTO t SELECT i * 2, 'old' FROM "+s.Sequence(0, 249))
	load := conntest.Load{Rows: conntest.Numbered(t, 500), Run: Run, Batch: 100}
	for _, bad := range []int{250, 500} {
		sink := b.Sink(t, connector.SinkRequest{Table: "t"})
		out := load.Write(t, sink)
		sink.Close()
		if len(out.Rejects) != bad || out.Receipts[0].Rows != int64(500-bad) {
			t.Errorf("%d rejects, %d rows", len(out.Rejects), out.Receipts[0].Rows)
		}
		b.Want(t, "SELECT count(*), "+sum("name <> 'old'")+" FROM t", "500|250")
	}
}

// lock keeps two runs of a flow from writing at once.
func (s Server) lock(t *testing.T, b Base) {
	first := b.Sink(t, connector.SinkRequest{Table: "t"})
	out := conntest.Load{Rows: conntest.Numbered(t, 3), Run: Run}.Stage(t, first)
	second := b.With(t, Options{LockTimeout: time.Second}, connector.SinkRequest{Table: "t"})
	_, err := second.Prepare(t.Context(), conntest.Numbered(t, 1).Schema, connector.Run{ID: "run-2", Flow: Run.Flow}, false)
	WantError(t, err, "another run of the flow flow")
	if err := first.Abort(t.Context(), out.Session, nil); err != nil {
		t.Error(err)
	}
}

// RunRejects loads rows that break each kind of a table's rules, in their order: words are in the
// messages, and duplicate in that of a key that is there, where rows are appended.
func (s Server) RunRejects(t *testing.T, b Base, duplicate string, words ...string) {
	b.Query(t, `CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent VALUES (1);
		CREATE TABLE t (id int PRIMARY KEY, n int CHECK (n > 0), parent int, must text NOT NULL, few varchar(3), e decimal(4,1), FOREIGN KEY (parent) REFERENCES parent (id))`)
	rows := RowsOf(t, "id int; n int; parent int; must string; few string; e decimal(10,3)",
		"1|1|1|x|abc|1.5", "1|1|1|twice|a|1", "2|-1|1|check|a|1", "3|1|7|parent|a|1", "4|1|1|NULL|a|1", "5|1|1|long|abcd|1", "6|1|1|ü|äöü|999.9",
		"7|1|1|scale|a|1.23", "8|1|1|large|a|1000", "99999999999|1|1|int4|a|1", "9|1|1|good|NULL|NULL")
	for mode, want := range map[string]string{"append": "1|x\n6|ü\n9|good", "upsert": "1|twice\n6|ü\n9|good"} {
		b.Query(t, "DELETE FROM t")
		all := strings.Join(b.Load(t, request(mode), rows).Rejects, "\n")
		for _, w := range words {
			if !strings.Contains(all, w) {
				t.Errorf("%s: the rejects lack %q:\n%s", mode, w, all)
			}
		}
		if mode == "append" != strings.Contains(all, duplicate) {
			t.Errorf("%s: %s", mode, all)
		}
		b.Want(t, "SELECT id, must FROM t ORDER BY id", want)
	}
	b.Query(t, "DROP TABLE t; DROP TABLE parent")
}
