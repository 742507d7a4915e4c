package usercmd

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/people"
	"github.com/headgate/headgate/cmd/internal/period"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
)

// InviteOptions is what `user invite` works from.
type InviteOptions struct {
	Env     *cli.Env
	Email   string
	Role    string
	Grants  []string // PATTERN:LEVEL
	Expires period.Flag
	TwoStep bool
}

const inviteHelp = `Make an invitation for one person with one role, and print its code. Send the code over a way
that only this person reads: whoever has it first is that person. It works once, with exactly
this role, for 72 hours or as --expires and the policy say. The person runs

    headgate accept CODE

which makes the keys on the person's own machine. With --two-step, and always for administrators
and above, the person can do nothing until headgate user confirm.

A grant narrows the role to flows: FLOW:LEVEL, where * in FLOW stands for any text, and LEVEL is
monitor, run or manage. Without a grant the role counts on every flow.`

// NewInvite is `headgate user invite`.
func NewInvite(env *cli.Env, runF func(context.Context, *InviteOptions) error) *cobra.Command {
	o := &InviteOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:               "invite EMAIL --role ROLE [--grant FLOW:LEVEL]...",
		Short:             "Invite a person: print a code for headgate accept",
		Long:              inviteHelp,
		Example:           "  headgate user invite ann@example.com --role editor\n  headgate user invite bob@example.com --role operator --grant 'sales-*:run' --expires 24h",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			o.Email = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runInvite(c.Context(), o)
		},
	}, guard.ManagePeople)
	c.Flags().StringVar(&o.Role, "role", "", "the person's `role`: superadmin, administrator, editor, operator or viewer")
	c.Flags().StringArrayVar(&o.Grants, "grant", nil, "narrow the role to `flow:level`; may be repeated")
	c.Flags().Var(&o.Expires, "expires", "how long the code works, such as 24h or 2d (default 72h)")
	c.Flags().BoolVar(&o.TwoStep, "two-step", false, "wait for user confirm before the person can do anything")
	return c
}

// invited is the result of `user invite` and `user reset`.
type invited struct {
	Code string `json:"code"`
	User string `json:"user"`
	Role string `json:"role"`
}

func runInvite(ctx context.Context, o *InviteOptions) error {
	i := vault.Invitation{Expires: o.Expires.Duration, TwoStep: o.TwoStep}
	var err error
	if i.Email, err = rbac.Email(o.Email); err != nil {
		return &cli.UsageError{Message: err.Error(), Hint: "write an address such as ann@example.com"}
	}
	if i.Role, err = parseRole(o.Role); err != nil {
		return err
	}
	if i.Grants, err = parseGrants(o.Grants); err != nil {
		return err
	}
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	code, err := m.Invite(ctx, i)
	if err = people.Done(o.Env.UI, err); err != nil {
		return err
	}
	b, err := people.Open(ctx, m)
	if err != nil {
		return err
	}
	if o.TwoStep || i.Role.AtLeast(rbac.Role(b.State.Setting(rbac.TwoStepFrom))) {
		o.Env.UI.Note("after " + i.Email + " has accepted: headgate user confirm " + i.Email)
	}
	if o.Expires.Duration > longest(b.State) {
		o.Env.UI.Warn("the policy lets an invitation last " + longest(b.State).String() + " at most")
	}
	return o.Env.UI.Result(invited{code, i.Email, string(i.Role)}, func(w io.Writer) { fmt.Fprintln(w, code) })
}

func longest(s *rbac.State) time.Duration {
	d, err := time.ParseDuration(s.Setting(rbac.InviteHours) + "h")
	if err != nil {
		return 0
	}
	return d
}

// parseRole reads the role of a person: service accounts are made otherwise.
func parseRole(text string) (rbac.Role, error) {
	var names []string
	for _, r := range rbac.Roles() {
		if r != rbac.APIUser {
			names = append(names, string(r))
		}
	}
	r, err := rbac.ParseRole(text)
	switch {
	case text == "":
		return "", &cli.UsageError{Message: "which role?", Hint: "--role with one of: " + strings.Join(names, ", ")}
	case err != nil:
		hint := spec.DidYouMean(text, names)
		if hint == "" {
			hint = "one of: " + strings.Join(names, ", ")
		}
		return "", &cli.UsageError{Message: "unknown role " + spec.Quote(text), Hint: hint}
	case r == rbac.APIUser:
		return "", &cli.UsageError{Message: "an api-user is a program", Hint: "`headgate service add` makes one"}
	}
	return r, nil
}

func parseGrants(texts []string) (list []rbac.Grant, err error) {
	for _, t := range texts {
		g, err := rbac.ParseGrant(t)
		if err != nil {
			return nil, &cli.UsageError{Message: err.Error(), Hint: "write FLOW:LEVEL, such as sales-*:run; levels are monitor, run and manage"}
		}
		list = append(list, g)
	}
	return list, nil
}
