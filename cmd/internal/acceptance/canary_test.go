//go:build unix

package acceptance

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// spellings are the forms in which a secret travels: as it is, in URLs, in hexadecimal
// digits, and in base64 wherever it begins in what was encoded.
func spellings(secret string) []string {
	list := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret)))}
	for before := range 3 {
		bits := append(make([]byte, before), secret...)
		for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			list = append(list, e.EncodeToString(bits)[(before*8+5)/6:len(bits)*8/6])
		}
	}
	return list
}

// canaries looks for secrets.
type canaries struct {
	t     *testing.T
	forms map[string]string // spelling → secret
	seen  int               // bytes looked at
}

func watch(t *testing.T, secrets ...string) *canaries {
	c := &canaries{t: t, forms: map[string]string{}}
	for _, s := range secrets {
		for _, form := range spellings(s) {
			c.forms[form] = s
		}
	}
	return c
}

func (c *canaries) in(text []byte) (found []string) {
	c.seen += len(text)
	for form, secret := range c.forms {
		if bytes.Contains(text, []byte(form)) {
			found = append(found, secret)
		}
	}
	return found
}

func (c *canaries) look(where string, text []byte) {
	c.t.Helper()
	for _, secret := range c.in(text) {
		c.t.Errorf("%s has the secret %s", where, secret)
	}
}

func (c *canaries) outcome(what string, o outcome) outcome {
	c.t.Helper()
	c.look("standard output of "+what, []byte(o.stdout))
	c.look("standard error of "+what, []byte(o.stderr))
	return o
}

// files looks into every file below dir, and at their names.
func (c *canaries) files(dir string, but ...string) {
	c.t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		c.look("the name "+path, []byte(path))
		for _, b := range but {
			if err == nil && path == filepath.Join(dir, b) {
				return nil
			}
		}
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		c.look(path, text)
		return err
	})
	if err != nil {
		c.t.Error(err)
	}
}

// TestCanaries runs flows with secrets, most of them into failures, and looks for the
// secrets everywhere but in the encrypted value itself.
func TestCanaries(t *testing.T) {
	h := newHousehold(t)
	const literal = "canary-literal-0004"
	c := watch(t, lakeSecret, pepper, hrPepper, literal)
	if got := c.in([]byte("Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("etl:"+lakeSecret)))); len(got) != 1 {
		t.Fatalf("a secret in base64 is not found: %v", got)
	}
	temp := h.path("tmp")
	if err := os.Mkdir(temp, 0o700); err != nil {
		t.Fatal(err)
	}
	run := func(exit int, args ...string) {
		t.Helper()
		s := h.command(args...)
		s.c.Env = append(s.c.Env, "TMPDIR="+temp)
		s.begin()
		s.stdin.Close()
		c.outcome(fmt.Sprint(args), s.wait()).exits(exit)
	}
	h.write("bad.csv", "id,email\n1,ann@example.com\nx,"+strings.Repeat("bob", 50)+"@example.com\n")
	h.write("flows/rejects.yaml", strings.Replace(masking("rejects", "pepper"), "in.csv", "bad.csv", 1)+"errors: {rows: quarantine}\n")
	h.write("flows/nocolumn.yaml", strings.Replace(masking("nocolumn", "pepper"), "{id: int, email", "{id: int, missing: string, email", 1))

	run(0, keyed("nightly", "--json", "run", "masked")...)
	run(4, keyed("editor", "run", "rejects")...)
	run(1, keyed("editor", "--log-format", "json", "run", "nocolumn")...)
	run(3, keyed("reports", "run", "lake")...)
	run(3, keyed("reports", "--json", "run", "lake")...)
	run(3, keyed("editor", "plan", "lake")...)
	run(3, keyed("editor", "preview", "lake")...)
	run(0, keyed("editor", "preview", "masked")...)
	run(11, keyed("viewer", "run", "masked")...)
	run(0, keyed("editor", "secret", "list")...)
	run(0, keyed("editor", "--json", "secret", "list")...)
	run(0, keyed("owner", "vault", "status")...)
	run(0, keyed("owner", "audit", "export", "--format", "jsonl")...)
	run(0, keyed("owner", "--json", "audit", "list", "-n", "0")...)
	c.argv(h)

	// A secret where none may stand is not quoted in what says so.
	connections := h.read("connections.yaml")
	h.write("connections.yaml", strings.Replace(connections, "secret:lake", literal, 1))
	run(2, "validate")
	run(2, keyed("editor", "run", "lake")...)
	h.write("connections.yaml", connections)
	// Nor a value that is not as its connection wants it.
	h.write("connections.yaml", strings.Replace(connections, "secret:lake", `"secret:lake#key"`, 1))
	c.outcome("secret set", h.with(lakeSecret, keyed("editor", "secret", "set", "lake", "--connection", "lake", "--stdin")...)).exits(2)
	run(12, keyed("reports", "run", "lake")...)
	h.write("connections.yaml", connections)

	c.files(h.dir)
	if c.seen < 100_000 {
		t.Errorf("only %d bytes were looked at", c.seen)
	}
}

// argv looks at the arguments and the environment of a run under way.
func (c *canaries) argv(h *household) {
	c.t.Helper()
	h.write("flows/stream.yaml", strings.Replace(strings.Replace(masking("stream", "pepper"), "in.csv", "'-'", 1), "columns:", "decode: [csv], columns:", 1))
	s := h.start(keyed("editor", "run", "stream")...)
	proc := fmt.Sprintf("/proc/%d/", s.c.Process.Pid)
	if _, err := os.Stat("/proc/self/cmdline"); err == nil {
		h.until("the run has begun", func() bool {
			runs, _ := filepath.Glob(h.path(".headgate/runs/*stream*"))
			text, _ := os.ReadFile(proc + "cmdline")
			return len(runs) > 0 || bytes.Contains(text, []byte("stream"))
		})
		args, err := os.ReadFile(proc + "cmdline")
		if err != nil {
			c.t.Error(err)
		}
		c.look("argv", args)
	}
	if _, err := s.stdin.Write([]byte("id,email\n1,ann@example.com\n")); err != nil {
		c.t.Error(err)
	}
	s.stdin.Close()
	c.outcome("run stream", s.wait()).exits(0)
}
