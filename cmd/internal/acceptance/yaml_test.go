//go:build unix

package acceptance

import (
	"fmt"
	"strings"
	"testing"
)

// A flow file that is wrong: exit 2, the position, and a run leaves the old output alone.
func TestInvalidFlowFile(t *testing.T) {
	const good = "version: 1\nflow: f\nsource:\n  files: in.csv\n  columns: {id: int, status: string}\nsink:\n  file: out.csv\n"
	for _, c := range []struct {
		name, text string
		says       []string
	}{
		{"unknown key", strings.Replace(good, "files:", "fiels:", 1), []string{"flows/f.yaml:4:3", "fiels", "files"}},
		{"unknown column", good + "steps:\n  - filter: statuss == 'x'\n", []string{"flows/f.yaml:9:13", "status"}},
		{"wrong type", good + "steps:\n  - filter: id == 'x'\n", []string{"flows/f.yaml:9:1"}},
		{"unknown step", good + "steps:\n  - fliter: id == 1\n", []string{"flows/f.yaml:9:5", "filter"}},
		{"cyclic alias", good + "tags: &a [*a]\n", []string{"flows/f.yaml:8"}},
		{"cyclic alias in a map", good + "notify: &a {on: *a}\n", []string{"flows/f.yaml:8"}},
		{"aliases that multiply", multiplying() + good, []string{"flows/f.yaml"}},
		{"2 MB", good + "# " + strings.Repeat("x", 2<<20) + "\n", []string{"flows/f.yaml", "1 MiB"}},
		{"deep nesting", good + "tags: " + strings.Repeat("[", 200_000) + "\n", []string{"flows/f.yaml"}},
		{"not YAML", "version: 1\nflow: [\n", []string{"flows/f.yaml"}},
		{"not UTF-8", "version: 1\nflow: \xff\n", []string{"flows/f.yaml"}},
		{"two documents", good + "---\n" + good, []string{"flows/f.yaml"}},
		{"duplicate key", good + "flow: g\n", []string{"flows/f.yaml:8:1", "flow"}},
		{"undefined parameter", strings.Replace(good, "in.csv", "in-${{ params.day }}.csv", 1), []string{"flows/f.yaml:4", "day"}},
		{"newer version", strings.Replace(good, "version: 1", "version: 9", 1), []string{"flows/f.yaml:1", "9"}},
		{"empty", "", []string{"flows/f.yaml"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProject(t, "flows/f.yaml", c.text, "in.csv", "id,status\n1,a\n", "out.csv", "old\n")
			p.run("validate").exits(2).says(c.says...)
			p.run("run", "flows/f.yaml").exits(2)
			if got := p.read("out.csv"); got != "old\n" {
				t.Errorf("the old output is %q", got)
			}
		})
	}
	t.Run("good", func(t *testing.T) {
		p := newProject(t, "flows/f.yaml", good, "in.csv", "id,status\n1,a\n", "out.csv", "old\n")
		p.run("validate").exits(0)
		p.run("run", "f").exits(0)
		if got := p.read("out.csv"); got != "id,status\n1,a\n" {
			t.Errorf("the output is %q", got)
		}
	})
}

// multiplying is a small text whose aliases stand for billions of nodes.
func multiplying() string {
	var b strings.Builder
	b.WriteString("tags:\n  - &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := range 9 {
		fmt.Fprintf(&b, "  - &a%d [%s]\n", i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	return b.String()
}

// Every finding of every file comes at once.
func TestAllFindingsAtOnce(t *testing.T) {
	p := newProject(t,
		"flows/a.yaml", "version: 1\nflow: a\nsource: {files: in.csv, colums: {id: int}}\nsink: {fiel: out.csv}\n",
		"flows/b.yaml", "version: 1\nflow: B\nsource: {files: in.csv}\nsteps:\n  - filter: nosuch(id)\n  - selekt: [id]\nsink: {file: out.csv}\n")
	p.run("validate").exits(2).says("a.yaml:3:25", "a.yaml:4:8", "b.yaml:2:7", "b.yaml:5:1", "b.yaml:6:5")
}
