package toolcmd

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/clitest"
)

func tree(p *clitest.Place) *cobra.Command {
	root := &cobra.Command{Use: "headgate", Short: "Short", Long: "One.\n\n    .indented -x"}
	root.AddCommand(NewMan(p.Env, nil), NewVersion(p.Env, nil))
	return root
}

func TestManTakesACommand(t *testing.T) {
	p := clitest.New(t)
	var got *ManOptions
	err := clitest.Parse(NewMan(p.Env, func(_ context.Context, o *ManOptions) error { got = o; return nil }), "flow", "new", "--dir", "x")
	if err != nil || strings.Join(got.Path, " ") != "flow new" || got.Dir != "x" || got.Root == nil {
		t.Errorf("%+v %v", got, err)
	}
}

func TestManPage(t *testing.T) {
	p := clitest.New(t)
	if err := runMan(context.Background(), &ManOptions{Env: p.Env, Root: tree(p)}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{".TH \"HEADGATE\" 1", "headgate \\- Short", "\n    .indented \\-x\n", ".BR headgate\\-man (1),"} {
		if !strings.Contains(p.Out.String(), want) {
			t.Errorf("no %q in\n%s", want, p.Out)
		}
	}
	if err := runMan(context.Background(), &ManOptions{Env: p.Env, Root: tree(p), Path: []string{"verson"}}); err == nil {
		t.Error("found a command that does not exist")
	}
}

func TestManPages(t *testing.T) {
	p := clitest.New(t)
	if err := runMan(context.Background(), &ManOptions{Env: p.Env, Root: tree(p), Dir: p.Path("man")}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(p.Path("man/*.1"))
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	page, err := os.ReadFile(p.Path("man/headgate-man.1"))
	if err != nil || !strings.Contains(string(page), "\\fB\\-\\-dir\\fR \\fIstring\\fR") {
		t.Errorf("%s %v", page, err)
	}
}
