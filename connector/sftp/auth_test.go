package sftp_test

import (
	"bytes"
	"crypto"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/servers"
	"github.com/headgate/headgate/connector/sftp"
)

// try lists the root of a store once.
func try(t *testing.T, env connector.Env, cfg sftp.Config) error {
	t.Helper()
	s := sftp.Open(env, cfg)
	defer s.Close()
	_, err := s.List(t.Context(), "*")
	return err
}

func TestKeys(t *testing.T) {
	d := servers.OpenSSH(t, servers.SSHOptions{})
	env, cfg := login(d, t.TempDir())
	locked := string(d.Locked(t, "open sesame"))
	env.Secrets = vault{"secret:key": string(d.Key), "secret:locked": locked, "secret:phrase": "open sesame", "secret:wrong": "wrong", "secret:junk": "junk",
		"secret:stranger": string(servers.PrivatePEM(t, servers.SSHKey(t, "rsa"), ""))}.get
	for _, c := range []struct{ key, phrase, want string }{
		{"secret:key", "", ""},
		{"secret:locked", "secret:phrase", ""},
		{"secret:locked", "", "it is protected by a passphrase: set passphrase"},
		{"secret:locked", "secret:wrong", "the passphrase does not open it"},
		{"secret:junk", "", "no private key"},
		{"secret:none", "", "private_key: no such secret"},
		{"secret:stranger", "", "does not accept our login"},
		{"", "", "no private_key, password or agent"},
	} {
		cfg.PrivateKey, cfg.Passphrase = c.key, c.phrase
		err := try(t, env, cfg)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: %v", c, err)
		}
		if c.key == "secret:stranger" && (!errors.Is(err, connector.ErrUnreachable) || connector.IsTransient(err)) {
			t.Errorf("%v: want it marked, and not worth another try", err)
		}
	}
}

// TestRSA logs in with a key of RSA, which must not sign with SHA-1.
func TestRSA(t *testing.T) {
	key := servers.SSHKey(t, "rsa")
	pub, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	file := servers.Write(t, servers.Dir(t), "authorized", string(ssh.MarshalAuthorizedKey(pub)))
	d := servers.OpenSSH(t, servers.SSHOptions{Config: []string{"AuthorizedKeysFile " + file}})
	env, cfg := login(d, t.TempDir())
	env.Secrets = vault{"secret:key": string(servers.PrivatePEM(t, key, ""))}.get
	for _, pin := range d.HostKeys { // whichever of the server's keys is pinned
		cfg.HostKeys = []string{pin}
		if err := try(t, env, cfg); err != nil {
			t.Errorf("pin %s: %v", pin, err)
		}
	}
}

func TestAgent(t *testing.T) {
	d := servers.OpenSSH(t, servers.SSHOptions{})
	env, cfg := login(d, t.TempDir())
	cfg.PrivateKey, cfg.Agent = "", true
	t.Setenv("SSH_AUTH_SOCK", "")
	if err := try(t, env, cfg); err == nil || !strings.Contains(err.Error(), "none runs here") {
		t.Errorf("without an agent: %v", err)
	}
	raw, err := ssh.ParseRawPrivateKey(bytes.Clone(d.Key))
	if err != nil {
		t.Fatal(err)
	}
	ring := agent.NewKeyring()
	if err := ring.Add(agent.AddedKey{PrivateKey: raw}); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(servers.Dir(t), "agent")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go agent.ServeAgent(ring, c)
		}
	}()
	t.Setenv("SSH_AUTH_SOCK", socket)
	if err := try(t, env, cfg); err != nil {
		t.Error(err)
	}
}

func TestPassword(t *testing.T) {
	a := servers.NewAccount(t)
	d := servers.OpenSSH(t, servers.SSHOptions{Account: a})
	env, cfg := login(d, a.Home)
	cfg.PrivateKey, cfg.Password = "", "secret:password"
	env.Secrets = vault{"secret:password": a.Password}.get
	if err := try(t, env, cfg); err != nil {
		t.Error(err)
	}
	s := sftp.Open(env, cfg)
	defer s.Close()
	if err := conntest.Put(t.Context(), s, "a/b.csv", strings.NewReader("x")); err != nil {
		t.Error(err)
	}
	env.Secrets = vault{"secret:password": "wrong"}.get
	err := try(t, env, cfg)
	if !errors.Is(err, connector.ErrUnreachable) || connector.IsTransient(err) || strings.Contains(err.Error(), "wrong") {
		t.Errorf("wrong password: %v", err)
	}
}

