package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector/conntest/servers"
)

// depots are the servers that the transport jobs move files to and from, and headgate's project
// with connections to them.
type depots struct {
	stage
	dir string // headgate's project

	ssh   *servers.SSHD
	files string // the folder that sshd serves
	ftp   *servers.FTP
	ftpCA string
	s3    *servers.S3
	s3CA  string
	gpg   string // GnuPG's home
}

// transports is the project's folder, relative to that of the other jobs.
const transports = "transports"

// end is one end of a flow that moves a file: a connection, "" for the project's folder, a file, and
// its layers.
type end struct{ connection, file, layers string }

// local is the connection to the other jobs' project.
const local = "local"

// moved writes a flow and is how it is run.
func (d *depots) moved(name string, from, to end) []string {
	in := func(e end) string {
		if e.connection == "" {
			return ""
		}
		return "connection: " + e.connection + ", "
	}
	text := fmt.Sprintf("version: 1\nflow: %s\nsource: {%sfiles: %s, decode: [%s]}\nsink: {%sfile: %s, encode: [%s]}\n", name, in(from), from.file, from.layers, in(to), to.file, to.layers)
	os.WriteFile(filepath.Join(d.dir, "flows", name+".yaml"), []byte(text), 0o644)
	return []string{"-C", transports, "--store", transports + "/store.db", "--key-file", transports + "/owner.key", "run", name, "--quiet"}
}

// startDepots starts the servers and founds the project, once.
func startDepots(b *bench, _ string) error {
	d := &b.depots
	if d.dir != "" {
		return nil
	}
	dir := filepath.Join(b.project, transports)
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for _, sub := range []string{"depot", "out", "flows", "keys"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return err
		}
	}
	d.dir, d.files = dir, filepath.Join(dir, "depot")
	err := d.do(d.serve)
	if err == nil {
		err = d.makeKeys()
	}
	if err == nil {
		err = d.found(b)
	}
	return err
}

func (d *depots) serve(t testing.TB) {
	d.ssh = servers.OpenSSH(t, servers.SSHOptions{})
	ca := servers.CA(t)
	d.ftpCA = ca.File
	d.ftp = servers.ProFTPD(t, servers.FTPOptions{Leaf: ca.LocalhostRSA()})
	d.s3CA = ca.File
	d.s3 = servers.VersityGW(t, ca.Localhost(), "depot")
}

// makeKeys makes our key pair and the partner's.
func (d *depots) makeKeys() error {
	home, err := os.MkdirTemp("", "hg") // the agent's socket lies there, and its path must be short
	if err != nil {
		return err
	}
	d.gpg = home
	d.Cleanup(func() {
		exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run()
		os.RemoveAll(home)
	})
	for _, name := range []string{"us", "partner"} {
		if err := d.gnupg("--quick-gen-key", name, "ed25519", "sign", "never"); err != nil {
			return err
		}
		print, err := exec.Command("gpg", "--homedir", home, "--batch", "--with-colons", "--list-keys", name).Output()
		if err != nil {
			return err
		}
		_, after, _ := strings.Cut(string(print), "\nfpr:")
		fingerprint := strings.Trim(strings.SplitN(after, "\n", 2)[0], ":")
		if err := d.gnupg("--quick-add-key", fingerprint, "cv25519", "encr", "never"); err != nil {
			return err
		}
		if err := errors.Join(d.gnupg("--armor", "--output", filepath.Join(d.dir, "keys", name+".asc"), "--export", name),
			d.gnupg("--armor", "--output", filepath.Join(d.dir, "keys", name+".key"), "--export-secret-keys", name)); err != nil {
			return err
		}
	}
	return nil
}

// gnupgArgs are those of every gpg.
func (d *depots) gnupgArgs(args ...string) []string {
	return append([]string{"--homedir", d.gpg, "--batch", "--no-tty", "--yes", "--quiet", "--trust-model", "always", "--pinentry-mode", "loopback", "--passphrase", ""}, args...)
}

func (d *depots) gnupg(args ...string) error {
	if out, err := exec.Command("gpg", d.gnupgArgs(args...)...).CombinedOutput(); err != nil {
		return fmt.Errorf("gpg: %w: %s", err, out)
	}
	return nil
}

