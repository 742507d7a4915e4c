package rbac

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"
)

func TestContextKeepsPartsApart(t *testing.T) {
	if got, want := Context("ab", "", "c"), []byte("\x00\x00\x00\x02ab\x00\x00\x00\x00\x00\x00\x00\x01c"); !bytes.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	seen := map[string][]string{}
	for _, parts := range [][]string{
		nil, {""}, {"", ""}, {"abc"}, {"a", "bc"}, {"ab", "c"}, {"", "abc"}, {"abc", ""}, {"a", "b", "c"}, {"cba"}, {"bc", "a"},
		{"a\x00\x00\x00\x02bc"}, {string(Context("a", "bc"))}, {strings.Repeat("a", 256)}, {strings.Repeat("a", 255), "a"},
	} {
		b := string(Context(parts...))
		if other, ok := seen[b]; ok {
			t.Errorf("%q and %q give the same bytes", parts, other)
		}
		seen[b] = parts
	}
}

func TestSignatureCountsForItsStoreOnly(t *testing.T) {
	raw, k := []byte("operation"), public("ann")
	sig := SignOp(key("ann"), testStore, raw)
	changed := bytes.Clone(sig)
	changed[5] ^= 1
	for name, c := range map[string]struct {
		key, store string
		raw, sig   []byte
		want       bool
	}{
		"as signed":               {k, testStore, raw, sig, true},
		"another key":             {public("bob"), testStore, raw, sig, false},
		"another store":           {k, strings.Repeat("0", 32), raw, sig, false},
		"moved between fields":    {k, testStore + "o", raw[1:], sig, false},
		"another operation":       {k, testStore, []byte("operations"), sig, false},
		"a bit of the signature":  {k, testStore, raw, changed, false},
		"no signature":            {k, testStore, raw, nil, false},
		"a short signature":       {k, testStore, raw, sig[:ed25519.SignatureSize-1], false},
		"a long signature":        {k, testStore, raw, append(bytes.Clone(sig), 0), false},
		"no key":                  {"", testStore, raw, sig, false},
		"a short key":             {k[2:], testStore, raw, sig, false},
		"a long key":              {k + "00", testStore, raw, sig, false},
		"half a byte behind":      {k + "0", testStore, raw, sig, false},
		"no digits behind":        {k + "zz", testStore, raw, sig, false},
		"a key that is no digits": {strings.Repeat("z", 64), testStore, raw, sig, false},
	} {
		if got := verifyOp(c.key, c.store, c.raw, c.sig); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestNameDigestIsOfOneStore(t *testing.T) {
	a := NameDigest(testStore, "ann@example.com")
	if !a.valid() || a != NameDigest(testStore, "ann@example.com") {
		t.Errorf("%q", a)
	}
	if a == NameDigest(strings.Repeat("0", 32), "ann@example.com") || a == NameDigest(testStore, "bob@example.com") {
		t.Error("one digest for two names")
	}
}
