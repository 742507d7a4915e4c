package servers

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// FTPOptions say what is special about an FTP server. The zero value speaks explicit TLS,
// 1.2 and 1.3, and insists on it and on data connections that resume its session.
type FTPOptions struct {
	Leaf     Leaf     // its certificate; the zero Leaf = no TLS at all
	Implicit bool     // TLS from the first byte
	NoReuse  bool     // data connections need not resume
	Ports    int      // how many ports there are for data connections; 0 = enough
	TLS      string   // the one version of TLS it speaks, 1.2 or 1.3; "" = both
	Config   []string // lines of its configuration, after ours
}

// FTP is an FTP server.
type FTP struct {
	*Process       `json:"-"`
	Address        string
	Host           string
	Port           int
	User, Password string
	Home           string // where it puts one at login, as seen from outside
	Path           string // the same, as the server calls it
	Ports          []int  // for data connections
}

func newFTP(t testing.TB) *FTP {
	f := &FTP{Host: "127.0.0.1", Port: Port(t)}
	f.Address = f.Host + ":" + strconv.Itoa(f.Port)
	return f
}

// passive are the first and the last port for data connections. They hang on a free one, so that
// no other server of this machine is likely to use them.
func (f *FTP) passive(o FTPOptions) (from, to int) {
	const room = 25
	from = 20000 + f.Port%400*room
	n := min(o.Ports, room)
	if n <= 0 {
		n = room
	}
	for i := range n {
		f.Ports = append(f.Ports, from+i)
	}
	return from, from + n - 1
}

// ProFTPD starts a proftpd as whoever runs the test. Its packages conflict with vsftpd's: it
// lies unpacked in the user's cache folder, where .ci/setup puts it, or is installed.
func ProFTPD(t testing.TB, o FTPOptions) *FTP {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(cache, "headgate-test", "proftpd")
	path, modules := filepath.Join(root, "usr/sbin/proftpd"), filepath.Join(root, "usr/lib/proftpd")
	if _, err := os.Stat(path); err != nil {
		path, modules = Find(t, "proftpd"), "/usr/lib/proftpd"
	}
	f := newFTP(t)
	dir := Dir(t)
	f.User, f.Password, f.Home = "tester", "pass word-für-tests", filepath.Join(dir, "home")
	if err := os.Mkdir(f.Home, 0o755); err != nil {
		t.Fatal(err)
	}
	f.Path = f.Home
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	group, err := user.LookupGroupId(me.Gid)
	if err != nil {
		t.Fatal(err)
	}
	users := Write(t, dir, "users", fmt.Sprintf("%s:%s:%s:%s::%s:/bin/sh\n", f.User, cryptPassword(t, f.Password), me.Uid, me.Gid, f.Home))
	if err := os.Chmod(users, 0o600); err != nil {
		t.Fatal(err)
	}
	low, high := f.passive(o)
	config := []string{
		"ModulePath " + modules, "LoadModule mod_tls.c", "ServerType standalone", "ServerIdent off", "DefaultAddress 127.0.0.1", "SocketBindTight on", "UseReverseDNS off", "UseIPv6 off",
		fmt.Sprintf("Port %d", f.Port), "User " + me.Username, "Group " + group.Name, "RootLogin on", "Umask 022",
		"ScoreboardFile " + dir + "/scoreboard", "PidFile " + dir + "/pid", "SystemLog " + dir + "/log", "TransferLog none", "DelayEngine off", "WtmpLog off",
		"AuthOrder mod_auth_file.c", "AuthUserFile " + users, "RequireValidShell off", fmt.Sprintf("PassivePorts %d %d", low, high),
		"AllowOverwrite on", "AllowStoreRestart on", "AllowRetrieveRestart on", "TimeoutLinger 5",
	}
	if o.Leaf.Cert != "" {
		config = append(config, proftpdTLS(o, dir)...)
	}
	file := Write(t, dir, "proftpd.conf", strings.Join(append(config, o.Config...), "\n")+"\n")
	f.Process = Start(t, Options{Path: path, Args: []string{"-n", "-q", "-c", file}, Dir: dir, Address: f.Address})
	return f
}

func proftpdTLS(o FTPOptions, dir string) []string {
	versions := "TLSv1.2 TLSv1.3"
	if o.TLS != "" {
		versions = "TLSv" + o.TLS
	}
	kind := "TLSECCertificate"
	if strings.Contains(o.Leaf.Cert, "rsa") {
		kind = "TLSRSACertificate"
	}
	var options string
	if o.Implicit {
		options += " UseImplicitSSL"
	}
	if o.NoReuse {
		options += " NoSessionReuseRequired"
	}
	lines := []string{"TLSEngine on", "TLSLog " + dir + "/tls.log", "TLSProtocol " + versions, "TLSRequired on", "TLSRenegotiate none",
		kind + "File " + o.Leaf.Cert, kind + "KeyFile " + o.Leaf.Key}
	if options != "" {
		lines = append(lines, "TLSOptions"+options)
	}
	return lines
}

// cryptPassword is a password as AuthUserFile has it.
func cryptPassword(t testing.TB, password string) string {
	t.Helper()
	cmd := exec.Command(Find(t, "openssl"), "passwd", "-6", "-stdin")
	cmd.Stdin = strings.NewReader(password + "\n")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