// found makes the project: a store with the secrets, connections and flows.
func (d *depots) found(b *bench) error {
	text := fmt.Sprintf(`version: 1
connections:
  local: {type: file, path: ..}
  ssh: {type: sftp, host: 127.0.0.1, port: %d, user: %s, path: %s, host_keys: ["%s"], private_key: "secret:ssh"}
  ftp: {type: ftp, host: 127.0.0.1, port: %d, user: %s, path: %s, tls_ca: %s, password: "secret:ftp"}
  s3: {type: s3, endpoint: "https://%s", bucket: depot, access_key: %s, tls_ca: %s, secret_key: "secret:s3"}
keys:
  us: {pgp_private: "secret:us"}
  partner: {pgp_public: keys/partner.asc}
`, d.ssh.Port, d.ssh.User, d.files, d.ssh.HostKeys[0], d.ftp.Port, d.ftp.User, d.ftp.Path, d.ftpCA, d.s3.Address, d.s3.AccessKey, d.s3CA)
	if err := os.WriteFile(filepath.Join(d.dir, "connections.yaml"), []byte(text), 0o644); err != nil {
		return err
	}
	us, err := os.ReadFile(filepath.Join(d.dir, "keys", "us.key"))
	if err != nil {
		return err
	}
	err = d.tell(b, "", "init", "--email", "bench@example.com", "--key-out", "owner.key", "--no-keyring")
	for _, s := range [][3]string{{"ssh", "--connection", string(d.ssh.Key)}, {"ftp", "--connection", d.ftp.Password}, {"s3", "--connection", d.s3.SecretKey}, {"us", "--key", string(us)}} {
		if err == nil {
			err = d.tell(b, s[2], "--key-file", "owner.key", "secret", "set", s[0], s[1], s[0], "--stdin")
		}
	}
	return err
}

// tell runs headgate in the project.
func (d *depots) tell(b *bench, input string, args ...string) error {
	c := exec.Command(b.headgate, append([]string{"--store", "store.db"}, args...)...)
	c.Dir, c.Stdin = d.dir, strings.NewReader(input)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("headgate %s: %w: %s", args[0], err, out)
	}
	return nil
}

// noise returns a file of that many bytes that cannot be packed, relative to the project, made when
// it is not there.
func (b *bench) noise(size string) (string, error) {
	n, err := bytesOf(size)
	if err != nil {
		return "", err
	}
	name := filepath.Join("data", "noise-"+size)
	path := filepath.Join(b.project, name)
	if _, err := os.Stat(path); err == nil {
		return name, nil
	}
	fmt.Println("making", path)
	f, err := os.Create(path + ".part")
	if err != nil {
		return "", err
	}
	defer f.Close()
	var seed [32]byte
	rand.Read(seed[:])
	if _, err := io.CopyN(f, mathrand.NewChaCha8(seed), n); err != nil {
		return "", err
	}
	return name, errors.Join(f.Close(), os.Rename(path+".part", path))
}

// bytesOf reads a size: 256m, 1g.
func bytesOf(size string) (int64, error) {
	digits, shift := size, 0
	switch {
	case strings.HasSuffix(size, "m"):
		digits, shift = strings.TrimSuffix(size, "m"), 20
	case strings.HasSuffix(size, "g"):
		digits, shift = strings.TrimSuffix(size, "g"), 30
	}
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("size %q: not a number of bytes such as 256m or 1g", size)
	}
	return n << shift, nil
}

// sameFile is the digest of what was moved.
func sameFile(b *bench, output string) (string, error) {
	f, err := os.Open(filepath.Join(b.project, filepath.FromSlash(output)))
	if err != nil {
		return "", err
	}
	defer f.Close()
	return digest(f)
}

func digest(r io.Reader) (string, error) {
	h := sha256.New()
	n, err := io.Copy(h, r)
	return fmt.Sprintf("bytes=%d sha256=%s", n, hex.EncodeToString(h.Sum(nil)[:8])), err
}

// sameMessage is the digest of what GnuPG finds in a message.
func sameMessage(b *bench, output string) (string, error) {
	c := exec.Command("gpg", b.depots.gnupgArgs("--decrypt", output)...)
	c.Dir = b.project
	out, err := c.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := c.Start(); err != nil {
		return "", err
	}
	sum, err := digest(out)
	return sum, errors.Join(err, c.Wait())
}
