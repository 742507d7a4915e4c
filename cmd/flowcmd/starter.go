package flowcmd

import (
	"context"
	_ "embed"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/flow/plan"
)

// starter is the new flow, with the words NAME, INPUT and COLUMNS to be replaced.
//
//go:embed starter.yaml
var starter string

// noColumns stands where columns would be declared when the input is not known yet.
const noColumns = `  # columns:                      # left out: inferred where nothing can be lost
  #   id: int
  #   name: string
  #   amount: decimal(12,2)
  #   created_at: timestamp
`

// starterText is the text of the new flow.
func starterText(ctx context.Context, o *NewOptions, project *flow.Project) (string, error) {
	input, columns := "data/"+o.Name+".csv", noColumns
	if o.From != "" {
		var err error
		if input, err = inside(project.Dir, o.From); err != nil {
			return "", err
		}
		if columns, err = declare(ctx, o, project, input); err != nil {
			return "", err
		}
		input = yamlText(input)
	}
	return strings.NewReplacer("NAME", o.Name, "INPUT", input, "COLUMNS", strings.TrimSuffix(columns, "\n")).Replace(starter), nil
}

// inside is a file's path as a flow of the project has it.
func inside(dir, file string) (string, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	rel, err := filepath.Rel(root, abs)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", &cli.UsageError{Message: file + " is not in the project's folder " + root, Hint: "a connection of type file can name a folder outside"}
	}
	return filepath.ToSlash(rel), nil
}

// declare looks at the start of a file and spells its columns as a flow declares them.
func declare(ctx context.Context, o *NewOptions, project *flow.Project, input string) (string, error) {
	probe := "version: 1\nflow: probe\nsource: {files: " + yamlText(input) + "}\nsink: {file: probe.csv}\n"
	f, diags := flow.LoadBytes([]byte(probe), input)
	if found := cli.Serious(diags); len(found) > 0 {
		return "", &cli.FindingsError{Diags: found}
	}
	p, diags, err := plan.Build(ctx, plan.Request{Flow: f, Project: project, Registry: o.Env.Registry(), Run: plan.NewRun(o.Env.Now()),
		Env: connector.Env{Project: project.Dir}, Purpose: plan.ToPreview})
	if found := cli.Serious(diags); len(found) > 0 {
		return "", &cli.FindingsError{Diags: found}
	}
	if err != nil {
		return "", err
	}
	defer p.Close()
	var b strings.Builder
	b.WriteString("  columns:                        # as the first rows have them; correct what they do not tell\n")
	for _, c := range p.Columns {
		fmt.Fprintf(&b, "    %s: %s\n", yamlText(c.Name), c.Type)
	}
	return b.String(), nil
}

// plainWord is text that YAML takes for itself without quotes, apart from the words of notYAMLText.
var (
	plainWord   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_./-]*$`)
	notYAMLText = regexp.MustCompile(`(?i)^(true|false|null|yes|no|on|off|y|n)$`)
)

// yamlText spells a text for YAML, in quotes where it would be taken for something else.
func yamlText(s string) string {
	if plainWord.MatchString(s) && !notYAMLText.MatchString(s) {
		return s
	}
	return strconv.QuoteToGraphic(s)
}
