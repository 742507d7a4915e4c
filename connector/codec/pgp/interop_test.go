package pgp

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
)

// text is a few thousand rows that compress, longer than every buffer of the reader.
func text() []byte {
	r := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	for b.Len() < 3<<20 {
		for range 8 {
			b.WriteString([]string{"paid,", "void,", "open,", "12.50,"}[r.IntN(4)])
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// decode reads a message with the options o.
func decode(o Options, ks keys, message []byte) ([]byte, error) {
	return decodeFrom(o, ks, bytes.NewReader(message))
}

func decodeFrom(o Options, ks keys, in io.Reader) ([]byte, error) {
	r, err := Codec().NewReader(&o, in, connector.CodecOptions{File: "x.pgp", Keys: ks.find})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func encode(t *testing.T, o Options, ks keys, file string, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := Codec().NewWriter(&o, &out, connector.CodecOptions{File: file, Keys: ks.find})
	if err != nil {
		t.Fatal(err)
	}
	for len(data) > 0 { // in pieces as an encoder writes them
		n := min(len(data), 100_000)
		if _, err := w.Write(data[:n]); err != nil {
			t.Fatal(err)
		}
		data = data[n:]
	}
	for range 2 {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

// testRead reads what GnuPG wrote.
func testRead(t *testing.T, g *gnupg, ks keys) {
	plain := text()
	for _, c := range []struct {
		name string
		args string
		o    Options
	}{
		{"not packed", "--compress-algo none -r us -e", Options{DecryptWith: Names{"us"}}},
		{"zlib", "--compress-algo zlib -r us -e", Options{DecryptWith: Names{"us"}}},
		{"zip", "--compress-algo zip -r us -e", Options{DecryptWith: Names{"us"}}},
		{"bzip2", "--compress-algo bzip2 -r us -e", Options{DecryptWith: Names{"us"}}},
		{"armored", "--armor -r us -e", Options{DecryptWith: Names{"us"}}},
		{"rsa", "-r partner -e", Options{DecryptWith: Names{"partner"}}},
		{"two recipients", "-r other -r us -e", Options{DecryptWith: Names{"us"}}},
		{"two keys", "-r us -e", Options{DecryptWith: Names{"other", "us"}}},
		{"hidden recipients", "-R other -R us -e", Options{DecryptWith: Names{"us"}}},
		{"hidden, two keys", "-R us -e", Options{DecryptWith: Names{"partner", "other", "us"}}},
		{"passphrase", "-r locked -e", Options{DecryptWith: Names{"locked"}}},
		{"also with a password", "--passphrase secret -r us -e -c", Options{DecryptWith: Names{"us"}}},
		{"signed with ed25519", "-u other -r us -s -e", Options{DecryptWith: Names{"us"}, RequireBy: Names{"other-public"}}},
		{"signed with rsa", "-u partner -r us -s -e", Options{DecryptWith: Names{"us"}, RequireBy: Names{"partner-public"}}},
		{"signed by one of several", "-u partner -r us -s -e", Options{DecryptWith: Names{"us"}, RequireBy: Names{"other-public", "partner-public"}}},
		{"signed by two", "-u partner -u other -r us -s -e", Options{DecryptWith: Names{"us"}, RequireBy: Names{"other-public"}}},
		{"signed, nobody asked for", "-u partner -r us -s -e", Options{DecryptWith: Names{"us"}}},
		{"signed only", "-u partner -s", Options{RequireBy: Names{"partner-public"}}},
		{"signed only, not packed", "-u partner --compress-algo none -s", Options{RequireBy: Names{"partner-public"}}},
		{"signed only, armored", "-u other --armor -s", Options{RequireBy: Names{"other-public"}}},
		{"sha512", "-u partner --digest-algo sha512 -r us -s -e", Options{DecryptWith: Names{"us"}, RequireBy: Names{"partner"}}},
		{"aes128", "--cipher-algo aes128 -r us -e", Options{DecryptWith: Names{"us"}}},
		{"aes192", "--cipher-algo aes192 -r us -e", Options{DecryptWith: Names{"us"}}},
		{"3des", "--cipher-algo 3des -r us -e", Options{DecryptWith: Names{"us"}}},
		{"cast5", "--cipher-algo cast5 -r us -e", Options{DecryptWith: Names{"us"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, data := range [][]byte{plain, []byte("id\n1\n"), nil} {
				got, err := decode(c.o, ks, g.must(data, strings.Fields(c.args)...))
				if err != nil || !bytes.Equal(got, data) {
					t.Errorf("%d bytes: got %d, error %v", len(data), len(got), err)
				}
			}
			// From a file GnuPG knows the length, and writes other packets.
			got, err := decode(c.o, ks, g.must(nil, append(strings.Fields("--output - "+c.args), write(t, "x.csv", plain))...))
			if err != nil || !bytes.Equal(got, plain) {
				t.Errorf("of a file: got %d, error %v", len(got), err)
			}
		})
	}
}

// testWrite lets GnuPG read what was written here.
func testWrite(t *testing.T, g *gnupg, ks keys) {
	plain := text()
	for _, c := range []struct {
		name   string
		file   string
		o      Options
		signed bool
		armor  bool
	}{
		{"plain", "x.pgp", Options{EncryptTo: Names{"us-public"}}, false, false},
		{"rsa", "x.gpg", Options{EncryptTo: Names{"partner-public"}}, false, false},
		{"zip", "x.pgp", Options{EncryptTo: Names{"us-public"}, Compression: "zip"}, false, false},
		{"zlib", "x.pgp", Options{EncryptTo: Names{"us-public"}, Compression: "zlib"}, false, false},
		{"two recipients", "x.pgp", Options{EncryptTo: Names{"partner-public", "us-public"}}, false, false},
		{"signed", "x.pgp", Options{EncryptTo: Names{"us-public"}, SignWith: "partner"}, true, false},
		{"signed, ed25519, packed", "x.pgp", Options{EncryptTo: Names{"partner-public"}, SignWith: "other", Compression: "zlib"}, true, false},
		{"signed only", "x.pgp", Options{SignWith: "other"}, true, false},
		{"signed with a passphrase", "x.pgp", Options{EncryptTo: Names{"us"}, SignWith: "locked"}, true, false},
		{"armored", "x.pgp", Options{EncryptTo: Names{"us-public"}, Armor: true}, false, true},
		{"armored by its name", "x.ASC", Options{EncryptTo: Names{"us-public"}, SignWith: "partner"}, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, data := range [][]byte{plain, []byte("id\n1\n"), nil} {
				m := encode(t, c.o, ks, c.file, data)
				if armored := bytes.HasPrefix(m, []byte("-----BEGIN PGP MESSAGE-----\n")); armored != c.armor {
					t.Errorf("armored: %v", armored)
				}
				status := write(t, "status", nil)
				got, err := g.run(m, "--status-file", status, "-d")
				if err != nil || !bytes.Equal(got, data) {
					t.Errorf("%d bytes: gpg got %d, error %v", len(data), len(got), err)
				}
				said := read(t, status)
				if c.signed && !strings.Contains(said, "GOODSIG") {
					t.Errorf("gpg does not call the signature good: %s", said)
				}
				if len(c.o.EncryptTo) > 0 && !strings.Contains(said, "DECRYPTION_INFO 2 9") {
					t.Errorf("not AES-256 with integrity protection: %s", said)
				}
				back := Options{DecryptWith: c.o.EncryptTo}
				if len(back.DecryptWith) > 0 {
					back.DecryptWith = Names{strings.TrimSuffix(back.DecryptWith[0], "-public")}
				}
				if c.signed {
					back.RequireBy = Names{c.o.SignWith}
				}
				if got, err := decode(back, ks, m); err != nil || !bytes.Equal(got, data) {
					t.Errorf("%d bytes: got %d, error %v", len(data), len(got), err)
				}
			}
		})
	}
}

// integrity reports whether err says that a message must not be used.
func integrity(err error) bool { return errors.Is(err, connector.ErrIntegrity) }
