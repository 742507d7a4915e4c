// Package flowcmd holds the commands about flow files, and about their approval in a
// store.
package flowcmd

import (
	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
)

// New is `headgate flow` with its commands.
func New(env *cli.Env) *cobra.Command {
	c := &cobra.Command{Use: "flow", Short: "List flows, write a new one, approve them"}
	c.AddCommand(NewList(env, nil), NewNew(env, nil), NewApprove(env, nil), NewRevoke(env, nil), NewDiff(env, nil))
	return c
}
