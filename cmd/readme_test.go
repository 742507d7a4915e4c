package cmd

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/connector/all"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/flow/plan"
)

// TestReadme checks what README.md claims: its flow is valid, and its commands are those there are.
func TestReadme(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	readme := string(data)
	if !strings.HasPrefix(readme, "# headgate\n\n```\ngo run . demo") {
		t.Error("it does not start with the two commands")
	}
	for _, block := range regexp.MustCompile("(?ms)^```yaml\n(.*?)^```").FindAllStringSubmatch(readme, -1) {
		f, diags := flow.LoadBytes([]byte(block[1]), "README.md")
		if f != nil {
			p, err := flow.OpenProject(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			diags = append(diags, plan.Check(f, p, all.Registry())...)
		}
		for _, d := range diags {
			t.Error(d)
		}
	}
	known := map[string]bool{}
	walk(newTree(), func(c *cobra.Command) {
		if len(c.Commands()) == 0 && !c.Hidden {
			known["`"+c.CommandPath()+"`"] = true
			if !strings.Contains(readme, "`"+c.CommandPath()+"`") {
				t.Errorf("no `%s`", c.CommandPath())
			}
		}
	})
	for _, m := range regexp.MustCompile("(?m)^\\| (`headgate.*?) \\|").FindAllStringSubmatch(readme, -1) {
		for _, name := range strings.Split(m[1], ", ") {
			if !known[name] {
				t.Errorf("there is no %s", name)
			}
		}
	}
}
