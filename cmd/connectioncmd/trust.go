package connectioncmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/vault/auditlog"
)

// hostKeys is the key of connections whose servers prove themselves with host keys.
const hostKeys = "host_keys"

// TrustOptions is what `connection trust` works from.
type TrustOptions struct {
	Env          *cli.Env
	Name         string
	Profile      string
	Fingerprints []string
	TLS          string // the version that its server may go back to
}

const trustHelp = `Ask an SSH server for its host keys, without logging in, show them, and after a yes write them into
connections.yaml as those that the connection trusts, in the place of what was there. Compare them
with what the server's owner says before: whoever stands between you and the server would show
their own.

Without a terminal there is nobody to say yes: then --fingerprint names the key that the server
must present, and only that one is written.

A server over TLS that spoke TLS 1.3 when connection test looked is refused when it speaks 1.2.
--tls 1.2 forgets what it spoke, for a server that was set up anew; the audit log has it.`

// NewTrust is `headgate connection trust`.
func NewTrust(env *cli.Env, runF func(context.Context, *TrustOptions) error) *cobra.Command {
	o := &TrustOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:               "trust NAME",
		Short:             "Show an SSH server's host keys and trust them",
		Long:              trustHelp,
		Example:           "  headgate connection trust shop\n  headgate connection trust shop --fingerprint SHA256:...\n  headgate connection trust files --tls 1.2",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(env),
		RunE: func(c *cobra.Command, args []string) error {
			o.Name = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runTrust(c.Context(), o)
		},
	}, guard.EditFlows)
	c.Flags().StringVar(&o.Profile, "env", "", "the connection as this `profile` of connections.yaml has it")
	c.Flags().StringSliceVar(&o.Fingerprints, "fingerprint", nil, "trust this `key` (SHA256:...), if the server presents it")
	c.Flags().StringVar(&o.TLS, "tls", "", "allow this `version`, 1.2, of a server that spoke 1.3 before")
	c.MarkFlagsMutuallyExclusive("tls", "fingerprint")
	return c
}

// trusted is the result of `connection trust`.
type trusted struct {
	Name    string              `json:"name"`
	Host    string              `json:"host"`
	Keys    []connector.HostKey `json:"keys"`    // that the server presents
	Trusted []string            `json:"trusted"` // now
	Before  []string            `json:"before"`
	Changed bool                `json:"changed"`
}

func runTrust(ctx context.Context, o *TrustOptions) error {
	p, err := open(o.Env, o.Profile)
	if err != nil {
		return err
	}
	c, err := p.resolve(o.Name)
	if err != nil {
		return err
	}
	if o.TLS != "" {
		return p.lower(ctx, c, o.TLS)
	}
	if c.Type.HostKeys == nil {
		return &cli.UsageError{Message: fmt.Sprintf("connection %s is of type %s, which has no host keys", o.Name, c.Type.Name), Hint: "certificates are checked against authorities: see tls_ca and tls_pins"}
	}
	t := trusted{Name: o.Name, Before: pinned(c)}
	if hosts := c.Hosts(); len(hosts) > 0 {
		t.Host = hosts[0]
	}
	if t.Keys, err = p.hostKeys(ctx, c); err != nil {
		return err
	}
	if t.Trusted, err = o.choose(t); err != nil {
		return err
	}
	if slices.Equal(t.Trusted, t.Before) {
		o.Env.UI.Note("connection " + o.Name + " trusts these keys already")
		return o.Env.UI.Result(t, t.print)
	}
	if len(o.Fingerprints) == 0 {
		if err := o.ask(ctx, t); err != nil {
			return err
		}
	}
	t.Changed = true
	if err := p.write(ctx, c, t); err != nil {
		return err
	}
	return o.Env.UI.Result(t, t.print)
}

// pinned is the host keys that the connection has.
func pinned(c *flow.Resolved) []string {
	for _, g := range spec.Given(c.Config) {
		if g.Key == hostKeys && g.Value != "" {
			return strings.Split(g.Value, ",")
		}
	}
	return []string{}
}

