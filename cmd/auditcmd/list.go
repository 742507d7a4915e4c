package auditcmd

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/vault"
)

// ListOptions is what `audit list` works from.
type ListOptions struct {
	Env *cli.Env
	Filter
	Most int // the newest ones; 0 = all
}

const listHelp = `List entries of the audit log, the newest last: administrators see everybody's, everybody else
their own. What an entry says beyond a line is in headgate audit export.`

// NewList is `headgate audit list`.
func NewList(env *cli.Env, runF func(context.Context, *ListOptions) error) *cobra.Command {
	o := &ListOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List entries of the audit log",
		Long:    listHelp,
		Example: "  headgate audit list --flow paid-orders --since 7d\n  headgate audit list --code HG4009    # what was denied",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runList(c.Context(), o)
		},
	}, guard.ReadAudit)
	o.flags(c.Flags())
	c.Flags().IntVarP(&o.Most, "limit", "n", 100, "the newest `count` entries; 0 is all")
	return c
}

func runList(ctx context.Context, o *ListOptions) error {
	if o.Most < 0 {
		return cli.Usagef("--limit must not be negative")
	}
	wanted, err := o.compile(o.Env.Now())
	if err != nil {
		return err
	}
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	list := []vault.Entry{}
	if err := each(ctx, m, wanted, func(e vault.Entry) error {
		list = append(list, e)
		if o.Most > 0 && len(list) >= 2*o.Most {
			list = append(list[:0], list[len(list)-o.Most:]...)
		}
		return nil
	}, batch); err != nil {
		return err
	}
	if o.Most > 0 && len(list) > o.Most {
		list = list[len(list)-o.Most:]
	}
	t := ui.Table{Head: []string{"TIME", "CODE", "EVENT", "ACTOR", "OBJECT"}}
	for _, e := range list {
		t.Rows = append(t.Rows, []string{e.Time.Format(time.RFC3339), e.Code, e.Event, e.Actor, e.Object})
	}
	return o.Env.UI.List(map[string]any{"entries": list}, t, "no entries")
}
