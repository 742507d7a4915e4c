package rolecmd

import (
	"context"
	"strings"
	"testing"

	"github.com/headgate/headgate/cmd/internal/clitest"
	"github.com/headgate/headgate/rbac"
)

var ctx = context.Background()

func TestParse(t *testing.T) {
	p := clitest.New(t)
	role := "x"
	runF := func(_ context.Context, o *ExplainOptions) error { role = o.Role; return nil }
	for args, ok := range map[string]bool{"": true, "editor": true, "owner": true, "boss": false} {
		if err := clitest.Parse(NewExplain(p.Env, runF), strings.Fields(args)...); (err == nil) != ok || ok && role != args {
			t.Errorf("%q: %q %v", args, role, err)
		}
	}
	listed := false
	if err := clitest.Parse(NewList(p.Env, func(context.Context, *ListOptions) error { listed = true; return nil })); err != nil || !listed {
		t.Error(err)
	}
}

// TestListDescribesEveryRole also keeps the list in step with rbac.
func TestListDescribesEveryRole(t *testing.T) {
	p := clitest.New(t)
	if err := runList(ctx, &ListOptions{p.Env}); err != nil {
		t.Fatal(err)
	}
	for _, r := range roles() {
		if r.Summary == "" || !strings.Contains(p.Out.String(), r.Role) {
			t.Errorf("%+v", r)
		}
	}
	if len(roles()) != len(rbac.Roles()) {
		t.Error(roles())
	}
}

// TestExplainPrintsEveryCell: nothing of the matrix is left out.
func TestExplainPrintsEveryCell(t *testing.T) {
	p := clitest.New(t)
	if err := runExplain(ctx, &ExplainOptions{Env: p.Env}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(p.Out.String(), "\n")
	for i, row := range rbac.Matrix() {
		line := lines[i+1]
		if !strings.HasPrefix(line, string(row.Verb)) {
			t.Fatalf("line %d is %s", i+1, line)
		}
		words := strings.Fields(strings.TrimPrefix(line, string(row.Verb)))
		for c, cell := range row.Cells {
			if words[c] != string(cell) {
				t.Errorf("%s, column %d: %s", row.Verb, c, words[c])
			}
		}
		for _, class := range append(row.Direct, row.Runner...) {
			if !strings.Contains(line, string(class)) {
				t.Errorf("%s: no class %s", row.Verb, class)
			}
		}
	}
	p = clitest.New(t)
	if err := runExplain(ctx, &ExplainOptions{Env: p.Env, Role: "viewer"}); err != nil {
		t.Fatal(err)
	}
	if head, _, _ := strings.Cut(p.Out.String(), "\n"); strings.Contains(head, "editor") || !strings.Contains(head, "viewer") {
		t.Error(head)
	}
}
