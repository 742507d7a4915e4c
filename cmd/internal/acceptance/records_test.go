//go:build unix

package acceptance

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// JSON lines that are wrong: the run fails with the line, or the row is rejected.
func TestBadJSONLine(t *testing.T) {
	const flow = "version: 1\nflow: f\nsource:\n  files: in.jsonl\n  columns: {id: int, name: string}\nsink: {file: out.csv}\nerrors: {rows: ROWS}\n"
	for name, bad := range map[string]string{
		"cut off":           `{"id": 2, "name": "b`,
		"not an object":     `[1, 2]`,
		"rubbish after":     `{"id": 2, "name": "b"} x`,
		"number too large":  `{"id": 9223372036854775808, "name": "b"}`,
		"word for a number": `{"id": "two", "name": "b"}`,
		"invalid UTF-8":     "{\"id\": 2, \"name\": \"\xff\"}",
		"lone surrogate":    `{"id": 2, "name": "\ud800"}`,
		"deep nesting":      `{"id": 2, "name": ` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`,
		"fraction":          `{"id": 2.5, "name": "b"}`,
	} {
		t.Run(name, func(t *testing.T) {
			text := "{\"id\": 1, \"name\": \"a\"}\n" + bad + "\n{\"id\": 3, \"name\": \"c\"}\n"
			p := newProject(t, "flows/f.yaml", strings.Replace(flow, "ROWS", "fail", 1), "in.jsonl", text, "out.csv", "old\n")
			if name == "deep nesting" { // a column of text may take it as text
				if o := p.run("run", "f", "--json"); o.exit > 1 || o.finished().RowsRead == 0 {
					t.Errorf("exit %d: %s", o.exit, clip(o.stderr))
				}
				return
			}
			p.run("run", "f", "--json").exits(1).says("in.jsonl:2").finished()
			if got := p.read("out.csv"); got != "old\n" {
				t.Errorf("the old output is now %q", got)
			}
			p = newProject(t, "flows/f.yaml", strings.Replace(flow, "ROWS", "quarantine", 1), "in.jsonl", text)
			if f := p.run("run", "f", "--json").exits(4).finished(); f.RowsWritten != 2 || f.RowsRejected != 1 {
				t.Errorf("%+v, want 2 written and 1 rejected", f)
			}
			if got := p.read("out.csv"); got != "id,name\n1,a\n3,c\n" {
				t.Errorf("the output is %q", got)
			}
		})
	}
}

// A record of 40 MB is rejected with its line; those around it pass.
func TestHugeRecord(t *testing.T) {
	huge := strings.Repeat("x", 40<<20)
	for name, c := range map[string]struct{ file, text string }{
		"csv":        {"in.csv", "id,name\n1,a\n2," + huge + "\n3,c\n"},
		"csv quoted": {"in.csv", "id,name\n1,a\n2,\"" + huge + "\"\n3,c\n"},
		"jsonl":      {"in.jsonl", "{\"id\":1,\"name\":\"a\"}\n{\"id\":2,\"name\":\"" + huge + "\"}\n{\"id\":3,\"name\":\"c\"}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProject(t, c.file, c.text, "flows/f.yaml", "version: 1\nflow: f\nsource: {files: "+c.file+
				", columns: {id: int, name: string}}\nsink: {file: out.csv}\nerrors: {rows: skip}\n")
			f := p.run("run", "f", "--json").exits(0).finished()
			if f.RowsWritten != 2 || f.RowsRejected != 1 {
				t.Errorf("%+v, want 2 written and 1 rejected", f)
			}
			if got := p.read("out.csv"); got != "id,name\n1,a\n3,c\n" {
				t.Errorf("the output is %q", clip(got))
			}
		})
	}
}

// Input whose columns are not the declared ones.
func TestDrift(t *testing.T) {
	const flow = "version: 1\nflow: f\nsource:\n  files: in.csv\n  columns: {id: int, name: string}\n  drift: DRIFT\nsink: {file: out.csv}\n"
	for _, c := range []struct {
		name, drift, in string
		exit            int
		says, out       string
	}{
		{"missing column", "{}", "id,nam\n1,a\n", 1, "name", "old\n"},
		{"missing column ignored", "{missing_column: ignore}", "id\n1\n", 0, "", "id,name\n1,\n"},
		{"new column", "{}", "id,new,name\n1,x,a\n", 0, "", "id,name\n1,a\n"},
		{"new column fails", "{new_column: fail}", "id,name,new\n1,a,x\n", 1, "new", "old\n"},
		{"new column added", "{new_column: add}", "id,name,new\n1,a,x\n", 0, "", "id,name,new\n1,a,x\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProject(t, "flows/f.yaml", strings.Replace(flow, "DRIFT", c.drift, 1), "in.csv", c.in, "out.csv", "old\n")
			p.run("run", "f").exits(c.exit).says(c.says)
			if got := p.read("out.csv"); got != c.out {
				t.Errorf("the output is %q, want %q", got, c.out)
			}
		})
	}
}

// Files stay within the project.
func TestFilesStayInside(t *testing.T) {
	for name, flow := range map[string]string{
		"read above":       "source: {files: ../in.csv, columns: {id: int}}\nsink: {file: out.csv}\n",
		"read absolute":    "source: {files: ABOVE/in.csv, columns: {id: int}}\nsink: {file: out.csv}\n",
		"write above":      "source: {files: in.csv, columns: {id: int}}\nsink: {file: ../out.csv}\n",
		"write absolute":   "source: {files: in.csv, columns: {id: int}}\nsink: {file: ABOVE/out.csv}\n",
		"read over a link": "source: {files: up/in.csv, columns: {id: int}}\nsink: {file: out.csv}\n",
	} {
		t.Run(name, func(t *testing.T) {
			above := newProject(t, "in.csv", "id\n1\n", "p/in.csv", "id\n1\n")
			p := &project{t: t, dir: above.path("p")}
			if err := os.Symlink("..", p.path("up")); err != nil {
				t.Fatal(err)
			}
			p.write("flows/f.yaml", "version: 1\nflow: f\n"+strings.Replace(flow, "ABOVE", above.dir, 1))
			if o := p.run("run", "f"); o.exit != 1 && o.exit != 2 {
				t.Errorf("exit %d: %s", o.exit, o.stderr)
			}
			for _, out := range []string{above.path("out.csv"), p.path("out.csv")} {
				if _, err := os.Stat(out); err == nil {
					t.Errorf("%s was written", out)
				}
			}
		})
	}
}

// A place to write that cannot be written.
func TestUnwritable(t *testing.T) {
	for name, spoil := range map[string]func(*project){
		"no permission": func(p *project) {
			p.write("out/x", "")
			p.unprivileged()
			if err := os.Chmod(p.path("out"), 0o555); err != nil {
				p.t.Fatal(err)
			}
		},
		"a folder has the name":  func(p *project) { p.write("out/out.csv/x", "") },
		"a file is in the way":   func(p *project) { p.write("out", "") },
		"the link leads nowhere": func(p *project) { p.write("y", ""); os.Symlink("gone/away", p.path("out")) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newProject(t, "flows/f.yaml", "version: 1\nflow: f\nsource: {files: in.csv, columns: {id: int}}\nsink: {file: out/out.csv}\n", "in.csv", "id\n1\n")
			spoil(p)
			p.run("run", "f").exits(1).says("out")
		})
	}
}

// SQLite that is wrong: not a database, no such table, rows that the table refuses.
func TestBadSQLite(t *testing.T) {
	const from = "version: 1\nflow: f\nsource: {connection: db, table: ordres}\nsink: {file: out.csv}\n"
	t.Run("not a database", func(t *testing.T) {
		p := newProject(t, "flows/f.yaml", from, "connections.yaml", connections, "out.db", strings.Repeat("no database. ", 1000), "out.csv", "old\n")
		p.run("run", "f").exits(1).says("not a database")
		if got := p.read("out.csv"); got != "old\n" {
			t.Errorf("the old output is now %q", got)
		}
	})
	t.Run("no such table", func(t *testing.T) {
		p := newProject(t, "flows/f.yaml", from, "connections.yaml", connections, "out.csv", "old\n")
		execute(t, p.path("out.db"), "CREATE TABLE orders (id INTEGER)")
		p.run("run", "f").exits(1).says("ordres", "orders")
	})
	t.Run("no such file", func(t *testing.T) {
		p := newProject(t, "flows/f.yaml", from, "connections.yaml", connections)
		p.run("run", "f").exits(1).says("out.db")
		if _, err := os.Stat(p.path("out.db")); err == nil {
			t.Error("reading made a database")
		}
	})
	t.Run("rows that the table refuses", func(t *testing.T) {
		flow := "version: 1\nflow: f\nsource: {files: in.csv, columns: {id: int, name: string}}\nsink: {connection: db, table: t}\nerrors: {rows: ROWS}\n"
		p := newProject(t, "flows/f.yaml", strings.Replace(flow, "ROWS", "fail", 1), "connections.yaml", connections, "in.csv", "id,name\n1,a\n2,b\n2,c\n3,\n4,d\n")
		execute(t, p.path("out.db"), "CREATE TABLE t (id INTEGER UNIQUE, name TEXT NOT NULL)")
		p.run("run", "f", "--json").exits(1).says("in.csv:4").finished()
		if got := len(query(t, p.path("out.db"), "SELECT * FROM t").cells); got != 0 {
			t.Errorf("%d rows of a failed run are visible", got)
		}
		p.write("flows/f.yaml", strings.Replace(flow, "ROWS", "quarantine", 1))
		if f := p.run("run", "f", "--json").exits(4).finished(); f.RowsWritten != 3 || f.RowsRejected != 2 {
			t.Errorf("%+v, want 3 written and 2 rejected", f)
		}
		if got := len(query(t, p.path("out.db"), "SELECT * FROM t").cells); got != 3 {
			t.Errorf("%d rows in the table, want 3", got)
		}
	})
}

// The sqlite3 program reads what headgate wrote, and finds the file whole.
func TestSQLiteProgramReads(t *testing.T) {
	shell, err := exec.LookPath("sqlite3")
	if err != nil {
		if os.Getenv("HEADGATE_REQUIRE_SERVICES") == "1" {
			t.Fatal(err)
		}
		t.Skip("sqlite3 is not installed")
	}
	p := newProject(t, "connections.yaml", connections, "in.csv", "id,amount,big,at,day,name\n1,0.10,12345678901234567890.12,2024-05-06T07:08:09Z,2024-05-06,ä\n2,,,,,\n",
		"flows/f.yaml", "version: 1\nflow: f\nsource: {files: in.csv, columns: {id: int, amount: 'decimal(12,2)', big: 'decimal(30,2)', at: timestamp, day: date, name: string}}\n"+
			"sink: {connection: db, table: t}\n")
	p.run("run", "f").exits(0)
	out, err := exec.Command(shell, p.path("out.db"), "PRAGMA integrity_check", "SELECT id, amount, typeof(amount), big, typeof(big), substr(at, 1, 10), day, name, "+
		"datetime(at) FROM t ORDER BY id").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := "ok\n1|0.1|real|12345678901234567890.12|text|2024-05-06|2024-05-06|ä|2024-05-06 07:08:09\n2||null||null||||\n"
	if string(out) != want {
		t.Errorf("%s, want %s", out, want)
	}
}
