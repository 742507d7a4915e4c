package flow

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// project writes files into a new folder.
func project(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func flowText(name string) string {
	return "version: 1\nflow: " + name + "\nsource: {files: a.csv}\nsink: {file: b.csv}\n"
}

func TestProject(t *testing.T) {
	dir := project(t, map[string]string{
		"flows/b.yaml": flowText("orders"), "flows/a.yaml": flowText("customers"), "flows/c.yaml": flowText("orders"),
		"flows/broken.yaml": "a: [", "flows/d.yml": flowText("d"), "flows/.hidden.yaml": "x", "flows/notes.txt": "x",
		"elsewhere.yaml": flowText("elsewhere"),
	})
	p, err := OpenProject(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range p.Flows() {
		got = append(got, fmt.Sprint(filepath.Base(l.Path), " ", len(l.Diags)))
	}
	if s := strings.Join(got, ", "); s != "a.yaml 0, b.yaml 0, broken.yaml 1, c.yaml 1" {
		t.Errorf("flows: %s", s)
	}
	if d := p.Flows()[3].Diags[0]; d.Code != "flow.duplicate_name" || d.Line != 2 || d.Column != 7 {
		t.Errorf("duplicate: %v", d)
	}
	if s := p.Strange(); len(s) != 1 || !s[0].Warning || filepath.Base(s[0].File) != "d.yml" {
		t.Errorf("strange: %v", s)
	}
	if s := strings.Join(p.Names(), " "); s != "customers orders" {
		t.Errorf("names: %s", s)
	}
}

func TestProjectFlow(t *testing.T) {
	dir := project(t, map[string]string{"flows/b.yaml": flowText("orders"), "flows/broken.yaml": "a: [", "elsewhere.yaml": flowText("elsewhere")})
	p, err := OpenProject(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"orders", "b.yaml", "flows/b.yaml", filepath.Join(dir, "flows", "b.yaml")} {
		if l, err := p.Flow(name); err != nil || l.Flow == nil || l.Flow.Name.Value != "orders" {
			t.Errorf("Flow(%s) = %v, %v", name, l, err)
		}
	}
	if l, err := p.Flow("elsewhere.yaml"); err != nil || l.Flow.Name.Value != "elsewhere" {
		t.Errorf("a file outside flows: %v, %v", l, err)
	}
	if l, err := p.Flow("broken"); err != nil || l.Flow != nil || len(l.Diags) != 1 {
		t.Errorf("a broken file: %v, %v", l, err)
	}
	tests := map[string]string{"ordres": "did you mean `orders`?", "flows/nowhere.yaml": ""}
	for name, hint := range tests {
		var nf *NotFoundError
		if _, err := p.Flow(name); !errors.As(err, &nf) || nf.Name != name || hint != "" && nf.Hint != hint {
			t.Errorf("Flow(%s) = %v", name, err)
		}
	}
}

// TestProjectFlowIsReadAlone: a run of one flow does not read a project's others, unless it has to.
func TestProjectFlowIsReadAlone(t *testing.T) {
	p, err := OpenProject(project(t, map[string]string{"flows/a.yaml": flowText("orders"), "flows/broken.yaml": "a: [",
		"flows/orders.yaml": flowText("orders"), "flows/later.yaml": flowText("later") + "after: [orders, odrers]\n"}))
	if err != nil {
		t.Fatal(err)
	}
	for _, read := range []string{"alone", "with the others"} {
		l, err := p.Flow("orders")
		if err != nil || filepath.Base(l.Path) != "orders.yaml" || len(l.Diags) != 0 || (p.flows == nil) != (read == "alone") {
			t.Errorf("%s: %v, %v", read, l, err)
		}
		if _, err := p.Flow("later"); err != nil || p.flows == nil {
			t.Errorf("a flow that waits for others: %v, %v", p.flows, err)
		}
	}
	if d := p.Flows()[0].Diags; len(d) != 1 || d[0].Code != "flow.duplicate_name" {
		t.Errorf("the file that is not called like the flow: %v", d)
	}
}

func TestProjectAfter(t *testing.T) {
	files := map[string]string{"flows/a.yaml": flowText("first"), "flows/b.yaml": flowText("second") + "after: [first, frist, second]\n"}
	p, err := OpenProject(project(t, files))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range p.Flows()[1].Diags {
		got = append(got, fmt.Sprintf("%d:%d %s %s", d.Line, d.Column, d.Message, d.Suggestion))
	}
	want := "5:16 after: no flow \"frist\" in this project did you mean `first`?\n5:23 a flow cannot wait for itself "
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("got\n%s\nwant\n%s", s, want)
	}
	files["flows/c.yaml"] = "["
	if p, err = OpenProject(project(t, files)); err != nil {
		t.Fatal(err)
	}
	if d := p.Flows()[1].Diags; len(d) != 0 {
		t.Errorf("with a file that cannot be read: %v", d)
	}
}

func TestProjectConnections(t *testing.T) {
	p, err := OpenProject(project(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	c, diags := p.Connections()
	if c != nil || diags != nil || c.Has("x") || c.Names() != nil || !c.HasProfile("") || c.HasProfile("dev") {
		t.Errorf("without the file: %v, %v", c, diags)
	}
	if _, err := OpenProject(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a folder that does not exist was opened")
	}
}

func TestResolve(t *testing.T) {
	c, diags := LoadConnections("testdata/valid/connections.yaml", "connections.yaml")
	if diags != nil {
		t.Fatal(diags)
	}
	tests := []struct{ name, profile, want string }{
		{"shop", "", "sqlite &{shop.db} [read]"},
		{"db", "", "demo &{db.internal 5432 secret:dwh/main#password} []"},
		{"db", "dev", "demo &{localhost 5432 secret:dwh/main#password} []"},
		{"shop", "dev", "demo &{localhost 5432 secret:shop} []"},
	}
	for _, tt := range tests {
		r, diags := c.Resolve(testRegistry(), tt.name, tt.profile)
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		if got := fmt.Sprint(r.Type.Name, " ", r.Config, " ", r.Use); got != tt.want {
			t.Errorf("%s in %q: %s, want %s", tt.name, tt.profile, got, tt.want)
		}
	}
	r, _ := c.Resolve(testRegistry(), "shop", "")
	if !r.May("read") || r.May("write") {
		t.Errorf("use = %v", r.Use)
	}
	if r, _ := c.Resolve(testRegistry(), "db", ""); !r.May("write") {
		t.Error("a connection without `use` may not be written")
	}
}

// BenchmarkLoad1000 loads a project of a thousand flows.
func BenchmarkLoad1000(b *testing.B) {
	text, err := os.ReadFile("testdata/valid/full.yaml")
	if err != nil {
		b.Fatal(err)
	}
	files := map[string]string{}
	for i := range 1000 {
		name := fmt.Sprintf("flow-%d", i)
		text := strings.Replace(string(text), "after: [first]", "after: [flow-0]", 1)
		if i == 0 {
			text = strings.Replace(text, "after: [flow-0]", "", 1)
		}
		files["flows/"+name+".yaml"] = strings.Replace(text, "flow: full", "flow: "+name, 1)
	}
	dir := project(b, files)
	for b.Loop() {
		p, err := OpenProject(dir)
		if err != nil {
			b.Fatal(err)
		}
		for _, l := range p.Flows() {
			if l.Flow == nil || len(l.Diags) > 0 {
				b.Fatal(l.Diags)
			}
		}
	}
}
