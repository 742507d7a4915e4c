package toolcmd

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow/expr"
	"github.com/headgate/headgate/flow/step"
)

// codes explains the codes of findings, rejects and errors, one a line.
//
//go:embed codes.txt
var codes string

// ExplainOptions is what `explain` works from.
type ExplainOptions struct {
	Env  *cli.Env
	Name string // "" = list everything
}

const explainHelp = `Explain the code of a finding, of a rejected row or of an error; a step; or a function of row
expressions. Without a name, list what can be explained; "codes", "steps" and "functions" list
one kind, and a number lists the errors that end with this exit code.`

// NewExplain is `headgate explain`.
func NewExplain(env *cli.Env, runF func(context.Context, *ExplainOptions) error) *cobra.Command {
	o := &ExplainOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:     "explain [NAME]",
		Short:   "Explain a code, a step or a function",
		Long:    explainHelp,
		Example: "  headgate explain yaml.unknown_key\n  headgate explain dedupe\n  headgate explain functions",
		Args:    cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return topicNames(topics()), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			o.Name = strings.Join(args, "")
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runExplain(c.Context(), o)
		},
	}, guard.None)
}

// topic is something that can be explained.
type topic struct {
	Name  string   `json:"name"`
	Kind  string   `json:"kind"`            // code, step or function
	Forms []string `json:"forms,omitempty"` // how a function is called
	Text  string   `json:"text"`
}

func topics() []topic {
	var list []topic
	for line := range strings.Lines(codes) {
		name, text, _ := strings.Cut(strings.TrimSpace(line), ": ")
		list = append(list, topic{Name: name, Kind: "code", Text: text})
	}
	for _, k := range step.Kinds() {
		list = append(list, topic{Name: k.Name, Kind: "step", Text: k.Summary})
	}
	for _, f := range expr.Functions() {
		list = append(list, topic{Name: f.Name, Kind: "function", Forms: f.Signatures, Text: f.Doc})
	}
	return list
}

func topicNames(list []topic) []string {
	var names []string
	for _, t := range list {
		names = append(names, t.Name)
	}
	return names
}

func runExplain(_ context.Context, o *ExplainOptions) error {
	all := topics()
	kind, one := strings.CutSuffix(o.Name, "s")
	found := slices.DeleteFunc(slices.Clone(all), func(t topic) bool {
		exit := strings.HasSuffix(t.Text, "Exit code "+o.Name+".")
		return o.Name != "" && t.Name != o.Name && !(one && t.Kind == kind) && !exit
	})
	if len(found) == 0 {
		return &cli.UsageError{Message: "nothing to explain is called " + spec.Quote(o.Name),
			Hint: spec.DidYouMean(o.Name, append(topicNames(all), "codes", "steps", "functions"))}
	}
	return o.Env.UI.Result(map[string]any{"topics": found}, func(w io.Writer) {
		if found[0].Name == o.Name {
			for _, f := range found {
				f.print(w)
			}
			return
		}
		t := ui.Table{Head: []string{"NAME", "KIND", ""}, Width: o.Env.UI.Columns}
		for _, f := range found {
			name := f.Name
			if len(f.Forms) > 0 {
				name = f.Forms[0]
			}
			t.Rows = append(t.Rows, []string{name, f.Kind, f.Text})
		}
		t.Write(w)
	})
}

func (t topic) print(w io.Writer) {
	fmt.Fprintf(w, "%s (%s)\n", t.Name, t.Kind)
	for _, form := range t.Forms {
		fmt.Fprintf(w, "    %s\n", form)
	}
	fmt.Fprintf(w, "%s\n", t.Text)
}
