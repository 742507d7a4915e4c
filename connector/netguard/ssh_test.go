package netguard_test

import (
	"bufio"
	"crypto"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest/servers"
	"github.com/headgate/headgate/connector/netguard"
)

// sshServer is a server with the given keys that counts who tries to log in.
func sshServer(t testing.TB, config *ssh.ServerConfig, keys ...crypto.Signer) (at string, logins *atomic.Int32, pins []string) {
	t.Helper()
	logins = &atomic.Int32{}
	config.PasswordCallback = func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) {
		logins.Add(1)
		return nil, nil
	}
	for _, k := range keys {
		s, err := ssh.NewSignerFromKey(k)
		if err != nil {
			t.Fatal(err)
		}
		config.AddHostKey(s)
		pins = append(pins, ssh.FingerprintSHA256(s.PublicKey()))
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if conn, _, reqs, err := ssh.NewServerConn(c, config); err == nil {
					go ssh.DiscardRequests(reqs)
					conn.Wait()
				}
			}()
		}
	}()
	return l.Addr().String(), logins, pins
}

// TestHostKeys shows that only a pinned key gets a login, also from a server with several. The
// rule's class is "binary".
func TestHostKeys(t *testing.T) {
	ed, ec, rsa := servers.SSHKey(t, "ed25519"), servers.SSHKey(t, "ecdsa"), servers.SSHKey(t, "rsa")
	weak := servers.SSHKey(t, "rsa2048")
	all, allLogins, pins := sshServer(t, &ssh.ServerConfig{}, ed, ec, rsa)
	small, smallLogins, weakPins := sshServer(t, &ssh.ServerConfig{}, weak)
	stranger := "SHA256:" + strings.Repeat("A", 43)
	for _, c := range []struct {
		name    string
		at      string
		logins  *atomic.Int32
		pins    []string
		network connector.NetworkPolicy
		want    string
		notices int
	}{
		{"the best key", all, allLogins, pins[:1], connector.NetworkPolicy{}, "", 0},
		{"the second", all, allLogins, pins[1:2], connector.NetworkPolicy{}, "", 0},
		{"RSA", all, allLogins, pins[2:], connector.NetworkPolicy{}, "", 0},
		{"RSA by type", all, allLogins, []string{"ssh-rsa " + pins[2]}, connector.NetworkPolicy{}, "", 0},
		{"one of several", all, allLogins, []string{stranger, pins[1]}, connector.NetworkPolicy{}, "", 0},
		{"none known", all, allLogins, nil, connector.NetworkPolicy{}, "no host key of it yet", 1},
		{"another", all, allLogins, []string{stranger}, connector.NetworkPolicy{}, "none of the connection's host keys", 1},
		{"another type's", all, allLogins, []string{"ssh-rsa " + pins[0]}, connector.NetworkPolicy{}, "none of the connection's host keys", 1},
		{"a type it has not", small, smallLogins, []string{"ssh-ed25519 " + weakPins[0]}, connector.NetworkPolicy{}, "none of the connection's host keys", 1},
		{"2048 bits", small, smallLogins, weakPins, connector.NetworkPolicy{}, "2048 bits", 0},
		{"2048 bits by policy", small, smallLogins, weakPins, connector.NetworkPolicy{RSA2048: true}, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.logins.Store(0)
			var told []connector.Notice
			g := netguard.New(connector.Env{Connection: "shop", Network: c.network, Notice: func(n connector.Notice) { told = append(told, n) }}, netguard.Plaintext{})
			client, err := g.DialSSH(t.Context(), c.at, "me", c.pins, ssh.Password("topsecret"))
			if len(told) != c.notices || c.notices > 0 && told[0].Kind != connector.HostKeyChanged {
				t.Errorf("told %v", told)
			}
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				client.Close()
				if n := c.logins.Load(); n != 1 {
					t.Errorf("%d logins", n)
				}
				return
			}
			wantMarked(t, err, connector.ErrRefused, c.at, c.want)
			if n := c.logins.Load(); n != 0 {
				t.Errorf("%d logins after a refusal", n)
			}
			var key *netguard.HostKeyError
			if errors.As(err, &key) && !strings.Contains(err.Error(), "headgate connection trust shop") {
				t.Errorf("%v does not say what to do", err)
			}
		})
	}
}

// TestSSHConfig uses the configuration without DialSSH, as a library that dials itself does.
func TestSSHConfig(t *testing.T) {
	at, logins, pins := sshServer(t, &ssh.ServerConfig{}, servers.SSHKey(t, "ed25519"))
	g := netguard.New(connector.Env{}, netguard.Plaintext{})
	c, err := ssh.Dial("tcp", at, g.SSH("me", pins, ssh.Password("x")))
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	logins.Store(0)
	_, err = ssh.Dial("tcp", at, g.SSH("me", []string{"SHA256:" + strings.Repeat("A", 43)}, ssh.Password("x")))
	wantMarked(t, err, connector.ErrRefused)
	if logins.Load() != 0 {
		t.Error("logged in")
	}
}

