package sftp_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	wire "github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/servers"
	"github.com/headgate/headgate/connector/sftp"
)

// serve is a server of our own, for what no honest one does. It asks for the password
// interactively.
func serve(t *testing.T, session func(io.ReadWriteCloser)) (connector.Env, sftp.Config) {
	t.Helper()
	host, err := ssh.NewSignerFromSigner(servers.SSHKey(t, "ed25519"))
	if err != nil {
		t.Fatal(err)
	}
	cfg := &ssh.ServerConfig{KeyboardInteractiveCallback: func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
		got, err := ask("", "", []string{"Password: "}, []bool{false})
		if err != nil || len(got) != 1 || got[0] != "pass" {
			return nil, errors.New("no")
		}
		return nil, nil
	}}
	cfg.AddHostKey(host)
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
			go accept(c, cfg, session)
		}
	}()
	name, port := hostPort(t, l.Addr().String())
	return connector.Env{Connection: "drop", Secrets: vault{"secret:p": "pass"}.get}, sftp.Config{
		Host: name, Port: port, User: "u", Password: "secret:p", Timeout: 5 * time.Second, HostKeys: []string{ssh.FingerprintSHA256(host.PublicKey())},
	}
}

func accept(c net.Conn, cfg *ssh.ServerConfig, session func(io.ReadWriteCloser)) {
	defer c.Close()
	_, channels, requests, err := ssh.NewServerConn(c, cfg)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for nc := range channels {
		ch, in, err := nc.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range in {
				r.Reply(r.Type == "subsystem", nil)
			}
		}()
		go func() {
			defer ch.Close()
			session(ch)
		}()
	}
}

// liar lists whatever it is told to, and is otherwise a server in memory.
type liar struct {
	wire.Handlers
	names func(at int64) []string
	size  int64
}

func (l *liar) Filelist(r *wire.Request) (wire.ListerAt, error) {
	if r.Method == "List" {
		return l, nil
	}
	if l.names != nil {
		return one{info{"dir", 0, fs.ModeDir}}, nil
	}
	return one{info{"f", l.size, 0}}, nil
}

func (l *liar) ListAt(to []os.FileInfo, at int64) (int, error) {
	names := l.names(at)
	n := 0
	for n < len(to) && n < len(names) {
		to[n] = info{names[n], 1, 0}
		n++
	}
	if n < len(to) {
		return n, io.EOF
	}
	return n, nil
}

func (l *liar) Fileread(*wire.Request) (io.ReaderAt, error) { return strings.NewReader("short"), nil }

type one struct{ os.FileInfo }

func (o one) ListAt(to []os.FileInfo, at int64) (int, error) {
	if at > 0 || len(to) == 0 {
		return 0, io.EOF
	}
	to[0] = o.FileInfo
	return 1, io.EOF
}

type info struct {
	name string
	size int64
	mode fs.FileMode
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) Mode() fs.FileMode  { return i.mode | 0o644 }
func (i info) ModTime() time.Time { return time.Unix(1, 0) }
func (i info) IsDir() bool        { return i.mode.IsDir() }
func (i info) Sys() any           { return nil }

func (l *liar) open(t *testing.T) *sftp.Store {
	t.Helper()
	env, cfg := serve(t, func(c io.ReadWriteCloser) {
		h := wire.Handlers{FileGet: l, FilePut: wire.InMemHandler().FilePut, FileCmd: wire.InMemHandler().FileCmd, FileList: l}
		wire.NewRequestServer(c, h).Serve()
	})
	s := sftp.Open(env, cfg)
	t.Cleanup(func() { s.Close() })
	return s
}

// once lists names and then no more.
func once(names ...string) func(int64) []string {
	return func(at int64) []string { return names[min(at, int64(len(names))):] }
}

func TestHostileNames(t *testing.T) {
	for _, name := range []string{"x/..", "bad\x1b[31m.csv", "new\nline.csv", "\x00.csv", "latin\xfc1.csv", "c1\u0085.csv"} {
		s := (&liar{names: once("good.csv", name)}).open(t)
		objects, err := s.List(t.Context(), "*")
		if err == nil || !strings.Contains(err.Error(), "refused") || strings.ContainsFunc(err.Error(), unicode.IsControl) || !utf8.ValidString(err.Error()) {
			t.Errorf("%q: %v, %v", name, objects, err)
		}
	}
	// The library takes the folders off, so that such a name is one in this folder.
	s := (&liar{names: once("../../etc/passwd")}).open(t)
	if objects, err := s.List(t.Context(), "*"); err == nil && (len(objects) != 1 || objects[0].Name != "passwd") {
		t.Errorf("%v", objects)
	}
}

