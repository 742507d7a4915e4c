package cli

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/flow"
)

// Project opens the project's folder.
func (e *Env) Project() (*flow.Project, error) {
	p, err := flow.OpenProject(e.Dir())
	if err != nil {
		return nil, &UsageError{Message: err.Error(), Hint: "--project names the project's folder; `headgate init` makes one"}
	}
	return p, nil
}

// Flow finds a flow by its name or its file. What is wrong with the file is a
// *FindingsError.
func (e *Env) Flow(p *flow.Project, name string) (*flow.Flow, error) {
	l, err := p.Flow(name)
	var missing *flow.NotFoundError
	if errors.As(err, &missing) {
		hint := missing.Hint
		if hint == "" {
			hint = "`headgate flow list` lists the flows"
		}
		return nil, &UsageError{Message: missing.Error(), Hint: hint}
	}
	if err != nil {
		return nil, err
	}
	if diags := Serious(l.Diags); len(diags) > 0 {
		return nil, &FindingsError{Diags: diags}
	}
	e.WarnOf(l.Diags)
	return l.Flow, nil
}

// WarnOf shows the findings that stop nothing.
func (e *Env) WarnOf(diags []flow.Diag) {
	for _, d := range diags {
		if d.Warning {
			d.Warning = false // UI.Warn says it
			e.UI.Warn(d.String())
		}
	}
}

// Serious is diags when any of them is more than a warning, else nothing.
func Serious(diags []flow.Diag) []flow.Diag {
	if flow.HasErrors(diags) {
		return diags
	}
	return nil
}

// ShowFindings prints findings for people on standard error.
func (e *Env) ShowFindings(diags []flow.Diag) {
	if e.UI.LogJSON {
		for _, d := range diags {
			e.UI.Error(d.String(), d.Suggestion)
		}
		return
	}
	e.UI.Block(func(w io.Writer) { flow.WriteText(w, diags) })
}

// CompleteFlows completes the names of the project's flows, and files.
func CompleteFlows(e *Env) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		p, err := flow.OpenProject(e.Dir())
		if err != nil {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return p.Names(), cobra.ShellCompDirectiveDefault
	}
}
