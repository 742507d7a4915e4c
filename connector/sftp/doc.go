// Package sftp is the store of files of an SFTP server, and the tunnel through an SSH
// server.
//
// A connection is made when it is first needed and again after it was lost. Who
// answers must have one of the host keys that the connection names: nothing is learnt
// from the server, and no credential is sent before. One SSH connection carries all
// files of a store; what is lost with it is an error that is worth another try.
//
// A file is read with several requests under way, which are delivered in order and take
// a bounded amount of memory. A file being written stands beside its final name as
// ".NAME.TAG.part"; it is sealed when the server has confirmed every byte, wrote them to
// its disk where it can be asked to, and names the right size.
package sftp

import (
	"context"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/spec"
)

// Config is what a connection of type sftp takes.
type Config struct {
	Host       string        `key:"host" required:"true" bind:"value" help:"name or address of the server"`
	Port       int           `key:"port" default:"22" bind:"value" help:"its port"`
	User       string        `key:"user" required:"true" bind:"value" help:"who logs in"`
	PrivateKey string        `key:"private_key" secret:"true" help:"private key in the format of OpenSSH or PEM"`
	Passphrase string        `key:"passphrase" secret:"true" help:"of the private key"`
	Password   string        `key:"password" secret:"true" help:"password, also for servers that ask for it interactively"`
	Agent      bool          `key:"agent" help:"use the keys of the SSH agent that runs beside"`
	HostKeys   []string      `key:"host_keys" bind:"value" help:"fingerprints SHA256:... of the server's keys; connection trust writes them"`
	Path       string        `key:"path" help:"folder that file names start from; left out = the server's top for names that start with a slash, else where it puts one at login"`
	Timeout    time.Duration `key:"timeout" default:"30s" help:"how long the server may say nothing"`
	Bandwidth  spec.Size     `key:"bandwidth_limit" help:"bytes a second of all transfers together, such as 10MiB; left out = no limit"`
}

// BastionConfig is what a connection of type ssh takes.
type BastionConfig struct {
	Host       string        `key:"host" required:"true" bind:"value" help:"name or address of the server"`
	Port       int           `key:"port" default:"22" bind:"value" help:"its port"`
	User       string        `key:"user" required:"true" bind:"value" help:"who logs in"`
	PrivateKey string        `key:"private_key" secret:"true" help:"private key in the format of OpenSSH or PEM"`
	Passphrase string        `key:"passphrase" secret:"true" help:"of the private key"`
	Password   string        `key:"password" secret:"true" help:"password, also for servers that ask for it interactively"`
	Agent      bool          `key:"agent" help:"use the keys of the SSH agent that runs beside"`
	HostKeys   []string      `key:"host_keys" bind:"value" help:"fingerprints SHA256:... of the server's keys; connection trust writes them"`
	Timeout    time.Duration `key:"timeout" default:"30s" help:"how long the server may say nothing"`
}

// withoutPath are the keys that both types have.
func (c *Config) withoutPath() BastionConfig {
	return BastionConfig{c.Host, c.Port, c.User, c.PrivateKey, c.Passphrase, c.Password, c.Agent, c.HostKeys, c.Timeout}
}

// Type is the registry entry of stores. They serve as tunnels as well.
func Type() *connector.Type {
	return &connector.Type{
		Name:    "sftp",
		Summary: "files of an SFTP server",
		Config:  func() any { return &Config{} },
		Store: func(_ context.Context, env connector.Env, cfg any) (connector.Store, error) {
			return Open(env, *cfg.(*Config)), nil
		},
		Tunnel: func(_ context.Context, env connector.Env, cfg any) (connector.Tunnel, error) {
			return OpenTunnel(env, cfg.(*Config).withoutPath()), nil
		},
		Check: func(cfg any) []error { return check(cfg.(*Config).withoutPath()) },
		Test: func(ctx context.Context, env connector.Env, cfg any) (*connector.Probe, error) {
			return probeStore(ctx, env, *cfg.(*Config))
		},
		HostKeys: func(ctx context.Context, env connector.Env, cfg any) ([]connector.HostKey, error) {
			return newAccount(env, cfg.(*Config).withoutPath()).hostKeys(ctx)
		},
	}
}

// Bastion is the registry entry of SSH servers that only lead to other machines.
func Bastion() *connector.Type {
	return &connector.Type{
		Name:    "ssh",
		Summary: "an SSH server through which others are reached",
		Config:  func() any { return &BastionConfig{} },
		Tunnel: func(_ context.Context, env connector.Env, cfg any) (connector.Tunnel, error) {
			return OpenTunnel(env, *cfg.(*BastionConfig)), nil
		},
		Check: func(cfg any) []error { return check(*cfg.(*BastionConfig)) },
		Test: func(ctx context.Context, env connector.Env, cfg any) (*connector.Probe, error) {
			return probeBastion(ctx, env, *cfg.(*BastionConfig))
		},
		HostKeys: func(ctx context.Context, env connector.Env, cfg any) ([]connector.HostKey, error) {
			return newAccount(env, *cfg.(*BastionConfig)).hostKeys(ctx)
		},
	}
}
