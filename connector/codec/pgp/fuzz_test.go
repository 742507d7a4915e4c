package pgp

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"github.com/headgate/headgate/connector"
)

// generated is a key made here, so that these tests need no other program.
func generated(t testing.TB, c *packet.Config) (keys, *openpgp.Entity) {
	t.Helper()
	c.Algorithm = packet.PubKeyAlgoEdDSA
	e, err := openpgp.NewEntity("us", "", "", c)
	if err != nil {
		t.Fatal(err)
	}
	var secret, public bytes.Buffer
	if err := e.SerializePrivate(&secret, c); err != nil {
		t.Fatal(err)
	}
	if err := e.Serialize(&public); err != nil {
		t.Fatal(err)
	}
	return keys{"us": {Private: connector.NewSecret(secret.Bytes())}, "us-public": {Public: public.Bytes()}}, e
}

// TestModern reads the encryption of RFC 9580, which GnuPG 2.2 does not know.
func TestModern(t *testing.T) {
	c := &packet.Config{DefaultCipher: packet.CipherAES256, AEADConfig: &packet.AEADConfig{}}
	ks, e := generated(t, c)
	var m bytes.Buffer
	w, err := openpgp.Encrypt(&m, []*openpgp.Entity{e}, nil, []*openpgp.Entity{e}, nil, c)
	if err != nil {
		t.Fatal(err)
	}
	plain := text()
	w.Write(plain)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	o := Options{DecryptWith: Names{"us"}, RequireBy: Names{"us-public"}}
	got, err := decode(o, ks, m.Bytes())
	if err != nil || !bytes.Equal(got, plain) {
		t.Errorf("got %d bytes, error %v", len(got), err)
	}
	for n := 200; n < m.Len(); n += m.Len() / 20 {
		changed := bytes.Clone(m.Bytes())
		changed[n] ^= 4
		if _, err := decode(o, ks, changed); !integrity(err) {
			t.Errorf("changed at %d: error %v", n, err)
		}
		if _, err := decode(o, ks, m.Bytes()[:n]); !integrity(err) {
			t.Errorf("cut at %d: error %v", n, err)
		}
	}
}

// TestOneByte reads from something that hands out byte by byte.
func TestOneByte(t *testing.T) {
	ks, _ := generated(t, &packet.Config{})
	plain := []byte("id\n1\n")
	for _, o := range []Options{{EncryptTo: Names{"us"}, SignWith: "us"}, {EncryptTo: Names{"us"}, Armor: true, Compression: "zlib"}} {
		m := encode(t, o, ks, "x.pgp", plain)
		got, err := decodeFrom(Options{DecryptWith: Names{"us"}}, ks, oneByte{bytes.NewReader(m)})
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("got %q, error %v", got, err)
		}
	}
}

// oneByte hands out single bytes, and says with the last that it was.
type oneByte struct{ r *bytes.Reader }

func (o oneByte) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := o.r.Read(p[:1])
	if err == nil && o.r.Len() == 0 {
		err = io.EOF
	}
	return n, err
}

// FuzzReader: whatever comes is read or refused, in bounded time and memory, and what is
// read says something that our keys protect.
func FuzzReader(f *testing.F) {
	ks, _ := generated(f, &packet.Config{Time: func() time.Time { return time.Unix(1_700_000_000, 0) }})
	plain := []byte("id\n1\n")
	for _, o := range []Options{
		{EncryptTo: Names{"us"}}, {EncryptTo: Names{"us"}, Compression: "zip", SignWith: "us"}, {SignWith: "us"}, {EncryptTo: Names{"us"}, Armor: true},
	} {
		var out bytes.Buffer
		w, err := Codec().NewWriter(&o, &out, connector.CodecOptions{Keys: ks.find})
		if err != nil {
			f.Fatal(err)
		}
		w.Write(plain)
		if err := w.Close(); err != nil {
			f.Fatal(err)
		}
		f.Add(out.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, o := range []Options{{DecryptWith: Names{"us"}, RequireBy: Names{"us"}, MaxSize: 1 << 20}, {RequireBy: Names{"us"}, MaxSize: 1 << 20}} {
			if got, err := decode(o, ks, data); err == nil && !bytes.Equal(got, plain) {
				t.Errorf("a forged message was taken: %q", got)
			}
		}
	})
}