// TestWeakSSH meets servers that have nothing better than SHA-1 or CBC.
func TestWeakSSH(t *testing.T) {
	for name, config := range map[string]*ssh.ServerConfig{
		"key exchange": {Config: ssh.Config{KeyExchanges: []string{"diffie-hellman-group14-sha1"}}},
		"cipher":       {Config: ssh.Config{Ciphers: []string{"aes128-cbc"}}},
		"mac":          {Config: ssh.Config{Ciphers: []string{"aes128-ctr"}, MACs: []string{"hmac-sha1"}}},
	} {
		at, logins, pins := sshServer(t, config, servers.SSHKey(t, "ed25519"))
		_, err := netguard.New(connector.Env{}, netguard.Plaintext{}).DialSSH(t.Context(), at, "me", pins, ssh.Password("x"))
		wantMarked(t, err, connector.ErrRefused, "too weak")
		if logins.Load() != 0 {
			t.Errorf("%s: logged in", name)
		}
	}
}

// TestOfferedAlgorithms reads from the wire what we offer.
func TestOfferedAlgorithms(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	offered := make(chan []string, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		io.WriteString(c, "SSH-2.0-test\r\n")
		r := bufio.NewReader(c)
		r.ReadString('\n')
		var head [5]byte // length and padding
		io.ReadFull(r, head[:])
		body := make([]byte, binary.BigEndian.Uint32(head[:])-1)
		io.ReadFull(r, body)
		offered <- nameLists(body[17:]) // behind the message's number and the cookie
	}()
	netguard.New(connector.Env{}, netguard.Plaintext{}).DialSSH(t.Context(), l.Addr().String(), "me", nil)
	list := <-offered
	if len(list) < 10 || !slices.Contains(list, "mlkem768x25519-sha256") || !slices.Contains(list, "rsa-sha2-512") {
		t.Fatalf("offered %q", list)
	}
	for _, name := range list {
		for _, weak := range []string{"sha1", "ssh-rsa", "ssh-dss", "cbc", "arcfour", "3des", "md5", "-cert-"} {
			if strings.Contains(name, weak) {
				t.Errorf("offered %s", name)
			}
		}
	}
}

// nameLists is every name in the lists of a KEXINIT message.
func nameLists(b []byte) []string {
	var all []string
	for range 10 {
		n := binary.BigEndian.Uint32(b)
		all = append(all, strings.Split(string(b[4:4+n]), ",")...)
		b = b[4+n:]
	}
	return all
}

func TestCheckHostKey(t *testing.T) {
	sum := "SHA256:" + strings.Repeat("A", 43)
	for _, good := range []string{sum, "ssh-ed25519 " + sum, "ssh-rsa " + sum} {
		if err := netguard.CheckHostKey(good); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"", "SHA256:", sum + "=", "MD5:00:11", "ssh-dss " + sum, "ssh-ed25519 " + sum + " comment", "*"} {
		if netguard.CheckHostKey(bad) == nil {
			t.Errorf("%q passes", bad)
		}
		if _, err := netguard.New(connector.Env{}, netguard.Plaintext{}).DialSSH(t.Context(), "127.0.0.1:1", "me", []string{bad}); err == nil || errors.Is(err, connector.ErrUnreachable) {
			t.Errorf("dialled with %q: %v", bad, err)
		}
	}
}

// TestOpenSSH asks the real thing.
func TestOpenSSH(t *testing.T) {
	s := servers.OpenSSH(t, servers.SSHOptions{})
	g := netguard.New(connector.Env{Connection: "shop"}, netguard.Plaintext{})
	keys, err := g.HostKeys(t.Context(), s.Address)
	if err != nil {
		t.Fatal(err)
	}
	var prints []string
	for _, k := range keys {
		prints = append(prints, k.Fingerprint)
		if (k.Type == "ssh-rsa") != (k.Bits == 3072) {
			t.Errorf("%+v", k)
		}
	}
	if !slices.Equal(prints, s.HostKeys) {
		t.Errorf("host keys %q, want %q", prints, s.HostKeys)
	}
	if said := s.Output(); strings.Contains(said, "Accepted") || strings.Contains(said, "Failed") {
		t.Errorf("a login was tried:\n%s", said)
	}
	signer, err := ssh.ParsePrivateKey(s.Key)
	if err != nil {
		t.Fatal(err)
	}
	auth, err := netguard.PublicKeys(signer)
	if err != nil {
		t.Fatal(err)
	}
	for _, pin := range s.HostKeys {
		c, err := g.DialSSH(t.Context(), s.Address, s.User, []string{pin}, auth)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	other, err := ssh.NewSignerFromKey(servers.SSHKey(t, "rsa"))
	if err != nil {
		t.Fatal(err)
	}
	if auth, err = netguard.PublicKeys(other); err != nil {
		t.Fatal(err)
	}
	_, err = g.DialSSH(t.Context(), s.Address, s.User, s.HostKeys, auth)
	wantMarked(t, err, connector.ErrUnreachable, "does not accept our login")
}
