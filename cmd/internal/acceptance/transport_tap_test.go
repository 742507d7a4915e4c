//go:build unix

package acceptance

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/headgate/headgate/connector/conntest/servers"
)

// tap is a server of ours that writes down everything it can read of what clients say.
type tap struct {
	t       *testing.T
	address string
	tls     *tls.Config // nil = in clear
	ftp     bool        // speaks FTP, with AUTH TLS where there is tls
	answer  string      // to each HTTP request; "" = 404
	once    bool        // each connection carries one request
	bounce  int         // the port of another machine that FTP data is to come from; 0 = ours

	mu    sync.Mutex
	heard bytes.Buffer
	calls int
}

// certificate is a configuration for a leaf and some versions of TLS.
func certificate(t *testing.T, l servers.Leaf, low, high uint16) *tls.Config {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(l.Cert, l.Key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: low, MaxVersion: high}
}

// listen starts the server at an address, "" for a free port of this machine.
func (a *tap) listen(t *testing.T, address string) *tap {
	t.Helper()
	if address == "" {
		address = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	a.t, a.address = t, l.Addr().String()
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			a.mu.Lock()
			a.calls++
			a.mu.Unlock()
			go a.serve(c)
		}
	}()
	return a
}

func (a *tap) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.heard.Write(p)
}

func (a *tap) text() (string, int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.heard.String(), a.calls
}

func (a *tap) serve(c net.Conn) {
	defer c.Close()
	if a.ftp {
		a.control(c)
		return
	}
	if a.tls != nil {
		s := tls.Server(c, a.tls)
		if s.Handshake() != nil {
			return
		}
		c = s
	}
	in := bufio.NewReader(io.TeeReader(c, a))
	for {
		r, err := http.ReadRequest(in)
		if err != nil { // what a web server says to what is none of its language
			io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
			return
		}
		io.Copy(io.Discard, r.Body)
		answer := a.answer
		if answer == "" {
			answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
		}
		io.WriteString(c, answer)
		if a.once {
			return
		}
	}
}

// control speaks as much FTP as it takes to be told who we are. Where it is in clear it goes
// on to a listing, for which it names another machine.
func (a *tap) control(c net.Conn) {
	fmt.Fprint(c, "220 hello\r\n")
	in := bufio.NewReader(io.TeeReader(c, a))
	data, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return
	}
	defer data.Close()
	port := data.Addr().(*net.TCPAddr).Port
	a.mu.Lock()
	if a.bounce > 0 { // nobody listens there on our address
		port = a.bounce
	}
	a.mu.Unlock()
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch verb, _, _ := strings.Cut(strings.TrimSpace(line), " "); {
		case verb == "AUTH" && a.tls == nil:
			fmt.Fprint(c, "502 what\r\n")
		case verb == "AUTH":
			fmt.Fprint(c, "234 go on\r\n")
			s := tls.Server(c, a.tls)
			if s.Handshake() != nil {
				return
			}
			c, in = s, bufio.NewReader(io.TeeReader(s, a))
		case verb == "PASV":
			fmt.Fprintf(c, "227 passive (127,0,0,3,%d,%d)\r\n", port/256, port%256)
		case verb == "MLSD" || verb == "LIST":
			fmt.Fprint(c, "150 here it comes\r\n")
			if d, err := data.Accept(); err == nil {
				fmt.Fprint(d, "type=file;size=5;modify=20240101000000; other.txt\r\n")
				d.Close()
			}
			fmt.Fprint(c, "226 done\r\n")
		default:
			answers := map[string]string{"USER": "331 password", "PASS": "230 in", "FEAT": "211-features\r\n MLST type*;size*;modify*;\r\n SIZE\r\n211 end",
				"PWD": `257 "/" is it`, "EPSV": "500 no", "MLST": "550 no"}
			answer := answers[verb]
			if answer == "" {
				answer = "200 fine"
			}
			fmt.Fprint(c, answer+"\r\n")
		}
	}
}

// told reports whether the server heard the secret, in any of the ways it is sent.
func (a *tap) told() bool {
	text, _ := a.text()
	return strings.Contains(text, tapSecret) || strings.Contains(text, "Authorization") || strings.Contains(text, "PASS") || strings.Contains(text, "USER")
}

const tapSecret = "canary-transport-0007"
