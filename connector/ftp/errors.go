package ftp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net/textproto"
	"strings"

	wire "github.com/jlaffaye/ftp"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/netguard"
	"github.com/headgate/headgate/connector/tree"
)

// answer is what the server said no with.
type answer struct {
	code int
	text string
}

func (a *answer) Error() string { return fmt.Sprintf("the server refuses: %d %s", a.code, a.text) }

// errNotExist is a name that is not there. FTP says 550 for it, and for much else.
var errNotExist = &notExist{}

type notExist struct{}

func (*notExist) Error() string        { return "no such file or folder" }
func (*notExist) Is(target error) bool { return target == fs.ErrNotExist }

// shown is the server's text as messages show it.
func shown(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	if len(text) > 200 {
		text = strings.ToValidUTF8(text[:200], "")
	}
	return tree.Show(text)
}

// explain turns an error of the library into ours, and decides whether the connection may
// be used again.
func (c *control) explain(ctx context.Context, err error) error {
	var reply *textproto.Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		c.broken = true
		return ctx.Err()
	case errors.Is(err, wire.ErrInvalidCommand):
		return errors.New("a name with a line break cannot be said in FTP")
	case errors.As(err, &reply):
		return c.answered(reply, err)
	}
	c.broken = true
	var own *verdict
	if errors.As(err, &own) {
		return own.error
	}
	return netguard.Explain(err, c.s.address())
}

// verdict is an error of ours among those of the library.
type verdict struct{ error }

func (c *control) answered(reply *textproto.Error, err error) error {
	said := &answer{reply.Code, shown(reply.Msg)}
	switch reply.Code {
	case 421: // and ends the connection
		c.broken = true
		return connector.Transient(connector.Mark(said, connector.ErrUnreachable))
	case 425, 426, 450, 451:
		if joined(err) {
			c.broken = true
		}
		if reply.Code == 425 && c.state != nil && c.state.Version == tls.VersionTLS12 {
			said.text += " (if it wants data connections to resume the TLS session, it must speak TLS 1.3, or give session tickets in 1.2)"
		}
		return connector.Transient(connector.Mark(said, connector.ErrUnreachable))
	case 530, 532:
		return connector.Mark(fmt.Errorf("the server does not accept our login: %d %s", said.code, said.text), connector.ErrUnreachable)
	case 452, 552:
		return fmt.Errorf("no space left on the server: %d %s", said.code, said.text)
	case 522: // vsftpd: SSL connection failed, session reuse required
		return connector.Mark(said, connector.ErrUnreachable)
	case 533, 534, 535, 536:
		return connector.Mark(fmt.Errorf("the server does not protect data as it must be: %d %s", said.code, said.text), connector.ErrRefused)
	}
	return said
}

// joined reports whether err is several: the transfer broke, and the server says so too.
func joined(err error) bool {
	list, ok := err.(interface{ Unwrap() []error })
	return ok && len(list.Unwrap()) > 1
}

// is550 reports whether the server said no to a name, for whatever reason.
func is550(err error) bool {
	var a *answer
	return errors.As(err, &a) && (a.code == 550 || a.code == 553 || a.code == 450 || a.code == 501)
}

// unknown reports whether the server does not know a command.
func unknown(err error) bool {
	var a *answer
	return errors.As(err, &a) && (a.code == 500 || a.code == 502 || a.code == 504)
}
