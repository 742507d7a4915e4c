package flowcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/flow"
)

// ValidateOptions is what `validate` works from.
type ValidateOptions struct {
	Env *cli.Env

	Paths  []string
	Format string // text or json
	Strict bool
}

const validateHelp = `Check flow files, connections.yaml and headgate.yaml, and tell everything that is wrong with
them, not the first thing only. Offline: no store, no network, no environment, no clock.

PATH is a flow's name, a file or a folder; left out, it is the whole project. Findings go to
standard output, each with file, line, column and code; "headgate explain CODE" tells more.

Exit codes: 0 all is well, 2 there are findings. Warnings alone end with 0, unless --strict is
given.`

// NewValidate is `headgate validate`.
func NewValidate(env *cli.Env, runF func(context.Context, *ValidateOptions) error) *cobra.Command {
	o := &ValidateOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:               "validate [PATH...] [flags]",
		Short:             "Check flow files offline",
		Long:              validateHelp,
		Example:           "  headgate validate\n  headgate validate flows/paid-orders.yaml --format json",
		ValidArgsFunction: cli.CompleteFlows(env),
		RunE: func(c *cobra.Command, args []string) error {
			o.Paths = args
			if err := cli.OneOf("format", []string{"text", "json"})(c, []string{o.Format}); err != nil {
				return err
			}
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runValidate(c.Context(), o)
		},
	}, guard.None)
	c.Flags().StringVar(&o.Format, "format", "text", "how to print findings: text or json")
	c.Flags().BoolVar(&o.Strict, "strict", false, "take warnings for errors")
	return c
}

// validated is the result of `validate`.
type validated struct {
	Valid       bool        `json:"valid"`
	Flows       int         `json:"flows"`
	Connections int         `json:"connections"`
	Findings    []flow.Diag `json:"findings"`
}

func runValidate(_ context.Context, o *ValidateOptions) error {
	if o.Format == "json" {
		o.Env.UI.JSON = true
	}
	c := newChecker(o.Env.Registry())
	var err error
	if len(o.Paths) == 0 {
		err = c.project(o.Env.Dir())
	} else {
		err = c.paths(o.Env.Dir(), o.Paths)
	}
	if err != nil {
		return err
	}
	return report(o, c.result(o.Strict))
}

func report(o *ValidateOptions, v validated) error {
	t := o.Env.UI
	count := ui.Plural(int64(v.Flows), "flow")
	err := t.Result(v, func(w io.Writer) {
		flow.WriteText(w, v.Findings)
		if len(v.Findings) > 0 {
			fmt.Fprintln(w, cli.CountFindings(v.Findings))
		}
	})
	switch {
	case err != nil:
		return err
	case !v.Valid:
		return &cli.FindingsError{Diags: v.Findings, Shown: true}
	case v.Flows == 1:
		t.Note(t.Good("valid") + ": 1 flow")
	default:
		t.Note(t.Good("valid") + ": " + count)
	}
	return nil
}

// display is a path as short as it can be said.
func display(path string) string {
	if rel, err := filepath.Rel(".", path); err == nil && !strings.HasPrefix(rel, "..") {
		return rel
	}
	return path
}

// usage turns what the file system says about an argument into a usage error.
func usage(arg string, err error) error {
	var missing *flow.NotFoundError
	if errors.As(err, &missing) {
		return &cli.UsageError{Message: missing.Error(), Hint: missing.Hint}
	}
	return &cli.UsageError{Message: arg + ": " + err.Error()}
}
