package cmd

import (
	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/runcmd"
)

// enforce puts the permission that a command declares in front of what it does: this is
// the one place that asks whether somebody may use a command. What a command does to
// one flow it asks itself, with cli.Env.Can, as soon as it knows which flow. Refusals
// are written to the audit log by vault.Member.Can.
func enforce(env *cli.Env, c *cobra.Command) {
	do := c.RunE
	if do == nil {
		return
	}
	rule, known := guard.RuleOf(guard.Of(c))
	if known && rule.Verb == "" && rule.Storeless {
		return
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		if !known {
			return &cli.UsageError{Message: c.CommandPath() + " declares no permission"}
		}
		err := allow(c, env, rule)
		if err != nil && guard.Of(c) == guard.RunFlows {
			return runcmd.Refuse(env, args, err) // whoever follows its events learns of it there
		}
		if err != nil {
			return err
		}
		return do(c, args)
	}
}

func allow(c *cobra.Command, env *cli.Env, rule guard.Rule) error {
	there, err := env.HasStore()
	if err != nil || !there && rule.Storeless {
		return err
	}
	m, err := env.Member(c.Context())
	if err != nil || rule.Verb == "" {
		return err
	}
	_, err = m.Begin(c.Context(), rule.Verb)
	return err
}
