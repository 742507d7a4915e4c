package netguard

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/headgate/headgate/connector"
)

// TLSOptions is what a connection says about TLS. The zero value trusts the system's
// authorities.
type TLSOptions struct {
	CA         string           // file with the authorities to trust instead of the system's
	ClientCert string           // file with our certificate
	ClientKey  connector.Secret // its key, PEM
	Pins       []string         // "sha256/BASE64" of the public keys of which the chain must have one
	Min        string           // "1.3" where the server is known to speak it; "" = what the policy asks for
}

// TLS is the configuration for speaking to host. Certificates are verified, always; there
// is no option. Errors of the handshake go through Explain.
func (g *Guard) TLS(host string, o TLSOptions) (*tls.Config, error) {
	c := &tls.Config{ServerName: strings.TrimSuffix(host, "."), MinVersion: tls.VersionTLS12}
	if g.env.Network.TLSFloor == "1.3" || o.Min == "1.3" {
		c.MinVersion = tls.VersionTLS13
	}
	if err := g.trust(c, o); err != nil {
		return nil, err
	}
	g.ratchet(c, host)
	if o.ClientCert != "" {
		cert, err := g.clientCertificate(o)
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{cert}
	}
	return c, nil
}

// trust sets whom c believes.
func (g *Guard) trust(c *tls.Config, o TLSOptions) error {
	if o.CA != "" {
		data, err := os.ReadFile(g.path(o.CA))
		if err != nil {
			return fmt.Errorf("read tls_ca: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(data) {
			return fmt.Errorf("read tls_ca: %s holds no certificate in PEM", o.CA)
		}
	}
	if len(o.Pins) == 0 {
		return nil
	}
	for _, p := range o.Pins {
		if err := checkPin(p); err != nil {
			return err
		}
	}
	c.VerifyConnection = func(s tls.ConnectionState) error { return checkPins(s, o.Pins) }
	return nil
}

func (g *Guard) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(g.env.Project, name)
}

func (g *Guard) clientCertificate(o TLSOptions) (tls.Certificate, error) {
	if o.ClientKey.Empty() {
		return tls.Certificate{}, errors.New("client_cert without client_key: the key of the certificate is missing")
	}
	data, err := os.ReadFile(g.path(o.ClientCert))
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("read client_cert: %w", err)
	}
	cert, err := tls.X509KeyPair(data, o.ClientKey.Bytes())
	if err != nil {
		// The library's words may quote from the key file.
		return cert, fmt.Errorf("%s and client_key do not make a certificate with its key (both PEM, the key without a passphrase)", o.ClientCert)
	}
	return cert, nil
}

// checkPin says what is wrong with a pin.
func checkPin(pin string) error {
	sum, ok := strings.CutPrefix(pin, "sha256/")
	raw, err := base64.StdEncoding.DecodeString(sum)
	if !ok || err != nil || len(raw) != sha256.Size {
		return fmt.Errorf("pin %q: want sha256/ and 44 characters of base64", pin)
	}
	return nil
}

// Pin is the pin of a certificate.
func Pin(c *x509.Certificate) string {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return "sha256/" + base64.StdEncoding.EncodeToString(sum[:])
}

// checkPins wants one of pins in a verified chain.
func checkPins(s tls.ConnectionState, pins []string) error {
	for _, chain := range s.VerifiedChains {
		if slices.ContainsFunc(chain, func(c *x509.Certificate) bool { return slices.Contains(pins, Pin(c)) }) {
			return nil
		}
	}
	if len(s.PeerCertificates) == 0 {
		return refusef("no certificate was presented")
	}
	return refusef("the certificate's key is %s, which none of the connection's pins allows", Pin(s.PeerCertificates[0]))
}
