package netguard

import (
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/headgate/headgate/connector"
)

// hostKeyTypes are the kinds of host keys we accept, the best first, each with its algorithms.
// The type of a key of RSA is ssh-rsa, and the algorithm of that name signs with SHA-1: it
// is not among them.
var hostKeyTypes = []struct {
	key        string
	algorithms []string
}{
	{ssh.KeyAlgoED25519, []string{ssh.KeyAlgoED25519}},
	{ssh.KeyAlgoECDSA256, []string{ssh.KeyAlgoECDSA256}},
	{ssh.KeyAlgoECDSA384, []string{ssh.KeyAlgoECDSA384}},
	{ssh.KeyAlgoECDSA521, []string{ssh.KeyAlgoECDSA521}},
	{ssh.KeyAlgoRSA, []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}},
}

// SSH is the configuration for logging in as user where one of hostKeys is presented. A
// host key is written SHA256:..., optionally after its type ("ssh-ed25519 SHA256:..."): the types then
// limit what the server may present. Any other key ends the handshake before a
// credential is sent.
//
// A server with several keys presents one of them; DialSSH asks for the others too.
func (g *Guard) SSH(user string, hostKeys []string, auth ...ssh.AuthMethod) *ssh.ClientConfig {
	return &ssh.ClientConfig{
		Config:            sshAlgorithms(),
		User:              user,
		Auth:              auth,
		HostKeyAlgorithms: algorithmsOf(pinnedTypes(hostKeys)),
		HostKeyCallback: func(host string, _ net.Addr, key ssh.PublicKey) error {
			return g.checkHostKey(host, key, hostKeys)
		},
		Timeout: handshakeTimeout,
	}
}

// sshAlgorithms is what the library has without what is weak. It must be listed: the
// defaults offer SHA-1.
func sshAlgorithms() ssh.Config {
	s := ssh.SupportedAlgorithms()
	weak := func(name string) bool { return strings.HasSuffix(name, "sha1") }
	return ssh.Config{
		KeyExchanges: slices.DeleteFunc(s.KeyExchanges, weak),
		Ciphers:      s.Ciphers,
		MACs:         slices.DeleteFunc(s.MACs, weak),
	}
}

// pinnedTypes lists the key types that pins name; all when one of them names none.
func pinnedTypes(pins []string) []string {
	var all, named []string
	for _, t := range hostKeyTypes {
		all = append(all, t.key)
	}
	for _, p := range pins {
		fields := strings.Fields(p)
		if len(fields) != 2 {
			return all
		}
		named = append(named, fields[0])
	}
	if len(named) == 0 {
		return all
	}
	return slices.DeleteFunc(all, func(t string) bool { return !slices.Contains(named, t) })
}

func algorithmsOf(types []string) []string {
	var list []string
	for _, t := range hostKeyTypes {
		if slices.Contains(types, t.key) {
			list = append(list, t.algorithms...)
		}
	}
	if list == nil {
		// An empty list would mean the library's defaults.
		return []string{"none"}
	}
	return list
}

// CheckHostKey says what is wrong with a host key of a connection.
func CheckHostKey(pin string) error {
	fields := strings.Fields(pin)
	if len(fields) == 0 || len(fields) > 2 {
		return fmt.Errorf("host key %q: not a fingerprint as ssh-keygen -l prints it", pin)
	}
	sum, ok := strings.CutPrefix(fields[len(fields)-1], "SHA256:")
	if raw, err := base64.RawStdEncoding.DecodeString(sum); !ok || err != nil || len(raw) != 32 {
		return fmt.Errorf("host key %q: want SHA256: and 43 characters, as ssh-keygen -l prints it", pin)
	}
	if len(fields) == 2 && !slices.ContainsFunc(hostKeyTypes, func(t struct {
		key        string
		algorithms []string
	}) bool {
		return t.key == fields[0]
	}) {
		return fmt.Errorf("host key %q: unknown type %s", pin, fields[0])
	}
	return nil
}

// HostKeyError is a host key that the connection does not have.
type HostKeyError struct {
	Host      string
	Presented connector.HostKey
	Changed   bool // the connection has others; else it has none
	fix       string
}

func (e *HostKeyError) Error() string {
	what := "the connection has no host key of it yet"
	if e.Changed {
		what = "that is none of the connection's host keys: the server changed, or somebody else answers"
	}
	return fmt.Sprintf("%s presents the host key %s: %s. Nothing was sent. Compare it with what the server's owner says, then: %s", e.Host, e.Presented, what, e.fix)
}

func (g *Guard) checkHostKey(host string, key ssh.PublicKey, pins []string) error {
	shown := hostKeyOf(key)
	fits := slices.ContainsFunc(pins, func(p string) bool {
		fields := strings.Fields(p)
		return len(fields) > 0 && fields[len(fields)-1] == shown.Fingerprint && (len(fields) == 1 || fields[0] == shown.Type)
	})
	if !fits {
		fix := "headgate connection trust " + g.env.Connection
		return connector.Mark(&HostKeyError{Host: host, Presented: shown, Changed: len(pins) > 0, fix: fix}, connector.ErrRefused)
	}
	least := 3072
	if g.env.Network.RSA2048 {
		least = 2048
	}
	if shown.Type == ssh.KeyAlgoRSA && shown.Bits < least {
		return connector.Mark(fmt.Errorf("%s: its host key of RSA has %d bits, at least %d are wanted (the policy can allow 2048: network.rsa_2048)", host, shown.Bits, least), connector.ErrRefused)
	}
	return nil
}

// hostKeyOf describes a key.
func hostKeyOf(key ssh.PublicKey) connector.HostKey {
	h := connector.HostKey{Type: key.Type(), Fingerprint: ssh.FingerprintSHA256(key)}
	if c, ok := key.(ssh.CryptoPublicKey); ok {
		if r, ok := c.CryptoPublicKey().(*rsa.PublicKey); ok {
			h.Bits = r.N.BitLen()
		}
	}
	return h
}

// PublicKeys logs in with keys. Keys of RSA sign with SHA-2 only, whatever the server says
// it takes.
func PublicKeys(keys ...ssh.Signer) (ssh.AuthMethod, error) {
	list, err := SafeSigners(keys)
	if err != nil {
		return nil, err
	}
	return ssh.PublicKeys(list...), nil
}

// SafeSigners is keys as PublicKeys uses them, for those that come from an agent.
func SafeSigners(keys []ssh.Signer) ([]ssh.Signer, error) {
	list := make([]ssh.Signer, len(keys))
	for i, k := range keys {
		list[i] = k
		if k.PublicKey().Type() != ssh.KeyAlgoRSA {
			continue
		}
		a, ok := k.(ssh.AlgorithmSigner)
		if !ok {
			return nil, errors.New("a key of RSA that can only sign with SHA-1")
		}
		safe, err := ssh.NewSignerWithAlgorithms(a, []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256})
		if err != nil {
			return nil, fmt.Errorf("use the key of RSA: %w", err)
		}
		list[i] = safe
	}
	return list, nil
}
