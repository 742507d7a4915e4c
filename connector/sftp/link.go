package sftp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"time"

	wire "github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/pace"
	"github.com/headgate/headgate/connector/tree"
)

// Sizes of a request, in bytes. Every server takes the small one; one that says that it
// has limits of its own is OpenSSH since 8.5, or made after it, and takes the large one.
const (
	smallPacket = 32 << 10
	largePacket = 255 << 10
)

// inFlight is how many bytes may be asked for, or sent without an answer, per file. It is a
// little more than the window of an SSH channel, which is what counts on a long way.
const inFlight = 3 << 20

// link is one SSH connection and the SFTP session in it.
type link struct {
	ssh     *ssh.Client
	sftp    *wire.Client
	flow    *meter
	limit   time.Duration // without a sign of life
	listing sync.Mutex    // one at a time, so that the meter knows whose names it counts

	packet      int  // bytes of a request
	posixRename bool // replaces in one step
	fsync       bool

	once sync.Once
	done chan struct{} // closed when the link is of no use any more
	end  func()        // ends what waits for its turn
	why  error         // set before
}

func newLink(ctx context.Context, client *ssh.Client, timeout time.Duration, bytes *pace.Limiter) (*link, error) {
	l := &link{ssh: client, limit: timeout, done: make(chan struct{})}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	stop := context.AfterFunc(limited, func() { client.Close() })
	err := l.start(bytes)
	stop()
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case err != nil && limited.Err() != nil:
		err = lost(fmt.Errorf("the server does not start SFTP within %s", timeout))
	case err != nil:
		err = connector.Mark(fmt.Errorf("the server does not start SFTP: %w", err), connector.ErrUnreachable)
	}
	if err != nil {
		if l.end != nil {
			l.end()
		}
		client.Close()
		return nil, err
	}
	go l.watch()
	return l, nil
}

// start opens the SFTP session.
func (l *link) start(bytes *pace.Limiter) error {
	s, err := l.ssh.NewSession()
	if err != nil {
		return err
	}
	in, err := s.StdinPipe()
	if err != nil {
		return err
	}
	out, err := s.StdoutPipe()
	if err != nil {
		return err
	}
	talk, err := s.StderrPipe()
	if err != nil {
		return err
	}
	if err := s.RequestSubsystem("sftp"); err != nil {
		return err
	}
	go io.Copy(io.Discard, talk) // unread, it would fill the window
	life, end := context.WithCancel(context.Background())
	l.end = end
	l.flow = &meter{r: bytes.Reader(life, out), w: bytes.Writer(life, in), c: in}
	l.flow.allow(tree.MaxEntries)
	l.sftp, err = wire.NewClientPipe(l.flow, l.flow, wire.MaxPacketUnchecked(largePacket))
	if err != nil {
		return err
	}
	_, l.posixRename = l.sftp.HasExtension("posix-rename@openssh.com")
	_, l.fsync = l.sftp.HasExtension("fsync@openssh.com")
	l.packet = smallPacket
	if _, ok := l.sftp.HasExtension("limits@openssh.com"); ok {
		l.packet = largePacket
	}
	return nil
}

// alive reports whether the link may still be used.
func (l *link) alive() bool {
	select {
	case <-l.done:
		return false
	default:
		return true
	}
}

// drop ends the link, and with it every call that is under way.
func (l *link) drop(why error) {
	l.once.Do(func() {
		l.why = why
		close(l.done)
		l.end()
		l.ssh.Close()
	})
}

// close ends the link and waits until nothing of it is left.
func (l *link) close() {
	l.drop(errors.New("the connection was closed"))
	l.sftp.Close()
	l.ssh.Wait()
}

// keepAlive is how often the server is greeted while nothing else is said, so that no
// firewall on the way forgets the connection.
const keepAlive = 15 * time.Second

// watch ends the link when the server has something to answer and stays silent.
func (l *link) watch() {
	broken := make(chan error, 1)
	go func() { broken <- l.ssh.Wait() }()
	tick := time.NewTicker(min(keepAlive, l.limit/4))
	defer tick.Stop()
	var greeted time.Time
	answer := make(chan error, 1)
	answer <- nil
	for {
		select {
		case <-l.done:
			return
		case err := <-broken:
			l.drop(fmt.Errorf("the connection was lost: %w", orEOF(err)))
			return
		case now := <-tick.C:
			if l.flow.silent(now) > l.limit {
				l.drop(fmt.Errorf("the connection was given up: no answer for %s", l.limit))
				return
			}
			if now.Sub(greeted) < min(keepAlive, l.limit/2) {
				continue
			}
			select {
			case <-answer:
				greeted = now
				go func() {
					_, _, err := l.ssh.SendRequest("keepalive@openssh.com", true, nil)
					l.flow.heard.Store(time.Now().UnixNano())
					answer <- err
				}()
			default:
				if l.flow.idle(now) > 2*l.limit {
					l.drop(fmt.Errorf("the connection was given up: no sign of life for %s", 2*l.limit))
					return
				}
			}
		}
	}
}

func orEOF(err error) error {
	if err == nil {
		return io.EOF
	}
	return err
}

// call does f, one exchange with the server. When ctx ends first it returns and f ends on
// its own, with the answer or with the link.
func call[T any](ctx context.Context, l *link, f func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	ch := make(chan answer, 1)
	l.flow.begin()
	go func() {
		defer l.flow.end()
		v, err := f()
		ch <- answer{v, err}
	}()
	var zero T
	select {
	case <-ctx.Done():
		return zero, ctx.Err()
	case a := <-ch:
		return a.value, l.explain(a.err)
	}
}

// do is call for what has no result.
func do(ctx context.Context, l *link, f func() error) error {
	_, err := call(ctx, l, func() (struct{}, error) { return struct{}{}, f() })
	return err
}

// explain turns an error of the library into ours. Whatever is no answer of the server
// means that the link is lost.
func (l *link) explain(err error) error {
	var status *wire.StatusError
	switch {
	case err == nil, err == io.EOF:
		return err
	case errors.Is(err, fs.ErrNotExist):
		return errNotExist
	case errors.Is(err, fs.ErrPermission):
		return errPermission
	case errors.As(err, &status) && status.FxCode() != wire.ErrSSHFxConnectionLost && status.FxCode() != wire.ErrSSHFxNoConnection:
		return said(status)
	case l.flow.blown.Load():
		l.drop(errTooManyNames)
		return errTooManyNames
	}
	l.drop(fmt.Errorf("the connection was lost: %w", err))
	return l.lost()
}

// lost is the error of everything that was under way when the link was dropped.
func (l *link) lost() error { return lost(l.why) }

var (
	errNotExist   = &plain{"no such file or folder", fs.ErrNotExist}
	errPermission = &plain{"permission denied", fs.ErrPermission}
)

// plain is an error of package fs in words of its own.
type plain struct {
	text string
	is   error
}

func (p *plain) Error() string { return p.text }
func (p *plain) Unwrap() error { return p.is }

// said is the server's answer in our words.
func said(s *wire.StatusError) error {
	switch s.Code {
	case 8:
		return errors.New("the server cannot do this")
	case 10:
		return errNotExist
	case 11:
		return &plain{"there is a file of that name", fs.ErrExist}
	case 12:
		return errors.New("the server's disk may not be written to")
	case 14:
		return errors.New("no space left on the server")
	case 15:
		return errors.New("quota exceeded on the server")
	case 24:
		return tree.ErrFolder
	}
	return fmt.Errorf("the server refuses, without a reason: %.200s", s.Error())
}
