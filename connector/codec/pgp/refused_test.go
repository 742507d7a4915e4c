package pgp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/codec/internal/bound"
)

// testRefused: messages that must not be used are refused with 13, and each says why.
func testRefused(t *testing.T, g *gnupg, ks keys) {
	// A key that signs, and is then said to have expired years ago.
	fpr := g.key("gone", "ed25519", "cv25519", "never", at("20200101T000000")...)
	late := g.must([]byte("x\n"), "-u", "gone", "-s")
	g.must(nil, append(at("20200102T000000"), "--quick-set-expire", fpr, "2d")...)
	ks["gone"] = connector.Key{Public: g.public("gone")}

	us := Options{DecryptWith: Names{"us"}}
	signed := Options{DecryptWith: Names{"us"}, RequireBy: Names{"partner-public"}}
	data := text()
	for _, c := range []struct {
		name    string
		o       Options
		message []byte
		want    string
	}{
		{"no integrity protection", us, unprotected(t, g), "no integrity protection"},
		{"unsigned", signed, g.must(data, "-r", "us", "-e"), "is not signed; require_signature_by wants a signature by partner-public ("},
		{"signed by another", signed, g.must(data, "-u", "other", "-r", "us", "-s", "-e"), "; require_signature_by wants partner-public ("},
		{"signed with sha1", signed, g.must(data, "-u", "partner", "--digest-algo", "sha1", "-r", "us", "-s", "-e"), "SHA-1"},
		{"signed by a short key", Options{DecryptWith: Names{"us"}, RequireBy: Names{"short"}}, g.must(data, "-u", "short", "-r", "us", "-s", "-e"), "minimum rsa length"},
		{"signed by an expired key", Options{RequireBy: Names{"gone"}}, late, "its key had expired when it was made"},
		{"not encrypted", us, g.must(data, "-u", "partner", "-s"), "is not encrypted"},
		{"two messages", us, append(g.must(data, "-r", "us", "-e"), g.must(data, "-r", "us", "-e")...), "something follows"},
		{"twice encrypted", us, g.must(g.must(data, "-r", "us", "-e"), "-r", "us", "--compress-algo", "none", "-e"), ""},
		{"empty", us, nil, "it is empty"},
		{"a table", us, data, "not an OpenPGP message"},
		{"zeros", us, make([]byte, 1000), "not an OpenPGP message"},
		{"ones", us, bytes.Repeat([]byte{0xff}, 1000), "cut off"},
		{"a key", us, g.public("us"), `a "PGP PUBLIC KEY BLOCK"`},
		{"a binary key", us, g.must(nil, "--export", "us"), "not an OpenPGP message"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := decode(c.o, ks, c.message)
			if c.name == "twice encrypted" { // is a message like any other: what it says is a message
				if err != nil || !strings.HasPrefix(string(got), "\x84") {
					t.Errorf("error %v", err)
				}
				return
			}
			if !integrity(err) || !strings.HasPrefix(err.Error(), "pgp: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// at are the flags of gpg that make it believe in a time.
func at(time string) []string { return []string{"--faked-system-time", time + "!"} }

// testOldSignatures: a signature stays good when its key expires later, and when the key's
// time is extended, for which GnuPG replaces what the key says of itself by something that is
// newer than the signature.
func testOldSignatures(t *testing.T, g *gnupg, ks keys) {
	g.key("brief", "ed25519", "cv25519", "2d", at("20200101T000000")...)
	fpr := g.key("longer", "ed25519", "cv25519", "2d", at("20200101T000000")...)
	for _, name := range []string{"brief", "longer"} {
		m := g.must([]byte("x\n"), append(at("20200101T000001"), "-u", name, "-s")...)
		if name == "longer" {
			g.must(nil, "--quick-set-expire", fpr, "never")
		}
		ks[name] = connector.Key{Public: g.public(name)}
		o := Options{RequireBy: Names{name}}
		if got, err := decode(o, ks, m); err != nil || string(got) != "x\n" {
			t.Errorf("%s: got %q, error %v", name, got, err)
		}
		changed := g.must([]byte("x\n"), append(at("20200101T000001"), "-u", name, "--compress-algo", "none", "-s")...)
		changed = bytes.Replace(changed, []byte("x\n"), []byte("y\n"), 1)
		if _, err := decode(o, ks, changed); !integrity(err) {
			t.Errorf("%s, changed: error %v", name, err)
		}
	}
}

// unprotected encrypts without integrity protection, which GnuPG does only for keys that
// do not know any.
func unprotected(t *testing.T, g *gnupg) []byte {
	t.Helper()
	return g.must([]byte("id\n1\n"), "--rfc2440", "--disable-mdc", "--cipher-algo", "aes256", "-r", "partner", "-e")
}

// testCut cuts a message at every place.
func testCut(t *testing.T, g *gnupg, ks keys) {
	short := []byte("id\n1\n")
	for _, c := range []struct {
		name  string
		o     Options
		whole []byte
		step  int
	}{
		{"encrypted", Options{DecryptWith: Names{"us"}}, g.must(short, "-r", "us", "-e"), 1},
		{"not packed", Options{DecryptWith: Names{"us"}}, g.must(short, "--compress-algo", "none", "-r", "us", "-e"), 3},
		{"signed", Options{DecryptWith: Names{"us"}, RequireBy: Names{"other"}}, g.must(short, "-u", "other", "-r", "us", "-s", "-e"), 5},
		{"signed only", Options{RequireBy: Names{"other"}}, g.must(short, "-u", "other", "-s"), 1},
		{"armored", Options{DecryptWith: Names{"us"}}, g.must(short, "--armor", "-r", "us", "-e"), 3},
		{"ours", Options{DecryptWith: Names{"us"}}, encode(t, Options{EncryptTo: Names{"us"}}, ks, "x.pgp", short), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := decode(c.o, ks, c.whole); err != nil {
				t.Fatal(err)
			}
			for n := 0; n < len(c.whole)-1; n += c.step {
				if _, err := decode(c.o, ks, c.whole[:n]); !integrity(err) {
					t.Errorf("cut at %d of %d: error %v", n, len(c.whole), err)
				}
			}
		})
	}
	long := g.must(text(), "-r", "us", "-e")
	for _, n := range []int{len(long) - 1, len(long) - 20, len(long) - 30, len(long) / 2, len(long) / 3, 9000, 8192} {
		if _, err := decode(Options{DecryptWith: Names{"us"}}, ks, long[:n]); !errors.Is(err, errCut) {
			t.Errorf("cut at %d: error %v", n, err)
		}
	}
}

// testChanged flips bits at every place of a short message, and at some of a long one.
func testChanged(t *testing.T, g *gnupg, ks keys) {
	short := []byte("id\n1\n")
	for _, c := range []struct {
		name  string
		o     Options
		whole []byte
	}{
		{"encrypted", Options{DecryptWith: Names{"us"}}, g.must(short, "-r", "us", "-e")},
		{"signed", Options{DecryptWith: Names{"us"}, RequireBy: Names{"other"}}, g.must(short, "-u", "other", "--compress-algo", "none", "-r", "us", "-s", "-e")},
		{"signed only", Options{RequireBy: Names{"other"}}, g.must(short, "-u", "other", "--compress-algo", "none", "-s")},
	} {
		t.Run(c.name, func(t *testing.T) {
			for n := range c.whole {
				changed := bytes.Clone(c.whole)
				changed[n] ^= 1 << (n % 8)
				got, err := decode(c.o, ks, changed)
				if err == nil && bytes.Equal(got, short) {
					continue // a part that says nothing, as a hint for a name
				}
				if err == nil {
					t.Errorf("changed at %d of %d: got %q", n, len(changed), got)
				}
			}
		})
	}
	for _, pack := range []string{"none", "zlib", "bzip2"} {
		long := g.must(text(), "--compress-algo", pack, "-r", "us", "-e")
		for n := 200; n < len(long); n += len(long) / 20 {
			changed := bytes.Clone(long)
			changed[n] ^= 4
			if _, err := decode(Options{DecryptWith: Names{"us"}}, ks, changed); !integrity(err) {
				t.Errorf("%s, changed at %d of %d: error %v", pack, n, len(long), err)
			}
		}
		long[len(long)/2] ^= 1
		if _, err := decode(Options{DecryptWith: Names{"us"}}, ks, long); !errors.Is(err, errChanged) && !errors.Is(err, errCut) && !strings.Contains(fmt.Sprint(err), "follows") {
			t.Errorf("%s, changed in the middle: error %v", pack, err)
		}
	}
}

// testWrongKeys: what is wrong with our keys is not the message's fault.
func testWrongKeys(t *testing.T, g *gnupg, ks keys) {
	secret := ks["locked"].Private.Bytes()
	ks["no-passphrase"] = connector.Key{Private: connector.NewSecret(secret)}
	ks["wrong-passphrase"] = connector.Key{Private: connector.NewSecret(secret), Passphrase: connector.NewSecret([]byte("open barley"))}
	ks["nonsense"] = connector.Key{Private: connector.NewSecret([]byte("hello"))}
	ks["two"] = connector.Key{Public: append(g.must(nil, "--export", "us"), g.must(nil, "--export", "other")...)}
	g.key("expired", "ed25519", "cv25519", "1d", "--faked-system-time", "20200101T000000!")
	ks["expired"] = connector.Key{Private: connector.NewSecret(g.secret("expired"))}

	message := g.must(text(), "-r", "other", "-R", "us", "-e")
	for _, c := range []struct {
		name    string
		o       Options
		message []byte
		want    string
	}{
		{"not for us", Options{DecryptWith: Names{"partner"}}, message, "not for us: it is encrypted to the keys "},
		{"lists the hidden", Options{DecryptWith: Names{"partner"}}, message, "a hidden one"},
		{"only signatures", Options{RequireBy: Names{"us"}}, message, "name yours as decrypt_with"},
		{"a password", Options{DecryptWith: Names{"us"}}, g.must(nil, "--passphrase", "x", "-c"), "with a passphrase"},
		{"no such key", Options{DecryptWith: Names{"us", "them"}}, message, "key them: there is no key them"},
		{"public", Options{DecryptWith: Names{"us-public"}}, message, "key us-public: a private key is needed"},
		{"no passphrase", Options{DecryptWith: Names{"no-passphrase"}}, message, "key no-passphrase: it is protected by a passphrase"},
		{"wrong passphrase", Options{DecryptWith: Names{"wrong-passphrase"}}, message, "key wrong-passphrase: its passphrase is not"},
		{"nonsense", Options{DecryptWith: Names{"nonsense"}}, message, "there is no OpenPGP key in it"},
		{"two keys in one", Options{RequireBy: Names{"two"}}, message, "it holds 2 keys"},
		{"short", Options{DecryptWith: Names{"short"}}, g.must(nil, "-r", "short", "-e"), "key short: RSA with 2048 bits"},
		{"no key at all", Options{}, message, "names a key"},
		{"a ratio below zero", Options{DecryptWith: Names{"us"}, MaxRatio: -1}, message, "max_ratio"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := decode(c.o, ks, c.message); err == nil || integrity(err) || !strings.HasPrefix(err.Error(), "pgp: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v", err)
			}
		})
	}
	for _, c := range []struct {
		name string
		o    Options
		want string
	}{
		{"to an expired key", Options{EncryptTo: Names{"expired"}}, "key expired: it cannot be encrypted to: "},
		{"to a short key", Options{EncryptTo: Names{"us", "short"}}, "key short: it cannot be encrypted to: "},
		{"by an expired key", Options{SignWith: "expired"}, "key expired: it cannot sign"},
		{"by a public key", Options{SignWith: "us-public"}, "a private key is needed"},
		{"no key at all", Options{}, "names a key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Codec().NewWriter(&c.o, io.Discard, connector.CodecOptions{Keys: ks.find})
			if err == nil || !strings.HasPrefix(err.Error(), "pgp: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// testReaderError: an error of what is below stays what it is.
func testReaderError(t *testing.T, g *gnupg, ks keys) {
	broken := errors.New("the line went dead")
	m := g.must(text(), "-r", "us", "-e")
	for _, n := range []int{0, 1, 50, len(m) / 2, len(m) - 5} {
		_, err := decodeFrom(Options{DecryptWith: Names{"us"}}, ks, io.MultiReader(bytes.NewReader(m[:n]), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) || integrity(err) {
			t.Errorf("after %d bytes: error %v", n, err)
		}
	}
}

// testBomb: what unpacks to much more than itself is refused.
func testBomb(t *testing.T, g *gnupg, ks keys) {
	path := write(t, "zeros", make([]byte, bound.Free+bound.Free/4))
	us := Options{DecryptWith: Names{"us"}}
	for _, pack := range []string{"zip", "zlib", "bzip2"} {
		m := g.must(nil, "--output", "-", "--compress-algo", pack, "-r", "us", "-e", path)
		if _, err := decode(us, ks, m); !errors.Is(err, connector.ErrRefused) || !strings.Contains(err.Error(), "max_ratio") {
			t.Errorf("%s: error %v", pack, err)
		}
		if pack != "zlib" {
			continue
		}
		meant := us
		meant.MaxRatio = 1 << 30
		if got, err := decode(meant, ks, m); err != nil || len(got) != bound.Free+bound.Free/4 {
			t.Errorf("%s: got %d, error %v", pack, len(got), err)
		}
	}
	us.MaxSize = 1 << 20
	for _, pack := range []string{"none", "zip"} {
		if _, err := decode(us, ks, g.must(text(), "--compress-algo", pack, "-r", "us", "-e")); !errors.Is(err, connector.ErrRefused) || !strings.Contains(err.Error(), "max_size") {
			t.Errorf("%s: error %v", pack, err)
		}
	}
}

// testCloseEarly: giving a message up ends the work on it.
func testCloseEarly(t *testing.T, g *gnupg, ks keys) {
	m := g.must(text(), "-u", "other", "-r", "us", "-s", "-e")
	for _, n := range []int{0, 1, 100_000} {
		r, err := Codec().NewReader(&Options{DecryptWith: Names{"us"}}, bytes.NewReader(m), connector.CodecOptions{Keys: ks.find})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(r, make([]byte, n)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := r.Read(make([]byte, 1)); err == nil || err == io.EOF {
			t.Errorf("after Close: error %v", err)
		}
	}
}
