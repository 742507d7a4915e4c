package auditcmd

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
)

// VerifyOptions is what `audit verify` and `vault verify` work from.
type VerifyOptions struct {
	Env         *cli.Env
	Fingerprint string // that the store must have
}

const verifyHelp = `Check the whole store: every operation of the policy from the first, what is stored beside it, and
every entry of the audit log with the checkpoints. It needs no key. Anything that was edited,
exchanged, removed, cut off or put back ends with exit code 13 and says what it is.

That the store is not an older copy of itself shows only what remembers more: the pins that people
keep on this machine are compared, the pin in HEADGATE_PIN, and with --key-file the person's own.
A run without an end is listed: it is under way, or it was killed.`

// NewVerify is `headgate audit verify`.
func NewVerify(env *cli.Env, runF func(context.Context, *VerifyOptions) error) *cobra.Command {
	o := &VerifyOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:   "verify",
		Short: "Check audit log and policy for tampering, without a key",
		Long:  verifyHelp,
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runVerify(c.Context(), o)
		},
	}, guard.None)
	c.Flags().StringVar(&o.Fingerprint, "fingerprint", "", "the `fingerprint` that the store must have")
	return c
}

// verified is the result of `audit verify`.
type verified struct {
	Fingerprint string    `json:"fingerprint"`
	Operations  uint64    `json:"operations"`
	Members     int       `json:"members"`
	Entries     uint64    `json:"entries"`
	Checkpoints int       `json:"checkpoints"`
	Unended     []unended `json:"unended"`
	Due         []string  `json:"due"` // boxes that wait for new keys
	Pin         string    `json:"pin"` // for HEADGATE_PIN
}

// unended is a run without an end.
type unended struct {
	Run     string `json:"run"`
	User    string `json:"user"` // an id: names need a key
	Started string `json:"started"`
}

func runVerify(ctx context.Context, o *VerifyOptions) error {
	v, err := o.Env.Vault()
	if err != nil {
		return err
	}
	expect := rbac.Digest(o.Fingerprint)
	if o.Env.KeyGiven() {
		m, err := o.Env.Member(ctx)
		if err != nil {
			return err
		}
		if expect == "" {
			expect = m.Fingerprint()
		}
	}
	r, err := v.Verify(ctx, expect)
	if err != nil {
		return err
	}
	out := describe(r)
	for _, u := range out.Unended {
		o.Env.UI.Warn("run " + u.Run + " has no end: started " + u.Started + " by " + u.User)
	}
	for _, b := range out.Due {
		o.Env.UI.Warn("box " + b + " waits for new keys: `headgate vault rotate`")
	}
	return o.Env.UI.Result(out, func(w io.Writer) {
		fmt.Fprintf(w, "the store is whole: %s, audit log of %s, %s\n", ui.Plural(int64(r.Operations), "policy operation"), ui.Plural(int64(r.Entries), "event"), ui.Plural(int64(r.Members), "member"))
		fmt.Fprintf(w, "fingerprint %s\npin %s\n", out.Fingerprint, out.Pin)
	})
}

func describe(r vault.Verification) verified {
	out := verified{string(r.Fingerprint), r.Operations, r.Members, r.Entries, r.Checkpoints, []unended{}, []string{}, r.Pin.String()}
	for _, u := range r.Unterminated {
		out.Unended = append(out.Unended, unended{u.Run, u.User, u.Started.UTC().Format(time.RFC3339)})
	}
	for _, b := range r.Due {
		out.Due = append(out.Due, string(b))
	}
	return out
}
