package plan

import (
	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/flow"
)

// Link is one connection on its own, as a command that looks at it uses it.
type Link struct {
	Env connector.Env // for the functions of the connection's type

	conn    *flow.Resolved
	builder *builder
}

// Connect lends a connection what a run would, without a flow: of req it takes Project,
// Registry, Profile, Env and Secret. Nothing is dialled before the connection is used.
func Connect(req Request, conn *flow.Resolved) *Link {
	b := &builder{checker: &checker{project: req.Project, registry: req.Registry, profile: req.Profile}, req: req}
	return &Link{Env: b.env(conn), conn: conn, builder: b}
}

// Close ends the tunnels that were used. It may be called twice.
func (l *Link) Close() error { return closeAll(l.builder.closers) }

// SecretsOf lists the secrets that a connection takes, those of its tunnels included.
func SecretsOf(conn *flow.Resolved, profile string) []SecretUse {
	var u Needs
	for ; conn != nil; conn = conn.Tunnel {
		u.secrets(conn.Config, SecretUse{Connection: conn.Name, Profile: profile})
	}
	return u.Secrets
}
