package servers

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Authority is a certificate authority for one test.
type Authority struct {
	Dir  string // where its files are; others may enter it
	File string // its certificate, PEM: what tls_ca names

	t    testing.TB
	cert *x509.Certificate
	key  crypto.Signer
}

// Leaf is a certificate with its key, as files. The key's file is for its owner only.
type Leaf struct {
	Cert, Key string // PEM files
	X509      *x509.Certificate
}

// CA makes an authority.
func CA(t testing.TB) *Authority {
	t.Helper()
	a := &Authority{Dir: Dir(t), t: t, key: ecKey(t)}
	a.cert = &x509.Certificate{
		SerialNumber: serial(t), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(30 * 24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	a.cert, a.File = a.sign("ca", a.cert, a.cert, a.key.Public(), a.key)
	return a
}

// Localhost is for a server on this machine: localhost, 127.0.0.1 and ::1.
func (a *Authority) Localhost() Leaf { return a.Leaf("localhost", ecKey(a.t), a.server()) }

// LocalhostRSA is Localhost with a key of RSA, which old protocols and some servers need.
func (a *Authority) LocalhostRSA() Leaf { return a.Leaf("localhost-rsa", rsaKey(a.t), a.server()) }

// WrongHost is for a server elsewhere.
func (a *Authority) WrongHost() Leaf {
	c := a.server()
	c.Subject.CommonName, c.DNSNames, c.IPAddresses = "elsewhere.example", []string{"elsewhere.example"}, nil
	return a.Leaf("wrong-host", ecKey(a.t), c)
}

// Expired is Localhost until yesterday.
func (a *Authority) Expired() Leaf {
	c := a.server()
	c.NotBefore, c.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(-24*time.Hour)
	return a.Leaf("expired", ecKey(a.t), c)
}

// Client is for a client named so.
func (a *Authority) Client(name string) Leaf {
	c := a.server()
	c.Subject.CommonName, c.DNSNames, c.IPAddresses = name, nil, nil
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	return a.Leaf("client-"+name, ecKey(a.t), c)
}

// SelfSigned is for this machine, and nobody vouches for it.
func (a *Authority) SelfSigned() Leaf {
	key := ecKey(a.t)
	c := a.server()
	return a.leaf("self-signed", key, c, c, key)
}

// Leaf signs c as it is.
func (a *Authority) Leaf(name string, key crypto.Signer, c *x509.Certificate) Leaf {
	return a.leaf(name, key, c, a.cert, a.key)
}

func (a *Authority) leaf(name string, key crypto.Signer, c, parent *x509.Certificate, by crypto.Signer) Leaf {
	a.t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	l := Leaf{Key: filepath.Join(a.Dir, name+".key")}
	l.X509, l.Cert = a.sign(name, c, parent, key.Public(), by)
	if err := os.WriteFile(l.Key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
	return l
}

// server is what certificates of servers on this machine say.
func (a *Authority) server() *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: serial(a.t), Subject: pkix.Name{CommonName: "localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(20 * 24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
}

func (a *Authority) sign(name string, c, parent *x509.Certificate, public crypto.PublicKey, by crypto.Signer) (*x509.Certificate, string) {
	a.t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, c, parent, public, by)
	if err != nil {
		a.t.Fatal(err)
	}
	signed, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return signed, Write(a.t, a.Dir, name+".crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
}

// Pool is the authority as roots.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// KeyPEM is the leaf's key as text.
func (l Leaf) KeyPEM(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile(l.Key)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func ecKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func rsaKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func serial(t testing.TB) *big.Int {
	t.Helper()
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