func TestHostKeys(t *testing.T) {
	d := servers.OpenSSH(t, servers.SSHOptions{})
	var told []connector.Notice
	env, cfg := login(d, t.TempDir())
	env.Notice = func(n connector.Notice) { told = append(told, n) }
	for _, pins := range [][]string{{"SHA256:" + strings.Repeat("A", 43)}, nil} {
		cfg.HostKeys = pins
		err := try(t, env, cfg)
		if !errors.Is(err, connector.ErrRefused) || !strings.Contains(err.Error(), d.HostKeys[0]) {
			t.Errorf("pins %q: %v", pins, err)
		}
	}
	changed, unknown := "not trusted", "trusts none yet"
	if len(told) != 2 || told[0].Kind != connector.HostKeyChanged || told[1].Kind != connector.HostKeyChanged ||
		!strings.Contains(told[0].Text, changed) || !strings.Contains(told[1].Text, unknown) {
		t.Errorf("told the audit log %v", told)
	}
	for _, word := range []string{"Accepted", "Failed", "publickey", "userauth"} {
		if strings.Contains(d.Output(), word) {
			t.Errorf("a credential was sent:\n%s", d.Output())
			break
		}
	}
}

func TestWeakServers(t *testing.T) {
	for name, o := range map[string]servers.SSHOptions{
		"key exchange": {Config: []string{"KexAlgorithms diffie-hellman-group14-sha1"}},
		"cipher":       {Config: []string{"Ciphers aes128-cbc,3des-cbc"}},
		"mac":          {Config: []string{"Ciphers aes128-ctr", "MACs hmac-sha1"}},
		"signature":    {Config: []string{"HostKeyAlgorithms ssh-rsa"}, HostKeys: []crypto.Signer{servers.SSHKey(t, "rsa")}},
		"short key":    {HostKeys: []crypto.Signer{servers.SSHKey(t, "rsa2048")}},
	} {
		t.Run(name, func(t *testing.T) {
			d := servers.OpenSSH(t, o)
			env, cfg := login(d, t.TempDir())
			if err := try(t, env, cfg); !errors.Is(err, connector.ErrRefused) {
				t.Error(err)
			}
			if strings.Contains(d.Output(), "Accepted") {
				t.Error("logged in")
			}
		})
	}
	d := servers.OpenSSH(t, servers.SSHOptions{HostKeys: []crypto.Signer{servers.SSHKey(t, "rsa2048")}})
	env, cfg := login(d, t.TempDir())
	env.Network.RSA2048 = true
	if err := try(t, env, cfg); err != nil {
		t.Errorf("allowed by the policy: %v", err)
	}
}

func TestProbe(t *testing.T) {
	d := servers.OpenSSH(t, servers.SSHOptions{})
	dir := t.TempDir()
	env, cfg := login(d, dir)
	p, err := sftp.Type().Test(t.Context(), env, &cfg)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Read || !p.Write || !strings.HasPrefix(p.Peer, "OpenSSH") || p.HostKey != d.HostKeys[0] || p.Cipher == "" || len(p.Notes) != 0 || p.Latency == 0 {
		t.Errorf("%+v", p)
	}
	if left := conntest.Files(t, dir); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
	keys, err := sftp.Type().HostKeys(t.Context(), connector.Env{}, &cfg)
	if err != nil || len(keys) != 3 {
		t.Errorf("host keys: %v, %v", keys, err)
	}
	cfg.Path = filepath.Join(dir, "none")
	if p, err := sftp.Type().Test(t.Context(), env, &cfg); err != nil || p.Read || p.Write || len(p.Notes) != 2 {
		t.Errorf("no folder: %+v, %v", p, err)
	}
	if os.Geteuid() == 0 {
		return // root may write everywhere
	}
	cfg.Path = "/"
	if p, err := sftp.Type().Test(t.Context(), env, &cfg); err != nil || !p.Read || p.Write {
		t.Errorf("without the right to write: %+v, %v", p, err)
	}
}
