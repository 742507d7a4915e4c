package sessioncmd

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/rbac"
)

// WhoamiOptions is what `whoami` works from.
type WhoamiOptions struct {
	Env     *cli.Env
	Explain bool
}

const whoamiHelp = `Say who you are in the store, with your role and grants.

--explain lists every rule with how far it lets you go, and what enforces it: key (a refusal
means that you have no key to decrypt it), signature (nobody else's program accepts it), runner
(another account does the work), binary (this program refuses; an altered one would not), or
detect (it can be done and is found).`

// NewWhoami is `headgate whoami`.
func NewWhoami(env *cli.Env, runF func(context.Context, *WhoamiOptions) error) *cobra.Command {
	o := &WhoamiOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:   "whoami [--explain]",
		Short: "Say who you are in the store, and what you may do",
		Long:  whoamiHelp,
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runWhoami(c.Context(), o)
		},
	}, guard.LoggedIn)
	c.Flags().BoolVar(&o.Explain, "explain", false, "list every rule with what enforces it")
	return c
}

// me is the result of `whoami`.
type me struct {
	User        string       `json:"user"`
	ID          string       `json:"id"`
	Role        rbac.Role    `json:"role"`
	Owner       bool         `json:"owner"`
	Narrowed    bool         `json:"narrowed"` // the grants count, not the role alone
	Grants      []rbac.Grant `json:"grants"`
	Waiting     bool         `json:"waiting"` // for somebody to confirm the enrolment
	Disabled    bool         `json:"disabled"`
	Until       *time.Time   `json:"until"` // end of a service account
	Store       string       `json:"store"`
	Fingerprint string       `json:"fingerprint"`
	Rules       []rule       `json:"rules,omitempty"`
}

type rule struct {
	Verb     rbac.Verb    `json:"verb"`
	Scope    rbac.Scope   `json:"scope"`
	Enforced []rbac.Class `json:"enforced_by"`
	Note     string       `json:"note,omitempty"`
}

func runWhoami(ctx context.Context, o *WhoamiOptions) error {
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	p, s, err := m.Myself(ctx)
	if err != nil {
		return err
	}
	path, err := o.Env.StorePath()
	if err != nil {
		return err
	}
	got := me{User: p.Name, ID: p.ID, Role: p.Role, Owner: p.Owner, Narrowed: p.Narrowed, Grants: p.Grants, Waiting: p.Pending, Disabled: p.Disabled,
		Store: path, Fingerprint: string(m.Fingerprint())}
	if got.Grants == nil {
		got.Grants = []rbac.Grant{}
	}
	if ends := p.Ends(); !ends.IsZero() {
		ends = ends.UTC()
		got.Until = &ends
	}
	if o.Explain {
		for _, row := range rbac.Matrix() {
			scope, _ := rbac.Can(s, p.ID, row.Verb, "", o.Env.Now()) // a refusal is the answer
			got.Rules = append(got.Rules, rule{row.Verb, cmp.Or(scope, rbac.None), row.Direct, row.Note})
		}
	}
	return o.Env.UI.Result(got, got.print)
}

func (m me) print(w io.Writer) {
	role := string(m.Role)
	if m.Owner {
		role = "owner"
	}
	fmt.Fprintf(w, "%s: %s\n", ui.Safe(cmp.Or(m.User, m.ID)), role)
	switch {
	case m.Waiting:
		fmt.Fprintln(w, "your enrolment waits for an administrator: headgate user confirm")
	case m.Disabled:
		fmt.Fprintln(w, "you are disabled")
	}
	switch {
	case len(m.Grants) > 0:
		for _, g := range m.Grants {
			fmt.Fprintf(w, "  flows %s: %s\n", g.Flows, g.Level)
		}
	case m.Narrowed:
		fmt.Fprintln(w, "  no flow: every grant was revoked")
	}
	if m.Until != nil {
		fmt.Fprintf(w, "  until %s\n", m.Until.Format(time.RFC3339))
	}
	fmt.Fprintf(w, "store %s\n", ui.Safe(m.Store))
	if len(m.Rules) == 0 {
		return
	}
	t := ui.Table{Head: []string{"rule", "you", "enforced by", ""}}
	for _, r := range m.Rules {
		var classes []string
		for _, c := range r.Enforced {
			classes = append(classes, string(c))
		}
		t.Rows = append(t.Rows, []string{string(r.Verb), string(r.Scope), strings.Join(classes, ", "), r.Note})
	}
	fmt.Fprintln(w)
	t.Write(w)
}
