package vaultcmd

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/vault/auditlog"
)

// CompactOptions is what `vault compact` works from.
type CompactOptions struct{ Env *cli.Env }

const compactHelp = `Rewrite the store's file without what was deleted from it, and replace the copies beside it by one
fresh copy. Commands that replace or remove a secret, or remove a person, do that themselves.
Disks and file systems that keep old blocks, and backups elsewhere, still have what was there.`

// NewCompact is `headgate vault compact`.
func NewCompact(env *cli.Env, runF func(context.Context, *CompactOptions) error) *cobra.Command {
	o := &CompactOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:   "compact",
		Short: "Rewrite the store's file without what was deleted from it",
		Long:  compactHelp,
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runCompact(c.Context(), o)
		},
	}, guard.RotateKeys)
}

func runCompact(ctx context.Context, o *CompactOptions) error {
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	v, err := o.Env.Vault()
	if err != nil {
		return err
	}
	if err := m.Record(ctx, auditlog.Object{Kind: auditlog.StoreCompact}); err != nil {
		return err
	}
	if err := v.Compact(ctx); err != nil {
		return err
	}
	o.Env.UI.Note("the store is rewritten, with one fresh copy beside it")
	return o.Env.UI.Result(struct{}{}, func(io.Writer) {})
}
