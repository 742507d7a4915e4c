package vault

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/keyring"
	"github.com/headgate/headgate/vault/slot"
)

// environment is an Environment for tests.
type environment map[string]string

func (e environment) Lookup(name string) (string, bool) { v, ok := e[name]; return v, ok }
func (e environment) Unset(name string)                 { delete(e, name) }

func keyText(name string) string {
	return slot.Key{Fingerprint: digestOf("store"), User: string(digestOf(name)[:32]), Key: []byte(digestOf(name)[:32])}.Text()
}

func keyFile(t *testing.T, name string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	ok(t, "key file", WriteKeyFile(file, keyText(name)))
	return file
}

// TestOrderOfTheWays takes the ways away one by one, from the first.
func TestOrderOfTheWays(t *testing.T) {
	dir := t.TempDir()
	ok(t, "systemd", os.WriteFile(filepath.Join(dir, systemdKey), []byte(keyText("systemd")), 0o440))
	// Not an os.File: it would close the descriptor once more when it is collected.
	fd, err := syscall.Open(keyFile(t, "fd"), syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	ok(t, "fd", err)
	ring := keyring.Memory{}
	h := founded(t)
	s := Sessions{filepath.Join(t.TempDir(), "run"), ring}
	_, err = h.who["owner"].Login(background, s, time.Hour)
	ok(t, "login", err)
	warned := ""
	env := environment{"CREDENTIALS_DIRECTORY": dir, "HEADGATE_KEY_FILE": keyFile(t, "envfile"), "HEADGATE_KEY": keyText("env")}
	w := Ways{KeyFile: keyFile(t, "flag"), KeyFD: new(int(fd)), Env: env, Fingerprint: h.who["owner"].Fingerprint(), Sessions: &s,
		User: "ann@example.com", Keyring: true, Prompt: func(string) ([]byte, error) { return []byte("typed"), nil },
		Warn: func(text string) { warned = text }, Now: h.now}
	for _, step := range []struct {
		name string
		take func()
	}{
		{"flag", func() { w.KeyFile = "" }}, {"fd", func() { w.KeyFD = nil }}, {"systemd", func() { delete(env, "CREDENTIALS_DIRECTORY") }},
		{"envfile", func() { delete(env, "HEADGATE_KEY_FILE") }}, {"env", func() {}},
		{"session", func() { w.Sessions = nil }}, {"keyring", func() { w.Keyring = false }}, {"password", func() { w.User = "" }}, {"none", func() {}},
	} {
		c, err := w.Find()
		got := "none"
		switch {
		case c.Key != nil:
			for _, n := range []string{"flag", "fd", "systemd", "envfile", "env"} {
				if c.Key.Text() == keyText(n) {
					got = n
				}
			}
		case c.Content != nil:
			got = "session"
		case c.Keyring:
			got = "keyring"
		case c.Password != nil:
			got = "password"
		}
		if got != step.name || (err != nil) != (step.name == "none") || err != nil && !errors.Is(err, ErrLogin) {
			t.Errorf("%s: %s, %v", step.name, got, err)
		}
		step.take()
	}
	if _, still := env["HEADGATE_KEY"]; still || warned == "" {
		t.Error("HEADGATE_KEY stays in the environment, or nobody was warned")
	}
}

// TestNothingElseIsTried: a way that is configured and fails is the end.
func TestNothingElseIsTried(t *testing.T) {
	prompt := func(string) ([]byte, error) { return nil, errors.New("the prompt was asked") }
	wide := keyFile(t, "wide")
	ok(t, "chmod", os.Chmod(wide, 0o644))
	link := filepath.Join(t.TempDir(), "link")
	ok(t, "link", os.Symlink(keyFile(t, "real"), link))
	cut := filepath.Join(t.TempDir(), "cut")
	ok(t, "cut", os.WriteFile(cut, []byte(keyText("x")[:40]), 0o600))
	for name, w := range map[string]Ways{
		"missing file":      {KeyFile: "/nowhere/key"},
		"others can read":   {KeyFile: wide},
		"link":              {KeyFile: link},
		"folder":            {KeyFile: t.TempDir()},
		"cut":               {KeyFile: cut},
		"from the variable": {Env: environment{"HEADGATE_KEY_FILE": wide}},
		"in the variable":   {Env: environment{"HEADGATE_KEY": "nonsense"}},
		"no terminal":       {NonInteractive: true},
		"CI":                {Env: environment{"CI": "true"}},
	} {
		if w.Env == nil {
			w.Env = environment{}
		}
		w.User, w.Prompt = "ann@example.com", prompt
		_, err := w.Find()
		if !errors.Is(err, ErrLogin) || strings.Contains(err.Error(), "the prompt was asked") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := WriteKeyFile(wide, "x"); err == nil {
		t.Error("an existing key file is overwritten")
	}
}

func TestSessions(t *testing.T) {
	h := founded(t)
	ring := keyring.Memory{}
	s := Sessions{filepath.Join(t.TempDir(), "run"), ring}
	fp := h.who["owner"].Fingerprint()
	if c, err := s.Resume(fp, h.now); c != nil || err != nil {
		t.Errorf("before: %v, %v", c, err)
	}
	ends, err := h.who["owner"].Login(background, s, time.Hour)
	ok(t, "login", err)
	c, err := s.Resume(fp, h.now)
	ok(t, "resume", err)
	m, err := h.vault().Unlock(background, *c)
	if err != nil || m.ID != h.id("owner") {
		t.Fatalf("%v", err)
	}
	file, err := os.ReadFile(s.file(fp))
	ok(t, "file", err)
	seed := string(h.who["owner"].identity.Seed())
	if strings.Contains(string(file), seed) || strings.Contains(ring[sessionName(fp)], seed) {
		t.Error("the seed lies in clear")
	}
	if info, err := os.Stat(s.file(fp)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	for name, try := range map[string]func() (*Credential, error){
		"ended":         func() (*Credential, error) { return s.Resume(fp, ends) },
		"no key":        func() (*Credential, error) { return Sessions{s.Folder, keyring.Memory{}}.Resume(fp, h.now) },
		"another store": func() (*Credential, error) { return s.Resume(digestOf("x"), h.now) },
		"other key": func() (*Credential, error) {
			return Sessions{s.Folder, keyring.Memory{sessionName(fp): "e30="}}.Resume(fp, h.now)
		},
	} {
		ok(t, "again", s.write(fp, file))
		if c, err := try(); c != nil || err != nil && !errors.Is(err, ErrLogin) {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
	_, err = h.who["owner"].Login(background, s, time.Hour)
	ok(t, "login", err)
	for range 2 {
		ok(t, "logout", s.End(fp))
	}
	if c, err := s.Resume(fp, h.now); c != nil || err != nil {
		t.Errorf("after: %v, %v", c, err)
	}
}

// TestPinsCarriedByHand: who has no disk gives the pin that was printed.
func TestPinsCarriedByHand(t *testing.T) {
	h := small(t)
	old := h.bytes()
	h.set(shop, shopBinding(), "second")
	_, pin, err := h.who["owner"].State(background)
	ok(t, "state", err)
	carried, err := ParsePin(pin.String())
	ok(t, "parse", err)
	h.opt.Pins, h.opt.Expect = "", carried
	if _, err := h.unlock("operator"); err != nil {
		t.Error(err)
	}
	if _, err := h.verify(); err != nil {
		t.Error(err)
	}
	h.restore(old)
	if _, err := h.unlock("operator"); ReasonOf(err) != ReasonIntegrity {
		t.Errorf("%v", err)
	}
	if _, err := h.verify(); ReasonOf(err) != ReasonIntegrity {
		t.Errorf("%v", err)
	}
	for _, bad := range []string{"", "1", "x:" + string(carried.Head), "1:zz", "-1:" + string(carried.Head)} {
		if _, err := ParsePin(bad); err == nil {
			t.Errorf("%q: taken", bad)
		}
	}
}

// TestRestoreIsAcceptedByName: a store that was put back on purpose is taken again by
// who names the head that was given up, and only after a superadmin signed that.
func TestRestoreIsAcceptedByName(t *testing.T) {
	h := small(t)
	old := h.bytes()
	h.set(shop, shopBinding(), "second")
	_, pin, err := h.who["owner"].State(background)
	ok(t, "state", err)
	_, err = h.unlock("operator")
	ok(t, "unlock", err)
	h.restore(old)
	h.opt.Accept = pin.Head
	if _, err := h.unlock("operator"); ReasonOf(err) != ReasonIntegrity {
		t.Errorf("nobody signed: %v", err)
	}
	signer := h.opt
	signer.Pins = ""
	o := *h.who["owner"]
	o.vault, o.seen = At(signer), &memory{}
	ok(t, "restore", o.Restored(background, pin))
	if _, err := h.unlock("operator"); err != nil {
		t.Errorf("named: %v", err)
	}
	h.opt.Accept = ""
	if _, err := h.unlock("operator"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	if _, err := h.unlock("owner"); ReasonOf(err) != ReasonIntegrity {
		t.Errorf("who did not accept: %v", err)
	}
}

func TestFieldsOfSecrets(t *testing.T) {
	v := []byte(`{"key":"k","pass":"p"}`)
	if f, err := Field(v, "pass"); string(f) != "p" || err != nil {
		t.Errorf("%q, %v", f, err)
	}
	if f, err := Field(v, ""); string(f) != string(v) || err != nil {
		t.Errorf("%q, %v", f, err)
	}
	for _, c := range []struct{ value, field string }{{string(v), "none"}, {"hunter2-plain", "key"}} {
		if _, err := Field([]byte(c.value), c.field); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v", err)
		}
	}
}

func TestRefs(t *testing.T) {
	for _, r := range []Ref{{Name: "dwh", Connection: "warehouse"}, {Name: "shop/ssh", Connection: "shop", Env: "dev"}, {Name: "pepper", Key: "pii"}} {
		if got, err := ParseRef(r.ID()); got != r || err != nil {
			t.Errorf("%+v, %v", got, err)
		}
		if !rbac.ValidSecretID(r.ID()) {
			t.Errorf("%s", r.ID())
		}
	}
	if _, err := ParseRef("dwh"); err == nil {
		t.Error("a name alone")
	}
}
