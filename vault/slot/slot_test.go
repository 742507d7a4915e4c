package slot

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/seal"
)

var (
	owner   = Owner{"store", "user"}
	content = Content{bytes.Repeat([]byte{7}, 32), rbac.DigestOf([]byte("genesis"))}
	now     = time.UnixMilli(1_700_000_000_000)
)

func materials() map[Type]Material {
	return map[Type]Material{
		Password: {Password: []byte("Correct-horse-1")},
		Device:   {Password: []byte("Correct-horse-1"), Key: bytes.Repeat([]byte{1}, 32)},
		Keyring:  {Key: bytes.Repeat([]byte{2}, 32)},
		KeyFile:  {Key: bytes.Repeat([]byte{3}, 32)},
		Recovery: {Key: bytes.Repeat([]byte{4}, RecoverySize)},
	}
}

// TestSlotsOpenWithTheirMaterialOnly. Class: key.
func TestSlotsOpenWithTheirMaterialOnly(t *testing.T) {
	for typ, m := range materials() {
		s, err := New(owner, "n", typ, Cheapest(), m, content, now)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Open(owner, m)
		if err != nil || !bytes.Equal(got.Seed, content.Seed) || got.Fingerprint != content.Fingerprint {
			t.Fatalf("%s: %v, %v", typ, got, err)
		}
		bad := map[string]func() error{
			"other user":  func() error { _, err := s.Open(Owner{"store", "other"}, m); return err },
			"other store": func() error { _, err := s.Open(Owner{"other", "user"}, m); return err },
			"nothing":     func() error { _, err := s.Open(owner, Material{}); return err },
			"other name":  func() error { c := s; c.Name = "x"; _, err := c.Open(owner, m); return err },
			"other salt":  func() error { c := s; c.Salt = seal.Random(16); _, err := c.Open(owner, m); return err },
			"other time":  func() error { c := s; c.Made++; _, err := c.Open(owner, m); return err },
			"no data":     func() error { c := s; c.Data = nil; _, err := c.Open(owner, m); return err },
			"no type":     func() error { c := s; c.Type = "x"; _, err := c.Open(owner, m); return err },
		}
		if m.Password != nil {
			bad["other password"] = func() error { _, err := s.Open(owner, Material{[]byte("correct-horse-1"), m.Key}); return err }
			bad["other cost"] = func() error { c := s; c.Cost.Time++; _, err := c.Open(owner, m); return err }
			bad["cost of a bomb"] = func() error { c := s; c.Cost.Memory = 1 << 31; _, err := c.Open(owner, m); return err }
			bad["no cost"] = func() error { c := s; c.Cost = Cost{}; _, err := c.Open(owner, m); return err }
		}
		if m.Key != nil {
			bad["other key"] = func() error { _, err := s.Open(owner, Material{m.Password, seal.Random(len(m.Key))}); return err }
		}
		if typ == Device {
			bad["no device"] = func() error { _, err := s.Open(owner, Material{Password: m.Password}); return err }
		}
		for name, try := range bad {
			if err := try(); !errors.Is(err, ErrWrong) {
				t.Errorf("%s, %s: %v", typ, name, err)
			}
		}
	}
	if Standard() != (Cost{3, 65536, 4}) || Standard().check() != nil {
		t.Error("the standard cost is another")
	}
}

func TestPasswordsAreTheSameFromEveryKeyboard(t *testing.T) {
	s, err := New(owner, "n", Password, Cheapest(), Material{Password: []byte("caf\u00e9")}, content, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(owner, Material{Password: []byte("cafe\u0301")}); err != nil {
		t.Error(err)
	}
}

func TestRules(t *testing.T) {
	for _, c := range []struct {
		rules    Rules
		password string
		ok       bool
	}{
		{Rules{}, "Copper-lantern-7-orbit", true},
		{Rules{}, "Copper-lantern-", false},
		{Rules{}, "copper-lantern-7-orbit", false},
		{Rules{Profile: "nist"}, "copper lantern orbit", true},
		{Rules{}, "Short-7-orbit", false},
		{Rules{Second: true}, "Short-7-orbit", true},
		{Rules{}, "Password1234567890", false},
		{Rules{}, "Aa1Aa1Aa1Aa1Aa1Aa1", false},
		{Rules{Avoid: []string{"ann.lantern@example.com"}}, "AnnLanternExample1", false},
		{Rules{}, "Headgate-Headgate-1", false},
		{Rules{}, "Zürich-Größe-7-über", true},
		{Rules{}, "Copper-lantern\x00-7-orbit", false},
		{Rules{}, "Copper-lantern-7-\xff\xfe", false},
		{Rules{}, "Aa1-" + strings.Repeat("xyzw uvrs", 200), false},
	} {
		err := c.rules.Check([]byte(c.password))
		var weak *WeakError
		if (err == nil) != c.ok || err != nil && !errors.As(err, &weak) {
			t.Errorf("%q: %v, want ok %v", c.password, err, c.ok)
		}
	}
}

func TestGeneratedPasswordsKeepTheRules(t *testing.T) {
	seen := map[string]bool{}
	for range 50 {
		p, err := Generate()
		if err != nil || seen[p] {
			t.Fatalf("%q: %v", p, err)
		}
		seen[p] = true
		if err := (Rules{}).Check([]byte(p)); err != nil {
			t.Errorf("%q: %v", p, err)
		}
	}
}

func TestKeyText(t *testing.T) {
	k := Key{rbac.DigestOf(nil), strings.Repeat("ab", 16), seal.Random(32)}
	got, err := ParseKey(" " + k.Text() + "\n")
	if err != nil || got.User != k.User || got.Fingerprint != k.Fingerprint || !bytes.Equal(got.Key, k.Key) || got.Name() != k.Name() {
		t.Fatalf("%+v, %v", got, err)
	}
	text := k.Text()
	for i := range text {
		b := []byte(text)
		b[i] ^= 1
		if _, err := ParseKey(string(b)); err == nil {
			t.Errorf("character %d changed: taken", i)
		} else if strings.Contains(err.Error(), text[10:30]) {
			t.Errorf("the error repeats the key: %v", err)
		}
	}
	for n := range len(text) {
		if _, err := ParseKey(text[:n]); err == nil {
			t.Errorf("cut to %d: taken", n)
		}
	}
}

func TestRecoveryCode(t *testing.T) {
	for range 20 {
		key := seal.Random(RecoverySize)
		code := RecoveryCode(key)
		typed := strings.NewReplacer("0", "o", "1", "l").Replace(strings.ToLower(code[5:]))
		for _, text := range []string{code, "hgr1 " + typed} {
			if got, err := ParseRecoveryCode(text); err != nil || !bytes.Equal(got, key) {
				t.Errorf("%q: %v", text, err)
			}
		}
		for _, bad := range []string{"", code[:len(code)-1], strings.Replace(code, code[6:7], map[bool]string{true: "7", false: "8"}[code[6] != '7'], 1)} {
			if _, err := ParseRecoveryCode(bad); err == nil {
				t.Errorf("%q for %q: taken", bad, code)
			}
		}
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add(Key{rbac.DigestOf(nil), strings.Repeat("ab", 16), seal.Random(32)}.Text())
	f.Fuzz(func(t *testing.T, s string) {
		if k, err := ParseKey(s); err == nil && k.Text() != strings.TrimSpace(s) {
			t.Errorf("%q has another spelling", s)
		}
	})
}
