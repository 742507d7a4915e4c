// Package flowcmd holds the commands about flow files: they need nothing but the
// files.
package flowcmd

import (
	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
)

// New is `headgate flow` with its commands.
func New(env *cli.Env) *cobra.Command {
	c := &cobra.Command{Use: "flow", Short: "List flows, write a new one"}
	c.AddCommand(NewList(env, nil), NewNew(env, nil))
	return c
}
