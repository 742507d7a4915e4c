package servers

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a server may take to start on a busy machine, and to end when asked.
const (
	patience = 60 * time.Second
	farewell = 5 * time.Second
)

// Options say what to start. Paths are absolute: servers change their folder.
type Options struct {
	Path string   // as Find returns it
	Args []string // such that it stays in the foreground
	Env  []string // added to the test's own, from which SSL_CERT_* are taken out
	Dir  string   // where it runs; "" = the test's
	// Address is where it listens, host:port: it is ready when that answers. Ready, if
	// there is one, is asked again and again after that until it gives no error.
	Address string
	Ready   func() error
	// User and Group run it as somebody else, where the test is root; 0 = as the test.
	User, Group uint32
}

// Process is a server that runs.
type Process struct {
	cmd  *exec.Cmd
	log  log
	done chan struct{} // closed when it ended
	err  error
}

// Start starts a server, waits until it is ready, and stops it when the test ends. What it said
// is shown if the test failed.
func Start(t testing.TB, o Options) *Process {
	t.Helper()
	p := &Process{done: make(chan struct{})}
	p.cmd = exec.Command(o.Path, o.Args...)
	p.cmd.Dir = o.Dir
	p.cmd.Env = append(environment(), o.Env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	p.cmd.WaitDelay = farewell
	apart(p.cmd, o.User, o.Group)
	if err := p.start(); err != nil {
		t.Fatalf("start %s: %v", o.Path, err)
	}
	t.Cleanup(func() {
		p.Stop()
		if t.Failed() {
			t.Logf("%s said:\n%s", o.Path, p.log.tail())
		}
	})
	if err := p.await(o); err != nil {
		t.Fatalf("%s: %v\n%s", o.Path, err, p.log.tail())
	}
	return p
}

// start runs the child on a thread of its own that lives as long as the child: where the
// system can, it ends the child with the thread, and so with the test however that ends.
func (p *Process) start() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.err = p.cmd.Wait()
		}
		close(p.done)
	}()
	return <-started
}

func (p *Process) await(o Options) error {
	deadline := time.Now().Add(patience)
	for {
		err := ready(o)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("ended before it was ready: %v", p.err)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("not ready after %s: %w", patience, err)
		}
	}
}

func ready(o Options) error {
	if o.Address != "" {
		c, err := net.DialTimeout("tcp", o.Address, time.Second)
		if err != nil {
			return err
		}
		c.Close()
	}
	if o.Ready != nil {
		return o.Ready()
	}
	return nil
}

// Pid is the number of the process.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Output is what it said so far.
func (p *Process) Output() string { return p.log.String() }

// Stop asks the server to end, and ends it. It may be called twice.
func (p *Process) Stop() { p.end(syscall.SIGTERM) }

// Kill ends the server without warning.
func (p *Process) Kill() { p.end(os.Kill) }

func (p *Process) end(with os.Signal) {
	select {
	case <-p.done:
	default:
		p.cmd.Process.Signal(with)
	}
	select {
	case <-p.done:
	case <-time.After(farewell):
	}
	killAll(p.cmd) // also what it has left behind
	<-p.done
}

// environment is the test's without what redirects trust.
func environment() []string {
	var env []string
	for _, e := range os.Environ() {
		if !bytes.HasPrefix([]byte(e), []byte("SSL_CERT_")) {
			env = append(env, e)
		}
	}
	return env
}

// Port is a port of this machine that nobody listens on. Somebody may take it before you
// do: the chance is small and the server then does not start.
func Port(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// Address is 127.0.0.1 and a port of Port.
func Address(t testing.TB) string {
	t.Helper()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(Port(t)))
}

// log keeps what a server says.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// tail is the end of it.
func (l *log) tail() string {
	s := l.String()
	return s[max(0, len(s)-4000):]
}
