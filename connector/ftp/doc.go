// Package ftp is the store of files of an FTP server, over TLS: explicit (AUTH TLS on
// the usual port) or implicit. Without TLS it speaks only where the connection gives a
// dated reason and the policy agrees.
//
// One control connection carries one transfer at a time, so that a store has as many as
// there are files open at once, and keeps a few. The address that a server names for its
// data is not believed: data comes from where the control connection leads. The data
// connections resume the TLS session of the control connection, which servers may
// insist on.
//
// A file being written stands beside its final name as ".NAME.TAG.part". It is sealed when
// the server has confirmed the transfer and names the right size, and only then renamed:
// a server that loses the end of an upload keeps the rest of it.
package ftp

import (
	"context"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/netguard"
	"github.com/headgate/headgate/connector/spec"
)

// Config is what a connection of type ftp takes.
type Config struct {
	Host       string              `key:"host" required:"true" bind:"value" help:"name or address of the server"`
	Port       int                 `key:"port" bind:"value" help:"its port; left out = 21, or 990 where TLS is implicit"`
	User       string              `key:"user" required:"true" bind:"value" help:"who logs in"`
	Password   string              `key:"password" secret:"true" help:"password"`
	TLS        string              `key:"tls" enum:"explicit,implicit,off" default:"explicit" bind:"value" help:"explicit: asked for on the usual port; implicit: from the first byte; off: only with plaintext"`
	CA         string              `key:"tls_ca" bind:"file" help:"file with the certificate authorities to trust instead of the system's"`
	ClientCert string              `key:"client_cert" help:"file with our certificate, for servers that ask for one"`
	ClientKey  string              `key:"client_key" secret:"true" help:"private key of our certificate, PEM"`
	Pins       []string            `key:"tls_pins" bind:"value" help:"public keys of which the server must have one: sha256/BASE64"`
	TLSMin     string              `key:"tls_min" enum:"1.2,1.3" default:"1.2" bind:"value" help:"the oldest version of TLS; 1.3 keeps a server that speaks it from being talked down"`
	Path       string              `key:"path" help:"folder that file names start from; left out = the server's top for names that start with a slash, else where it puts one at login"`
	Timeout    time.Duration       `key:"timeout" default:"30s" help:"how long the server may say nothing"`
	Bandwidth  spec.Size           `key:"bandwidth_limit" help:"bytes a second of all transfers together, such as 10MiB; left out = no limit"`
	Plaintext  *netguard.Plaintext `key:"plaintext" bind:"value" help:"speak without TLS: why, and until when; the policy must agree"`
}

// Type is the registry entry.
func Type() *connector.Type {
	return &connector.Type{
		Name:    "ftp",
		Summary: "files of an FTP server over TLS",
		Config:  func() any { return &Config{} },
		Store: func(_ context.Context, env connector.Env, cfg any) (connector.Store, error) {
			return Open(env, *cfg.(*Config)), nil
		},
		Check: func(cfg any) []error { return check(cfg.(*Config)) },
		Test: func(ctx context.Context, env connector.Env, cfg any) (*connector.Probe, error) {
			return probe(ctx, env, *cfg.(*Config))
		},
	}
}
