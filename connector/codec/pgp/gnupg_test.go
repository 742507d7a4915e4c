package pgp

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
)

// gnupg is a GnuPG home of a test's own.
type gnupg struct {
	t    *testing.T
	home string
}

// newGnupg skips the test without gpg, unless HEADGATE_REQUIRE_SERVICES=1.
func newGnupg(t *testing.T) *gnupg {
	t.Helper()
	if _, err := exec.LookPath("gpg"); err != nil {
		if os.Getenv("HEADGATE_REQUIRE_SERVICES") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	// The agent's socket lies in the home, and a socket's path must be short.
	home, err := os.MkdirTemp("", "hg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run()
		os.RemoveAll(home)
	})
	return &gnupg{t, home}
}

// in is g for a test below the one that made it.
func (g *gnupg) in(t *testing.T) *gnupg { return &gnupg{t, g.home} }

// run runs gpg and returns what it writes, or its error.
func (g *gnupg) run(in []byte, args ...string) ([]byte, error) {
	args = append([]string{"--homedir", g.home, "--batch", "--no-tty", "--yes", "--quiet", "--trust-model", "always",
		"--pinentry-mode", "loopback", "--passphrase", ""}, args...)
	cmd := exec.Command("gpg", args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, &errs
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("gpg %s: %w: %s", strings.Join(args, " "), err, errs.Bytes())
	}
	return out.Bytes(), nil
}

func (g *gnupg) must(in []byte, args ...string) []byte {
	g.t.Helper()
	out, err := g.run(in, args...)
	if err != nil {
		g.t.Fatal(err)
	}
	return out
}

// key makes a key pair that signs, and a part of it that decrypts, and returns its
// fingerprint. more are flags of gpg, such as another passphrase or time.
func (g *gnupg) key(name, sign, encrypt, expire string, more ...string) string {
	g.t.Helper()
	g.must(nil, append(more, "--quick-gen-key", name, sign, "sign", expire)...)
	print := g.must(nil, "--with-colons", "--list-keys", name)
	for line := range strings.Lines(string(print)) {
		if f := strings.Split(line, ":"); f[0] == "fpr" {
			g.must(nil, append(more, "--quick-add-key", f[9], encrypt, "encr", expire)...)
			return f[9]
		}
	}
	g.t.Fatalf("gpg does not list %s: %s", name, print)
	return ""
}

func (g *gnupg) public(name string) []byte { return g.must(nil, "--armor", "--export", name) }

func (g *gnupg) secret(name string, more ...string) []byte {
	return g.must(nil, append(more, "--armor", "--export-secret-keys", name)...)
}

// keys is what `keys:` would resolve to.
type keys map[string]connector.Key

func (k keys) find(_ context.Context, name string) (connector.Key, error) {
	key, ok := k[name]
	if !ok {
		return key, fmt.Errorf("there is no key %s", name)
	}
	return connector.Key{Name: name, Public: key.Public, // the codec clears what it gets
		Private:    connector.NewSecret(bytes.Clone(key.Private.Bytes())),
		Passphrase: connector.NewSecret(bytes.Clone(key.Passphrase.Bytes()))}, nil
}

// TestGnuPG tests against GnuPG. The tests share their keys, since making them takes a while.
func TestGnuPG(t *testing.T) {
	g := newGnupg(t)
	g.key("us", "ed25519", "cv25519", "never")
	g.key("partner", "rsa3072", "rsa3072", "never")
	g.key("other", "ed25519", "cv25519", "never")
	ks := keys{}
	for _, name := range []string{"us", "partner", "other"} {
		ks[name] = connector.Key{Private: connector.NewSecret(g.secret(name))}
		ks[name+"-public"] = connector.Key{Public: g.public(name)}
	}
	locked := []string{"--passphrase", "open sesame"}
	g.key("locked", "ed25519", "cv25519", "never", locked...)
	ks["locked"] = connector.Key{Private: connector.NewSecret(g.secret("locked", locked...)), Passphrase: connector.NewSecret([]byte("open sesame"))}
	g.key("short", "rsa2048", "rsa2048", "never")
	ks["short"] = connector.Key{Private: connector.NewSecret(g.secret("short"))}
	for _, test := range []struct {
		name string
		run  func(*testing.T, *gnupg, keys)
	}{
		{"read", testRead}, {"write", testWrite}, {"refused", testRefused}, {"cut", testCut}, {"changed", testChanged},
		{"old signatures", testOldSignatures}, {"wrong keys", testWrongKeys}, {"reader error", testReaderError}, {"bomb", testBomb}, {"close early", testCloseEarly},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, g.in(t), ks) })
	}
}

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
