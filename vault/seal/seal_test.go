package seal

import (
	"bytes"
	"errors"
	"testing"

	"github.com/headgate/headgate/rbac"
)

func TestSealedThingsOpenInTheirPlaceOnly(t *testing.T) {
	here, there := rbac.Context("a", "b"), rbac.Context("a", "c")
	plain := []byte("value")
	k := Random(Size)
	box, err := NewBox(Random(Size))
	if err != nil {
		t.Fatal(err)
	}
	other, err := NewBox(Random(Size))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := To(box.Public(), here, plain)
	if err != nil {
		t.Fatal(err)
	}
	encrypted, err := Encrypt(k, here, plain)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := box.Open(here, sealed); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := Decrypt(k, here, encrypted); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("%q, %v", got, err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"sealed, elsewhere":     func() ([]byte, error) { return box.Open(there, sealed) },
		"sealed, other key":     func() ([]byte, error) { return other.Open(here, sealed) },
		"sealed, cut":           func() ([]byte, error) { return box.Open(here, sealed[:20]) },
		"encrypted, elsewhere":  func() ([]byte, error) { return Decrypt(k, there, encrypted) },
		"encrypted, other key":  func() ([]byte, error) { return Decrypt(Random(Size), here, encrypted) },
		"encrypted, cut":        func() ([]byte, error) { return Decrypt(k, here, encrypted[:5]) },
		"encrypted, empty":      func() ([]byte, error) { return Decrypt(k, here, nil) },
		"encrypted, changed":    func() ([]byte, error) { b := bytes.Clone(encrypted); b[14] ^= 1; return Decrypt(k, here, b) },
		"encrypted, wrong size": func() ([]byte, error) { return Decrypt(nil, here, encrypted) },
	} {
		if got, err := open(); err == nil || name != "encrypted, wrong size" && !errors.Is(err, ErrOpen) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestIdentityIsMadeOfItsSeed(t *testing.T) {
	seed := Random(Size)
	a, err := NewIdentity(seed)
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewIdentity(seed)
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewIdentity(Random(Size))
	if err != nil {
		t.Fatal(err)
	}
	if a.Keys() != b.Keys() || !bytes.Equal(a.Pin(), b.Pin()) || a.Keys() == c.Keys() {
		t.Error("keys do not follow from the seed")
	}
	for i, x := range [][]byte{a.Pin(), a.Audit, a.Sign.Seed(), a.Seed()} {
		for _, y := range [][]byte{a.Pin(), a.Audit, a.Sign.Seed(), a.Seed()}[i+1:] {
			if bytes.Equal(x, y) {
				t.Error("one key serves two purposes")
			}
		}
	}
	if _, err := NewIdentity(seed[1:]); err == nil {
		t.Error("a short seed is taken")
	}
	if Commit(seed, nil) == Commit(c.Seed(), nil) || Commit(seed, nil) == Commit(seed, []byte("x")) {
		t.Error("commitments are equal")
	}
}
