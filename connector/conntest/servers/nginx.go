package servers

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Nginx is an nginx.
type Nginx struct {
	*Process
	Dir string // its folder, which others may enter

	address string
}

// TLS is the lines of a server block for a certificate and the protocols allowed; "" = 1.2 and 1.3.
func (l Leaf) TLS(protocols string) string {
	if protocols == "" {
		protocols = "TLSv1.2 TLSv1.3"
	}
	lines := fmt.Sprintf("ssl_certificate %s; ssl_certificate_key %s; ssl_protocols %s;", l.Cert, l.Key, protocols)
	if !strings.Contains(protocols, "1.2") && !strings.Contains(protocols, "1.3") {
		lines += ` ssl_ciphers "ALL:@SECLEVEL=0";`
	}
	return lines
}

// StartNginx starts an nginx with server blocks, "server {...}" each, and other lines of
// its http block. It is ready when it answers at address. dir is a folder of Dir.
func StartNginx(t testing.TB, dir, address string, lines ...string) *Nginx {
	t.Helper()
	path := Find(t, "nginx")
	var conf strings.Builder
	if os.Geteuid() == 0 {
		conf.WriteString("user root;\n") // else its workers could not write to dir
	}
	fmt.Fprintf(&conf, "daemon off;\nworker_processes 1;\npid %s;\nerror_log stderr notice;\nevents { worker_connections 256; }\nhttp {\naccess_log %s;\n",
		filepath.Join(dir, "nginx.pid"), filepath.Join(dir, "access.log"))
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&conf, "%s_temp_path %s;\n", kind, filepath.Join(dir, "tmp-"+kind))
	}
	conf.WriteString(strings.Join(lines, "\n") + "\n}\n")
	file := Write(t, dir, "nginx.conf", conf.String())
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return &Nginx{Dir: dir, address: address, Process: Start(t, Options{Path: path, Args: []string{"-c", file, "-e", "stderr", "-p", dir}, Dir: dir, Address: net.JoinHostPort(host, port)})}
}

// marker is in a request of ours.
const marker = "/-log-marker"

// Log is the access log, with every request that was answered before the call.
func (n *Nginx) Log(t testing.TB) string {
	t.Helper()
	// A line is written just after the answer. There is one worker, which does one thing
	// after the other: when it answers this, the lines before are there.
	c, err := net.Dial("tcp", n.address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err = io.WriteString(c, "GET "+marker+" HTTP/1.0\r\n\r\n"); err == nil {
		_, err = io.ReadAll(c)
	}
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(n.Dir, "access.log"))
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for line := range strings.Lines(string(data)) {
		if !strings.Contains(line, marker) {
			lines.WriteString(line)
		}
	}
	return lines.String()
}
