package servicecmd

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/approval"
	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/keyout"
	"github.com/headgate/headgate/cmd/internal/people"
	"github.com/headgate/headgate/cmd/internal/period"
	"github.com/headgate/headgate/rbac"
)

// AddOptions is what `service add` works from.
type AddOptions struct {
	Env    *cli.Env
	Name   string
	Flows  []string
	KeyOut string
	TTL    period.Flag

	Profile   string // in which the account runs them
	NoApprove bool
}

const addHelp = `Make an account for a program, and write its key file. The account runs the flows that --flow
names, as far as they are approved, and sees its own runs; it holds the secrets that those flows
take and no other. With --ttl it ends by itself. Nobody can make its key again: a lost key file
means another account.

A flow of this project that was never approved is approved in your name as it is now, as headgate
flow approve does; --no-approve leaves that to somebody else. One that was changed since it was
approved stays as it is.`

// NewAdd is `headgate service add`.
func NewAdd(env *cli.Env, runF func(context.Context, *AddOptions) error) *cobra.Command {
	o := &AddOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:               "add NAME --flow FLOW... --key-out FILE",
		Short:             "Make an account for a program, limited to named flows",
		Long:              addHelp,
		Example:           "  headgate service add nightly --flow paid-orders --key-out nightly.key --ttl 90d",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			o.Name = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runAdd(c.Context(), o)
		},
	}, guard.ManagePeople)
	c.Flags().StringSliceVar(&o.Flows, "flow", nil, "a `flow` that the account may run; may be repeated")
	c.Flags().StringVar(&o.KeyOut, "key-out", "", "write the account's key to this `file`, which must not exist")
	c.Flags().Var(&o.TTL, "ttl", "end the account after this long, such as 90d (default: never)")
	c.Flags().StringVar(&o.Profile, "env", "", "the `profile` of connections.yaml in which the account runs the flows")
	c.Flags().BoolVar(&o.NoApprove, "no-approve", false, "leave it to somebody else to approve the flows")
	return c
}

// added is the result of `service add`.
type added struct {
	people.Person
	KeyFile  string              `json:"key_file"`
	Approved []approval.Approved `json:"approved"` // flows that were not yet
	people.Effects
}

func runAdd(ctx context.Context, o *AddOptions) error {
	switch {
	case len(o.Flows) == 0:
		return &cli.UsageError{Message: "a service account is for named flows", Hint: "--flow FLOW names one; it may be repeated"}
	case o.KeyOut == "":
		return &cli.UsageError{Message: "where should the account's key go?", Hint: "--key-out FILE"}
	}
	if _, err := rbac.Service(o.Name); err != nil {
		return &cli.UsageError{Message: err.Error()}
	}
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	before, err := people.Open(ctx, m)
	if err != nil {
		return err
	}
	file, err := keyout.Reserve(o.KeyOut)
	if err != nil {
		return err
	}
	var until time.Time
	if o.TTL.Duration > 0 {
		until = o.Env.Now().Add(o.TTL.Duration)
	}
	key, outcome, err := m.AddService(ctx, o.Name, o.Flows, until)
	if err = people.Done(o.Env.UI, err); err == nil {
		err = file.Write(key)
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	b, err := people.Open(ctx, m)
	if err != nil {
		return err
	}
	p, err := b.Find(o.Name)
	if err != nil {
		return err
	}
	r := added{people.Describe(p, o.Env.Now()), o.KeyOut, []approval.Approved{}, people.EffectsOf(outcome, before, b)}
	o.Env.UI.Note("service account " + o.Name + ": log in with --key-file " + o.KeyOut)
	r.Tell(o.Env.UI)
	for _, f := range slices.Compact(slices.Sorted(slices.Values(o.Flows))) {
		a, err := o.approve(ctx, m, b.State, f)
		if err != nil {
			return err
		}
		if a != nil {
			r.Approved = append(r.Approved, *a)
		}
	}
	return o.Env.UI.Result(r, func(io.Writer) {})
}
