package vaultcmd

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
)

// StatusOptions is what `vault status` works from.
type StatusOptions struct{ Env *cli.Env }

// NewStatus is `headgate vault status`.
func NewStatus(env *cli.Env, runF func(context.Context, *StatusOptions) error) *cobra.Command {
	o := &StatusOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:   "status",
		Short: "Show what is in the store, and what waits to be done",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runStatus(c.Context(), o)
		},
	}, guard.LoggedIn)
}

// status is the result of `vault status`.
type status struct {
	Store       string   `json:"store"`
	Fingerprint string   `json:"fingerprint"`
	Format      int      `json:"format"`
	Operations  uint64   `json:"operations"`
	Entries     uint64   `json:"entries"`
	People      int      `json:"people"`
	Services    int      `json:"services"`
	Waiting     int      `json:"waiting"`     // people to confirm
	Invitations int      `json:"invitations"` // that nobody accepted yet
	Secrets     int      `json:"secrets"`
	SecretsDue  int      `json:"secrets_due"` // to replace at their sources
	Flows       int      `json:"flows"`       // approved
	Boxes       []string `json:"boxes"`       // NAME EPOCH
	BoxesDue    []string `json:"boxes_due"`   // that wait for new keys
	Pin         string   `json:"pin"`         // for HEADGATE_PIN
}

func runStatus(ctx context.Context, o *StatusOptions) error {
	path, err := o.Env.StorePath()
	if err != nil {
		return err
	}
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	s, pin, err := m.State(ctx)
	if err != nil {
		return err
	}
	r := describe(s, pin)
	r.Store, r.Fingerprint = path, string(m.Fingerprint())
	for _, b := range r.BoxesDue {
		o.Env.UI.Warn("box " + b + " waits for new keys: `headgate vault rotate`")
	}
	if r.SecretsDue > 0 {
		o.Env.UI.Warn("there are secrets to replace at their sources: `headgate secret due`")
	}
	return o.Env.UI.Result(r, r.print)
}

func describe(s *rbac.State, pin vault.Pin) status {
	r := status{Format: s.Format, Operations: pin.Seq + 1, Entries: pin.Size, Invitations: len(s.Invites), Secrets: len(s.Secrets),
		Flows: len(s.Flows), Boxes: []string{}, BoxesDue: []string{}, Pin: pin.String()}
	for _, u := range s.Users {
		if u.Role == rbac.APIUser {
			r.Services++
		} else {
			r.People++
		}
		if u.Pending {
			r.Waiting++
		}
	}
	for _, x := range s.Secrets {
		if x.Due {
			r.SecretsDue++
		}
	}
	for _, b := range rbac.Boxes() {
		r.Boxes = append(r.Boxes, fmt.Sprintf("%s %d", b, s.Boxes[b].Epoch))
		if s.Boxes[b].Due {
			r.BoxesDue = append(r.BoxesDue, string(b))
		}
	}
	return r
}

func (r status) print(w io.Writer) {
	fmt.Fprintf(w, "store        %s (format %d)\n", r.Store, r.Format)
	fmt.Fprintf(w, "fingerprint  %s\n", r.Fingerprint)
	fmt.Fprintf(w, "members      %d people, %d to confirm, %d invited, %d service accounts\n", r.People, r.Waiting, r.Invitations, r.Services)
	fmt.Fprintf(w, "secrets      %d, %d to replace\n", r.Secrets, r.SecretsDue)
	fmt.Fprintf(w, "flows        %d approved\n", r.Flows)
	fmt.Fprintf(w, "policy       %d operations\n", r.Operations)
	fmt.Fprintf(w, "audit log    %d events\n", r.Entries)
	fmt.Fprintf(w, "pin          %s\n", r.Pin)
}
