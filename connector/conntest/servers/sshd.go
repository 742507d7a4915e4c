package servers

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// SSHOptions say what is special about an sshd. The zero value is one with a host key of each
// good kind that lets in whoever runs the test, with a key.
type SSHOptions struct {
	HostKeys []crypto.Signer // nil = ed25519, ECDSA and RSA of 3072 bits
	Config   []string        // lines of sshd_config, before ours: the first one counts
	Account  *Account        // who may log in, also with its password; nil = who runs the test
}

// SSHD is an OpenSSH server.
type SSHD struct {
	*Process
	Address  string
	Host     string
	Port     int
	User     string
	Key      []byte   // private key that logs in, PEM
	HostKeys []string // SHA256:...
}

// OpenSSH starts an sshd.
func OpenSSH(t testing.TB, o SSHOptions) *SSHD {
	t.Helper()
	path := Find(t, "sshd")
	dir := Dir(t)
	s := &SSHD{Address: Address(t)}
	host, port, _ := net.SplitHostPort(s.Address)
	s.Host = host
	s.Port, _ = strconv.Atoi(port)
	if o.Account != nil {
		s.User = o.Account.Name
	} else if me, err := user.Current(); err == nil {
		s.User = me.Username
	} else {
		t.Fatal(err)
	}
	os.MkdirAll("/run/sshd", 0o755) // where it wants to be without rights; only root can, and only root needs it
	login := SSHKey(t, "ed25519")
	s.Key = PrivatePEM(t, login, "")
	config := append([]string{}, o.Config...)
	for i, key := range o.HostKeys {
		config = append(config, s.hostKey(t, dir, i, key))
	}
	if o.HostKeys == nil {
		for i, kind := range []string{"ed25519", "ecdsa", "rsa"} {
			config = append(config, s.hostKey(t, dir, i, SSHKey(t, kind)))
		}
	}
	config = append(config,
		"ListenAddress "+s.Address, "PidFile none", "StrictModes no", "UsePAM no", "UseDNS no", "PrintMotd no", "MaxStartups 100:30:200",
		"AuthorizedKeysFile "+Write(t, dir, "authorized", string(ssh.MarshalAuthorizedKey(public(t, login)))),
		"PermitRootLogin yes", "AllowUsers "+s.User, fmt.Sprintf("PasswordAuthentication %s", yes(o.Account != nil)), "KbdInteractiveAuthentication no",
		"Subsystem sftp internal-sftp")
	file := Write(t, dir, "sshd_config", strings.Join(config, "\n")+"\n")
	s.Process = Start(t, Options{Path: path, Args: []string{"-D", "-e", "-f", file}, Dir: dir, Address: s.Address})
	return s
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// hostKey writes a host key and is the line that names it.
func (s *SSHD) hostKey(t testing.TB, dir string, i int, key crypto.Signer) string {
	t.Helper()
	s.HostKeys = append(s.HostKeys, ssh.FingerprintSHA256(public(t, key)))
	file := filepath.Join(dir, fmt.Sprintf("host%d", i))
	if err := os.WriteFile(file, PrivatePEM(t, key, ""), 0o600); err != nil {
		t.Fatal(err)
	}
	return "HostKey " + file
}

// SSHKey makes a key: ed25519, ecdsa, rsa (3072 bits) or rsa2048.
func SSHKey(t testing.TB, kind string) crypto.Signer {
	t.Helper()
	var key crypto.Signer
	var err error
	switch kind {
	case "ed25519":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	case "ecdsa":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "rsa":
		key, err = rsa.GenerateKey(rand.Reader, 3072)
	case "rsa2048":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		t.Fatalf("no kind of key: %s", kind)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// PrivatePEM is a key in the format of OpenSSH, protected by the passphrase if there is one.
func PrivatePEM(t testing.TB, key crypto.Signer, passphrase string) []byte {
	t.Helper()
	var block *pem.Block
	var err error
	if passphrase == "" {
		block, err = ssh.MarshalPrivateKey(key, "")
	} else {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(block)
}

// Locked is the private key that logs in, protected by a passphrase.
func (s *SSHD) Locked(t testing.TB, passphrase string) []byte {
	t.Helper()
	raw, err := ssh.ParseRawPrivateKey(bytes.Clone(s.Key))
	if err != nil {
		t.Fatal(err)
	}
	return PrivatePEM(t, raw.(crypto.Signer), passphrase)
}

func public(t testing.TB, key crypto.Signer) ssh.PublicKey {
	t.Helper()
	p, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return p
}
