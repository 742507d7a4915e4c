package connectioncmd

import (
	"context"
	"io"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/vault/auditlog"
)

// lowered is the result of `connection trust --tls`.
type lowered struct {
	Name    string `json:"name"`
	TLS     string `json:"tls"`     // the oldest version, as far as the connection and the policy go
	Changed bool   `json:"changed"` // it was known to speak a newer one
}

// lower forgets that a connection's server spoke TLS 1.3, after the audit log has it.
func (p *project) lower(ctx context.Context, c *flow.Resolved, version string) error {
	if version != "1.2" {
		return cli.Usagef("--tls takes 1.2: nothing older is spoken, and 1.3 is what tls_min of the connection asks for")
	}
	there, err := p.env.HasStore()
	if err != nil {
		return err
	}
	if there {
		m, err := p.env.Member(ctx)
		if err != nil {
			return err
		}
		if err := m.Record(ctx, auditlog.Object{Kind: auditlog.TLSLowered, Object: c.Name, Note: "its server may speak TLS 1.2 again"}); err != nil {
			return err
		}
	}
	r := lowered{Name: c.Name, TLS: version}
	if r.Changed, err = p.Project.Forget13(c.Name); err != nil {
		return err
	}
	if !r.Changed {
		p.env.UI.Note("connection " + c.Name + " is not known to have spoken TLS 1.3")
	}
	return p.env.UI.Result(r, func(io.Writer) {})
}
