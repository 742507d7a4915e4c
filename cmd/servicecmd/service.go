// Package servicecmd holds the commands about service accounts: members that are
// programs.
package servicecmd

import (
	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
)

// New is `headgate service` with its commands.
func New(env *cli.Env) *cobra.Command {
	c := &cobra.Command{Use: "service", Short: "Make and remove accounts for cron, systemd and CI"}
	c.AddCommand(NewAdd(env, nil), NewList(env, nil), NewRemove(env, nil))
	return c
}
