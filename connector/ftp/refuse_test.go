package ftp_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/servers"
	"github.com/headgate/headgate/connector/ftp"
	"github.com/headgate/headgate/connector/netguard"
)

// try lists the root of a store once.
func try(t *testing.T, env connector.Env, cfg ftp.Config) error {
	t.Helper()
	s := ftp.Open(env, cfg)
	defer s.Close()
	_, err := s.List(t.Context(), "*")
	return err
}

func TestCertificates(t *testing.T) {
	ca := servers.CA(t)
	good := ca.Localhost()
	for name, leaf := range map[string]servers.Leaf{"self-signed": ca.SelfSigned(), "expired": ca.Expired(), "wrong host": ca.WrongHost(), "pin": good, "floor": good} {
		for _, implicit := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/implicit=%v", name, implicit), func(t *testing.T) {
				o := servers.FTPOptions{Leaf: leaf, Implicit: implicit}
				if name == "floor" {
					o.TLS, o.Config = "1.2", []string{"TLSSessionTickets on"}
				}
				f := servers.ProFTPD(t, o)
				env, cfg := login(f, ca, o)
				switch name {
				case "pin":
					cfg.Pins = []string{netguard.Pin(ca.Expired().X509)}
				case "floor":
					env.Network.TLSFloor = "1.3"
				}
				if err := try(t, env, cfg); !errors.Is(err, connector.ErrRefused) {
					t.Error(err)
				}
				cfg.Pins = []string{netguard.Pin(leaf.X509)}
				env.Network.TLSFloor = ""
				if err := try(t, env, cfg); (err == nil) != (name == "pin" || name == "floor") {
					t.Errorf("the right pin: %v", err)
				}
			})
		}
	}
}

func TestLogin(t *testing.T) {
	ca := servers.CA(t)
	o := servers.FTPOptions{Leaf: ca.Localhost()}
	f := servers.ProFTPD(t, o)
	env, cfg := login(f, ca, o)
	env.Secrets = vault{"secret:p": "wrong"}.get
	err := try(t, env, cfg)
	if !errors.Is(err, connector.ErrUnreachable) || connector.IsTransient(err) || strings.Contains(err.Error(), "wrong") {
		t.Errorf("wrong password: %v", err)
	}
	env, cfg = login(f, ca, o)
	cfg.TLS = "implicit"
	cfg.Timeout = time.Second
	if err := try(t, env, cfg); !errors.Is(err, connector.ErrRefused) && !errors.Is(err, connector.ErrUnreachable) {
		t.Errorf("implicit where it is explicit: %v", err)
	}
}

func TestClientCertificate(t *testing.T) {
	ca := servers.CA(t)
	client := ca.Client("etl")
	o := servers.FTPOptions{Leaf: ca.Localhost(), Config: []string{"TLSVerifyClient on", "TLSCACertificateFile " + ca.File}}
	f := servers.ProFTPD(t, o)
	env, cfg := login(f, ca, o)
	if err := try(t, env, cfg); err == nil {
		t.Error("let in without a certificate")
	}
	env.Secrets = vault{"secret:p": f.Password, "secret:k": string(client.KeyPEM(t))}.get
	cfg.ClientCert, cfg.ClientKey = client.Cert, "secret:k"
	if err := try(t, env, cfg); err != nil {
		t.Error(err)
	}
}

