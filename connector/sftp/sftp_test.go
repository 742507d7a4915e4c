package sftp_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/servers"
	"github.com/headgate/headgate/connector/sftp"
	"github.com/headgate/headgate/connector/spec"
)

// vault is what a connection's references stand for.
type vault map[string]string

func (v vault) get(_ context.Context, ref string) (connector.Secret, error) {
	s, ok := v[ref]
	if !ok {
		return connector.Secret{}, errors.New("no such secret")
	}
	return connector.NewSecret([]byte(s)), nil
}

// login is the configuration of whoever may log in at d with its key.
func login(d *servers.SSHD, dir string) (connector.Env, sftp.Config) {
	env := connector.Env{Connection: "drop", Secrets: vault{"secret:key": string(d.Key)}.get}
	return env, sftp.Config{Host: d.Host, Port: d.Port, User: d.User, PrivateKey: "secret:key", HostKeys: d.HostKeys[:1], Path: dir, Timeout: 10 * time.Second}
}

func TestConfig(t *testing.T) {
	if err := errors.Join(spec.Lint(&sftp.Config{}), spec.Lint(&sftp.BastionConfig{})); err != nil {
		t.Error(err)
	}
	var bound []string
	for _, b := range spec.Bindings(&sftp.Config{}) {
		bound = append(bound, b.Key)
	}
	if got := fmt.Sprint(bound); got != "[host port user host_keys]" {
		t.Errorf("secrets are bound to %s", got)
	}
}

func TestStore(t *testing.T) {
	d := servers.OpenSSH(t, servers.SSHOptions{})
	conntest.RunStore(t, conntest.StoreHarness{
		Open: func(_ testing.TB, dir string) connector.Store {
			env, cfg := login(d, dir)
			return sftp.Open(env, cfg)
		},
		All: conntest.Files,
	})
}

func TestBandwidthLimit(t *testing.T) {
	env, cfg := login(servers.OpenSSH(t, servers.SSHOptions{}), t.TempDir())
	cfg.Bandwidth = conntest.Bandwidth
	s := sftp.Open(env, cfg)
	defer s.Close()
	conntest.RunBandwidth(t, s)
}