func TestEndlessListing(t *testing.T) {
	s := (&liar{names: func(at int64) []string {
		names := make([]string, 100)
		for i := range names {
			names[i] = fmt.Sprintf("file-%d.csv", at+int64(i))
		}
		return names
	}}).open(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := s.List(t.Context(), "*")
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "refused") || connector.IsTransient(err) {
		t.Error(err)
	}
	if heap := int64(after.HeapSys) - int64(before.HeapSys); heap > 400<<20 { // the server's half is in it
		t.Errorf("%d MB of memory", heap>>20)
	}
}

// TestSizeThatLies reads a file that ends before its size.
func TestSizeThatLies(t *testing.T) {
	s := (&liar{size: 1 << 40}).open(t)
	if got, err := conntest.Get(t.Context(), s, "f", 0); err == nil || !strings.Contains(err.Error(), "ends it at byte 5") {
		t.Errorf("%q, %v", got, err)
	}
}

// TestWithoutReplace is a server that cannot replace a file in one step.
func TestWithoutReplace(t *testing.T) {
	if err := wire.SetSFTPExtensions(); err != nil {
		t.Fatal(err)
	}
	defer wire.SetSFTPExtensions("hardlink@openssh.com", "posix-rename@openssh.com", "statvfs@openssh.com")
	memory := wire.InMemHandler()
	env, cfg := serve(t, func(c io.ReadWriteCloser) { wire.NewRequestServer(c, memory).Serve() })
	s := sftp.Open(env, cfg)
	defer s.Close()
	for _, content := range []string{"old", "new", "newer"} {
		if err := conntest.Put(t.Context(), s, "a", strings.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := conntest.Get(t.Context(), s, "a", 0); string(got) != content || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	all, err := s.List(t.Context(), "{*,.*}")
	if err != nil || len(all) != 1 {
		t.Errorf("left: %v, %v", all, err)
	}
	p, err := sftp.Type().Test(t.Context(), env, &cfg)
	if err != nil || len(p.Notes) != 2 || !strings.Contains(p.Notes[0], "in one step") {
		t.Errorf("%+v, %v", p, err)
	}
}

// TestOtherServer runs the suite against a server without OpenSSH's extensions and
// limits: small requests.
func TestOtherServer(t *testing.T) {
	env, cfg := serve(t, func(c io.ReadWriteCloser) {
		if s, err := wire.NewServer(c); err == nil {
			s.Serve()
		}
	})
	dir := t.TempDir()
	cfg.Path = dir
	s := sftp.Open(env, cfg)
	defer s.Close()
	data := strings.Repeat("0123456789", 1<<18)
	if err := conntest.Put(t.Context(), s, "a/b/c", strings.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	if got, err := conntest.Get(t.Context(), s, "a/b/c", 5); string(got) != data[5:] || err != nil {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	r, err := s.Open(t.Context(), "a/b/c", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	buf := make([]byte, 1<<20)
	for _, off := range []int64{0, 77, 1 << 20, int64(len(data)) - 10} {
		n, err := r.(io.ReaderAt).ReadAt(buf, off)
		want := data[off:min(len(data), int(off)+len(buf))]
		if string(buf[:n]) != want || (err != nil) != (n < len(buf)) || err != nil && err != io.EOF {
			t.Errorf("at %d: %d bytes, %v", off, n, err)
		}
	}
}

func TestCloseWhileReading(t *testing.T) {
	conntest.NoLeak(t)
	d := servers.OpenSSH(t, servers.SSHOptions{})
	env, cfg := login(d, t.TempDir())
	s := sftp.Open(env, cfg)
	if err := conntest.Put(t.Context(), s, "a", strings.NewReader(strings.Repeat("x", 8<<20))); err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(t.Context(), "a", 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, make([]byte, 2<<20)); err != nil {
		t.Error(err)
	}
	if err := errors.Join(r.Close(), r.Close()); err != nil {
		t.Error(err)
	}
	if _, err := r.Read(make([]byte, 3<<20)); err == nil {
		for err == nil {
			_, err = r.Read(make([]byte, 3<<20))
		}
		if err == io.EOF {
			t.Error("the end of a closed file")
		}
	}
	s.Close()
	d.Stop()
}
