// Package rolecmd holds the commands that explain roles. They need no store: the
// rules are the same in every one.
package rolecmd

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/rbac"
)

// New is `headgate role` with its commands.
func New(env *cli.Env) *cobra.Command {
	c := &cobra.Command{Use: "role", Short: "What roles may do, and what enforces it"}
	c.AddCommand(NewList(env, nil), NewExplain(env, nil))
	return c
}

// ListOptions is what `role list` works from.
type ListOptions struct{ Env *cli.Env }

// NewList is `headgate role list`.
func NewList(env *cli.Env, runF func(context.Context, *ListOptions) error) *cobra.Command {
	o := &ListOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the roles",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runList(c.Context(), o)
		},
	}, guard.None)
}

// listed is a line of the result of `role list`.
type listed struct {
	Role    string `json:"role"`
	Level   string `json:"level"` // on flows, before grants
	Summary string `json:"summary"`
}

func roles() []listed {
	text := map[rbac.Role]string{
		rbac.Superadmin:    "everything, also the rules of the store; one superadmin is the owner",
		rbac.Administrator: "people, flows and secrets inside the rules; reads the audit log",
		rbac.Editor:        "writes and approves flows, sets secrets",
		rbac.Operator:      "runs approved flows",
		rbac.Viewer:        "sees flows, runs and statistics",
		rbac.APIUser:       "a program: runs the approved flows that it was made for",
	}
	list := make([]listed, 0, len(text))
	for _, r := range rbac.Roles() {
		list = append(list, listed{string(r), string(r.Ceiling()), text[r]})
	}
	return list
}

func runList(_ context.Context, o *ListOptions) error {
	list := roles()
	t := ui.Table{Head: []string{"ROLE", "FLOWS", ""}}
	for _, l := range list {
		t.Rows = append(t.Rows, []string{l.Role, l.Level, l.Summary})
	}
	return o.Env.UI.List(map[string]any{"roles": list}, t, "")
}

// ExplainOptions is what `role explain` works from.
type ExplainOptions struct {
	Env  *cli.Env
	Role string // "" = all
}

const explainHelp = `Print who may do what. A cell is all, granted (on flows that a grant includes, without grants on
every flow), own (what the person did) or no. The last columns say what enforces a no, where a
person's own process does the work and where a runner does:

    key        impossible without a key that the person does not hold
    signature  anybody may write the bytes, every honest reader refuses them
    runner     done by a process under another account of the system
    binary     done by the unmodified program only: against mistakes, not against a debugger
    detect     not prevented, found afterwards`

// NewExplain is `headgate role explain`.
func NewExplain(env *cli.Env, runF func(context.Context, *ExplainOptions) error) *cobra.Command {
	o := &ExplainOptions{Env: env}
	names := append([]string{"owner"}, roleNames()...)
	return guard.Needs(&cobra.Command{
		Use:       "explain [ROLE]",
		Short:     "Print who may do what, and what enforces it",
		Long:      explainHelp,
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cli.OneOf("role", names)),
		ValidArgs: names,
		RunE: func(c *cobra.Command, args []string) error {
			o.Role = strings.Join(args, "")
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runExplain(c.Context(), o)
		},
	}, guard.None)
}

func roleNames() (names []string) {
	for _, r := range rbac.Roles() {
		names = append(names, string(r))
	}
	return names
}

// explained is a line of the result of `role explain`.
type explained struct {
	Verb   string            `json:"verb"`
	Scopes map[string]string `json:"scopes"`          // by role, and "owner"
	Level  string            `json:"level,omitempty"` // what a grant must include
	Direct []string          `json:"direct"`          // what enforces a refusal
	Runner []string          `json:"runner"`
	Note   string            `json:"note,omitempty"`
}

func runExplain(_ context.Context, o *ExplainOptions) error {
	columns := slices.DeleteFunc(rbac.Columns(), func(c rbac.Column) bool { return o.Role != "" && c.Name != o.Role })
	var list []explained
	for _, row := range rbac.Matrix() {
		e := explained{Verb: string(row.Verb), Scopes: map[string]string{}, Level: string(row.Level), Direct: classes(row.Direct), Runner: classes(row.Runner), Note: row.Note}
		for _, c := range columns {
			e.Scopes[c.Name] = string(row.Cell(c.Role, c.Owner))
		}
		list = append(list, e)
	}
	return o.Env.UI.Result(map[string]any{"rules": list}, func(w io.Writer) { printRules(w, columns, list) })
}

func classes(list []rbac.Class) []string {
	texts := make([]string, 0, len(list))
	for _, c := range list {
		texts = append(texts, string(c))
	}
	return texts
}

// printRules keeps the notes below the table: it is wide enough.
func printRules(w io.Writer, columns []rbac.Column, list []explained) {
	t := ui.Table{Head: []string{"MAY"}}
	for _, c := range columns {
		t.Head = append(t.Head, c.Name)
	}
	t.Head = append(t.Head, "DIRECT", "RUNNER")
	for _, e := range list {
		row := []string{e.Verb}
		for _, c := range columns {
			row = append(row, e.Scopes[c.Name])
		}
		t.Rows = append(t.Rows, append(row, strings.Join(e.Direct, "+"), strings.Join(e.Runner, "+")))
	}
	t.Write(w)
	fmt.Fprintln(w)
	for _, e := range list {
		if e.Note != "" {
			fmt.Fprintf(w, "%s: %s\n", e.Verb, e.Note)
		}
	}
}
