package servers

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// VSFTPD starts a vsftpd, which takes root and a real user with a password. It needs a leaf
// of RSA.
func VSFTPD(t testing.TB, o FTPOptions) *FTP {
	t.Helper()
	path := Find(t, "vsftpd")
	a := NewAccount(t)
	f := newFTP(t)
	f.User, f.Password, f.Home, f.Path = a.Name, a.Password, a.Home, "/"
	dir := Dir(t)
	low, high := f.passive(o)
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	// PAM reads its rules from one folder only.
	rules := pamRules(a.Name)
	if err := os.WriteFile(rules, []byte("auth required pam_unix.so\naccount required pam_unix.so\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(rules) })
	config := []string{
		"listen=YES", "listen_address=127.0.0.1", fmt.Sprintf("listen_port=%d", f.Port), "background=NO", "anonymous_enable=NO",
		"local_enable=YES", "write_enable=YES", "local_umask=022", "chroot_local_user=YES", "allow_writeable_chroot=YES", "pam_service_name=" + filepath.Base(rules),
		"secure_chroot_dir=" + empty, "seccomp_sandbox=NO", "isolate_network=NO", "xferlog_enable=NO", "check_shell=NO",
		fmt.Sprintf("pasv_min_port=%d", low), fmt.Sprintf("pasv_max_port=%d", high), "utf8_filesystem=YES",
	}
	if o.Leaf.Cert != "" {
		config = append(config, "ssl_enable=YES", "rsa_cert_file="+o.Leaf.Cert, "rsa_private_key_file="+o.Leaf.Key,
			"force_local_logins_ssl=YES", "force_local_data_ssl=YES", "ssl_ciphers=HIGH",
			"require_ssl_reuse="+upper(!o.NoReuse), "implicit_ssl="+upper(o.Implicit))
	}
	file := Write(t, dir, "vsftpd.conf", strings.Join(append(config, o.Config...), "\n")+"\n")
	f.Process = Start(t, Options{Path: path, Args: []string{file}, Dir: dir, Address: f.Address})
	return f
}

func upper(b bool) string { return strings.ToUpper(yes(b)) }
