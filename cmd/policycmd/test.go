package policycmd

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/release"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/netguard"
)

// TestOptions is what `policy test` works from.
type TestOptions struct {
	Env  *cli.Env
	Host string
}

// NewTest is `headgate policy test`.
func NewTest(env *cli.Env, runF func(context.Context, *TestOptions) error) *cobra.Command {
	o := &TestOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:     "test HOST[:PORT]",
		Short:   "Explain what the network rules mean for a host; nothing is dialled",
		Example: "  headgate policy test db.corp.example:5432",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.Host = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runTest(c.Context(), o)
		},
	}, guard.ViewConnections)
}

func runTest(ctx context.Context, o *TestOptions) error {
	policy, err := network(ctx, o.Env)
	if err != nil {
		return err
	}
	e, err := netguard.Examine(ctx, policy, o.Host)
	if err != nil {
		if errors.Is(err, connector.ErrUnreachable) {
			return err
		}
		return &cli.UsageError{Message: err.Error()}
	}
	if err := o.Env.UI.Result(e, func(w io.Writer) { explain(w, e, len(policy.Hosts) > 0, o.Env.UI.Columns) }); err != nil {
		return err
	}
	if e.Allowed {
		return nil
	}
	hint := ""
	if e.Pattern == "" && len(policy.Hosts) > 0 {
		hint = "a superadmin can add it: headgate policy set network.hosts ..."
	}
	return &cli.Outcome{Exit: 12, Code: "refused", Message: e.Address + " is refused: " + e.Refused, Hint: hint}
}

// network is the store's rules; without a store those that always count.
func network(ctx context.Context, env *cli.Env) (connector.NetworkPolicy, error) {
	if there, err := env.HasStore(); err != nil || !there {
		return connector.NetworkPolicy{}, err
	}
	m, err := env.Member(ctx)
	if err != nil {
		return connector.NetworkPolicy{}, err
	}
	s, _, err := m.State(ctx)
	if err != nil {
		return connector.NetworkPolicy{}, err
	}
	return release.Network(s), nil
}

func explain(w io.Writer, e *netguard.Examination, listed bool, width int) {
	switch {
	case !listed:
		fmt.Fprintln(w, "network.hosts is empty: any host that a connection names")
	case e.Pattern == "":
		fmt.Fprintln(w, "network.hosts does not list it")
	default:
		fmt.Fprintln(w, "network.hosts lists it as "+e.Pattern)
	}
	t := ui.Table{Head: []string{"ADDRESS", "IS", "NAMED BY A CONNECTION", "FROM DATA OR A REDIRECT"}, Width: width}
	word := map[bool]string{true: "allowed", false: "refused"}
	for _, a := range e.Resolved {
		t.Rows = append(t.Rows, []string{a.IP, a.Is, word[a.Allowed], word[a.FromData]})
	}
	if len(t.Rows) > 0 {
		t.Write(w)
	}
	fmt.Fprintf(w, "TLS %s at least\n", e.TLSFloor)
	if e.Plaintext {
		fmt.Fprintln(w, "without encryption: when the connection says why and until when (plaintext: {reason, until})")
	} else {
		fmt.Fprintln(w, "without encryption: never (network.plaintext does not list it)")
	}
}
