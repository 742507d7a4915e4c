// Package vaultcmd holds the commands about the store itself.
package vaultcmd

import (
	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/auditcmd"
	"github.com/headgate/headgate/cmd/internal/cli"
)

// New is `headgate vault` with its commands.
func New(env *cli.Env) *cobra.Command {
	c := &cobra.Command{Use: "vault", Short: "Check and maintain the store"}
	verify := auditcmd.NewVerify(env, nil)
	verify.Short = "Check the whole store for tampering, without a key"
	c.AddCommand(NewStatus(env, nil), verify, NewFsck(env, nil), NewFsckChild(env, nil), NewCompact(env, nil), NewRotate(env, nil), NewExposure(env, nil))
	return c
}