// hostKeys asks the server. Secrets serve for the way there only.
func (p *project) hostKeys(ctx context.Context, c *flow.Resolved) (keys []connector.HostKey, err error) {
	var way []plan.SecretUse
	if c.Tunnel != nil {
		way = plan.SecretsOf(c.Tunnel, p.profile)
	}
	link, end, err := p.link(ctx, c, way, "connection.trust")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, end()) }()
	keys, err = c.Type.HostKeys(ctx, link.Env, c.Config)
	return keys, p.env.Secrets.Error(err)
}

// choose picks the keys to trust: those of --fingerprint, or all.
func (o *TrustOptions) choose(t trusted) ([]string, error) {
	presented := make([]string, len(t.Keys))
	for i, k := range t.Keys {
		presented[i] = k.Fingerprint
	}
	if len(o.Fingerprints) == 0 {
		return presented, nil
	}
	for _, f := range o.Fingerprints {
		if !slices.Contains(presented, f) {
			return nil, refused(fmt.Sprintf("%s does not present the host key %s, but %s: nothing was written", t.Host, spec.Quote(f), describeKeys(t.Keys)),
				"is it the right server? ask its owner for the fingerprint")
		}
	}
	return o.Fingerprints, nil
}

// refused is a refusal by policy.
func refused(message, hint string) error {
	return &cli.Outcome{Exit: 12, Code: "refused", Message: message, Hint: hint}
}

func describeKeys(keys []connector.HostKey) string {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = k.String()
	}
	return strings.Join(list, ", ")
}

// ask shows the keys and wants a yes.
func (o *TrustOptions) ask(ctx context.Context, t trusted) error {
	if !o.Env.UI.Interactive {
		return refused(fmt.Sprintf("%s presents %s, and nobody is here to say whether that is right", t.Host, describeKeys(t.Keys)),
			"headgate connection trust "+o.Name+" --fingerprint SHA256:..., with the key that the server's owner told you")
	}
	o.Env.UI.Block(func(w io.Writer) {
		fmt.Fprintf(w, "%s presents:\n", t.Host)
		for _, k := range t.Keys {
			fmt.Fprintf(w, "  %s\n", k)
		}
		if len(t.Before) > 0 {
			fmt.Fprintf(w, "The connection trusts so far, and will no longer:\n")
			for _, b := range t.Before {
				fmt.Fprintf(w, "  %s\n", b)
			}
		}
	})
	yes, err := o.Env.UI.Confirm(ctx, "Is that what the server's owner says?")
	switch {
	case errors.Is(err, ui.ErrNobodyThere):
		return refused("nobody is here to say whether the host key is right", "--fingerprint SHA256:...")
	case err != nil:
		return err
	case !yes:
		return refused("the host key of "+t.Host+" is not trusted: nothing was written", "")
	}
	return nil
}

// write puts the keys into connections.yaml, after the audit log has them.
func (p *project) write(ctx context.Context, c *flow.Resolved, t trusted) error {
	if there, err := p.env.HasStore(); err != nil {
		return err
	} else if there {
		m, err := p.env.Member(ctx)
		if err != nil {
			return err
		}
		note := fmt.Sprintf("%s is trusted with %s; before: %s", t.Host, strings.Join(t.Trusted, ", "), strings.Join(t.Before, ", "))
		if err := m.Record(ctx, auditlog.Object{Kind: auditlog.HostKeyChange, Object: c.Name, Note: note}); err != nil {
			return err
		}
	}
	if err := p.Project.SetHostKeys(c.Name, p.profile, t.Trusted); err != nil {
		return err
	}
	if len(spec.References(c.Config, "secret")) > 0 {
		p.env.UI.Note("the secrets of connection " + c.Name + " are bound to its host keys: those set before must be set again (headgate secret set)")
	}
	return nil
}

func (t trusted) print(w io.Writer) {
	for _, k := range t.Keys {
		if slices.Contains(t.Trusted, k.Fingerprint) {
			fmt.Fprintln(w, k)
		}
	}
}