// TestPlaintext speaks in clear only when everything says so.
func TestPlaintext(t *testing.T) {
	f := servers.ProFTPD(t, servers.FTPOptions{})
	var told []connector.Notice
	env, cfg := login(f, &servers.Authority{}, servers.FTPOptions{})
	env.Notice = func(n connector.Notice) { told = append(told, n) }
	if err := try(t, env, cfg); !errors.Is(err, connector.ErrRefused) || !strings.Contains(err.Error(), "no TLS") {
		t.Errorf("a server without TLS: %v", err)
	}
	cfg.TLS = "off"
	tomorrow := time.Now().AddDate(0, 0, 1).Format(time.DateOnly)
	for _, c := range []struct {
		plain  *netguard.Plaintext
		policy []string
		ok     bool
	}{
		{nil, []string{"localhost"}, false},
		{&netguard.Plaintext{Reason: "old", Until: tomorrow, Credentials: true}, nil, false},
		{&netguard.Plaintext{Reason: "old", Until: tomorrow}, []string{"localhost"}, false},
		{&netguard.Plaintext{Reason: "old", Until: "2020-01-01", Credentials: true}, []string{"localhost"}, false},
		{&netguard.Plaintext{Reason: "old", Until: tomorrow, Credentials: true}, []string{"localhost"}, true},
	} {
		cfg.Plaintext, env.Network.Plaintext = c.plain, c.policy
		err := try(t, env, cfg)
		if c.ok != (err == nil) || !c.ok && !errors.Is(err, connector.ErrRefused) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if len(told) == 0 || told[len(told)-1].Kind != connector.PlaintextUsed {
		t.Errorf("told the audit log %v", told)
	}
	s := ftp.Open(env, cfg)
	defer s.Close()
	data := strings.Repeat("clear", 1<<18)
	if err := conntest.Put(t.Context(), s, "a", strings.NewReader(data)); err != nil {
		t.Error(err)
	}
	if got, err := conntest.Get(t.Context(), s, "a", 5); string(got) != data[5:] || err != nil {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// fake is a server of our own, for what no honest one does. It speaks in clear.
type fake struct {
	t       *testing.T
	answers map[string]string // by command; others get a good answer
	listing func(net.Conn)    // what MLSD sends

	mu   sync.Mutex
	said []string
	data net.Listener
}

func (f *fake) start() (connector.Env, ftp.Config) {
	f.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		f.data, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { l.Close(); f.data.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go f.serve(c)
		}
	}()
	cfg := ftp.Config{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, User: "u", Password: "secret:p", TLS: "off", Timeout: 5 * time.Second,
		Plaintext: &netguard.Plaintext{Reason: "test", Until: time.Now().AddDate(0, 0, 1).Format(time.DateOnly), Credentials: true}}
	return connector.Env{Connection: "drop", Secrets: vault{"secret:p": "p"}.get, Network: connector.NetworkPolicy{Plaintext: []string{"*"}}}, cfg
}

func (f *fake) serve(c net.Conn) {
	defer c.Close()
	fmt.Fprint(c, "220 hello\r\n")
	in := bufio.NewScanner(c)
	port := f.data.Addr().(*net.TCPAddr).Port
	good := map[string]string{"USER": "331 password", "PASS": "230 in", "FEAT": "211-features\r\n MLST type*;size*;modify*;\r\n SIZE\r\n211 end", "PWD": `257 "/" is it`,
		"PASV": fmt.Sprintf("227 passive (127,0,0,3,%d,%d)", port/256, port%256), "EPSV": "500 no", "SIZE": "213 1000", "MLST": "550 no"}
	for in.Scan() {
		verb, _, _ := strings.Cut(in.Text(), " ")
		f.mu.Lock()
		f.said = append(f.said, verb)
		f.mu.Unlock()
		answer, ok := f.answers[verb]
		if !ok {
			if answer, ok = good[verb]; !ok {
				answer = "200 fine"
			}
		}
		if verb == "MLSD" || verb == "RETR" {
			f.transfer(c, verb)
			continue
		}
		fmt.Fprint(c, answer+"\r\n")
	}
}

func (f *fake) transfer(c net.Conn, verb string) {
	d, err := f.data.Accept()
	if err != nil {
		return
	}
	fmt.Fprint(c, "150 here it comes\r\n")
	if verb == "MLSD" {
		f.listing(d)
	} else {
		fmt.Fprint(d, "short")
	}
	d.Close()
	fmt.Fprint(c, "226 done\r\n")
}

func (f *fake) heard(verb string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, v := range f.said {
		if v == verb {
			return true
		}
	}
	return false
}

// TestBounce is a server that names another address for its data: nobody goes there.
func TestBounce(t *testing.T) {
	f := &fake{t: t, listing: func(d net.Conn) { fmt.Fprint(d, "type=file;size=1;modify=20240101000000; a\r\n") }}
	env, cfg := f.start()
	victim, err := net.Listen("tcp", fmt.Sprintf("127.0.0.3:%d", f.data.Addr().(*net.TCPAddr).Port))
	if err != nil {
		t.Fatal(err)
	}
	defer victim.Close()
	reached := make(chan struct{})
	go func() {
		if c, err := victim.Accept(); err == nil {
			c.Close()
			close(reached)
		}
	}()
	if err := try(t, env, cfg); err != nil {
		t.Error(err)
	}
	select {
	case <-reached:
		t.Error("the victim was dialled")
	default:
	}
	if !f.heard("PASV") {
		t.Error("PASV was not asked for")
	}
}

func TestHostileServer(t *testing.T) {
	for name, line := range map[string]string{"escape": "\x1b[2J", "parent": "..", "slash": "../../etc/passwd", "latin": "m\xfcll"} {
		f := &fake{t: t, listing: func(d net.Conn) { fmt.Fprintf(d, "type=file;size=1;modify=20240101000000; %s\r\n", line) }}
		env, cfg := f.start()
		err := try(t, env, cfg)
		if name == "parent" { // is in every listing
			if err != nil {
				t.Error(err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), "refused") || strings.ContainsRune(err.Error(), 0x1b) || !utf8.ValidString(err.Error()) {
			t.Errorf("%s: %v", name, err)
		}
	}
	f := &fake{t: t, listing: func(d net.Conn) {
		w := bufio.NewWriterSize(d, 64<<10)
		for i := 0; ; i++ {
			if _, err := fmt.Fprintf(w, "type=file;size=1;modify=20240101000000; f%d\r\n", i); err != nil {
				return
			}
		}
	}}
	env, cfg := f.start()
	if err := try(t, env, cfg); err == nil || !strings.Contains(err.Error(), "refused") || connector.IsTransient(err) {
		t.Errorf("endless listing: %v", err)
	}
	f = &fake{t: t, answers: map[string]string{"PASS": "230-" + strings.Repeat("x", 3<<20)}}
	env, cfg = f.start()
	if err := try(t, env, cfg); err == nil || !strings.Contains(err.Error(), "no end") {
		t.Errorf("endless answer: %v", err)
	}
	f = &fake{t: t}
	env, cfg = f.start()
	s := ftp.Open(env, cfg)
	defer s.Close()
	if got, err := conntest.Get(t.Context(), s, "a", 0); err == nil || !strings.Contains(err.Error(), "ends it at byte 5") {
		t.Errorf("a size that lies: %q, %v", got, err)
	}
}

// TestNoTLS gives no name and no password to a server that cannot encrypt.
func TestNoTLS(t *testing.T) {
	for name, answers := range map[string]map[string]string{
		"no AUTH": {"AUTH": "502 what"},
		"denied":  {"AUTH": "534 no"},
	} {
		f := &fake{t: t, answers: answers}
		env, cfg := f.start()
		cfg.TLS, cfg.Plaintext = "explicit", nil
		if err := try(t, env, cfg); !errors.Is(err, connector.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
		if f.heard("USER") || f.heard("PASS") {
			t.Errorf("%s: it was told who we are: %q", name, f.said)
		}
	}
}

// TestParallel reads and writes several files at once.
func TestParallel(t *testing.T) {
	ca := servers.CA(t)
	o := servers.FTPOptions{Leaf: ca.Localhost()}
	f := servers.ProFTPD(t, o)
	env, cfg := login(f, ca, o)
	s := ftp.Open(env, cfg)
	defer s.Close()
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			data := strings.Repeat(fmt.Sprint(i), 1<<20)
			name := fmt.Sprintf("in/%d", i)
			if err := conntest.Put(t.Context(), s, name, strings.NewReader(data)); err != nil {
				t.Error(err)
			}
			if got, err := conntest.Get(t.Context(), s, name, 10); string(got) != data[10:] || err != nil {
				t.Errorf("%s: %d bytes, %v", name, len(got), err)
			}
		})
	}
	wg.Wait()
	// A reader that is given up leaves a store that works.
	for range 3 {
		r, err := s.Open(t.Context(), "in/0", 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Read(make([]byte, 100)); err != nil {
			t.Error(err)
		}
		if err := errors.Join(r.Close(), r.Close()); err != nil {
			t.Error(err)
		}
		if got, err := conntest.Get(t.Context(), s, "in/1", 0); len(got) != 1<<20 || err != nil {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	}
	if left, _ := os.ReadDir(filepath.Join(f.Home, "in")); len(left) != 6 {
		t.Errorf("left: %v", left)
	}
}
