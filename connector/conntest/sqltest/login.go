package sqltest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
)

// Login is a connection that somebody tries, and what comes of it.
type Login struct {
	Config any
	Kind   error  // nil = he is let in
	Words  string // in the error
}

// ClientKey is the secret with the private key of a client's certificate.
const ClientKey = "secret:key"

// RunLogins tries logins at a server whose kind and version begin with peer. Nothing may name
// the password.
func RunLogins(t *testing.T, typ *connector.Type, env connector.Env, peer, password string, key []byte, logins map[string]Login) {
	secrets := env.Secrets
	env.Secrets = func(ctx context.Context, ref string) (connector.Secret, error) {
		if ref == ClientKey {
			return connector.NewSecret(append([]byte(nil), key...)), nil
		}
		return secrets(ctx, ref)
	}
	for name, l := range logins {
		t.Run(name, func(t *testing.T) {
			probe, err := typ.Test(t.Context(), env, l.Config)
			if !errors.Is(err, l.Kind) || err != nil && (!strings.Contains(err.Error(), l.Words) || strings.Contains(err.Error(), password)) {
				t.Fatalf("%v, want %v with %q", err, l.Kind, l.Words)
			}
			if err == nil && (probe.Protocol != "TLS 1.3" || !strings.HasPrefix(probe.Peer, peer) || !probe.Read || !probe.Write || len(probe.Notes) == 0) {
				t.Errorf("%+v", probe)
			}
		})
	}
}
