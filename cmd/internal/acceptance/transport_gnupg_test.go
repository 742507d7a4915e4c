//go:build unix

package acceptance

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector/conntest/servers"
)

// gnupg is a GnuPG home of a test's own, with three key pairs: us, partner and other.
type gnupg struct {
	t    *testing.T
	path string
	home string
}

func newGnupg(t *testing.T) *gnupg {
	t.Helper()
	// The agent's socket lies in the home, and a socket's path must be short.
	home, err := os.MkdirTemp("", "hg")
	if err != nil {
		t.Fatal(err)
	}
	g := &gnupg{t: t, path: servers.Find(t, "gpg"), home: home}
	t.Cleanup(func() {
		exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run()
		os.RemoveAll(home)
	})
	for _, name := range []string{"us", "partner", "other"} {
		g.must(nil, "--quick-gen-key", name, "ed25519", "sign", "never")
		g.must(nil, "--quick-add-key", g.fingerprint(name), "cv25519", "encr", "never")
	}
	return g
}

// run runs gpg and returns what it writes, or its error.
func (g *gnupg) run(in []byte, args ...string) ([]byte, error) {
	c := exec.Command(g.path, append([]string{"--homedir", g.home, "--batch", "--no-tty", "--yes", "--quiet", "--trust-model", "always",
		"--pinentry-mode", "loopback", "--passphrase", ""}, args...)...)
	var out, errs bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(in), &out, &errs
	if err := c.Run(); err != nil {
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

func (g *gnupg) fingerprint(name string) string {
	g.t.Helper()
	print := g.must(nil, "--with-colons", "--list-keys", name)
	for line := range strings.Lines(string(print)) {
		if f := strings.Split(line, ":"); f[0] == "fpr" {
			return f[9]
		}
	}
	g.t.Fatalf("gpg does not list %s: %s", name, print)
	return ""
}

func (g *gnupg) public(name string) string { return string(g.must(nil, "--armor", "--export", name)) }

func (g *gnupg) private(name string) string {
	return string(g.must(nil, "--armor", "--export-secret-keys", name))
}

// seal is text for us, signed by the partner.
func (g *gnupg) seal(text []byte) []byte {
	g.t.Helper()
	return g.must(text, "--cipher-algo", "AES256", "-r", "us", "-u", "partner", "--sign", "--encrypt")
}
