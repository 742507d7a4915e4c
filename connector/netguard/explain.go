package netguard

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/headgate/headgate/connector"
)

// refusal is a decision of ours.
type refusal struct{ text string }

func (r *refusal) Error() string { return r.text }

func refusef(format string, args ...any) error { return &refusal{fmt.Sprintf(format, args...)} }

// Explain says in words for people why talking to host failed, and marks whose
// decision that was: ours (connector.ErrRefused) or the other side's
// (connector.ErrUnreachable, transient where another try may help). What is marked
// already, what the caller cancelled, and nil stay as they are.
func Explain(err error, host string) error {
	switch {
	case err == nil, errors.Is(err, connector.ErrRefused), errors.Is(err, connector.ErrUnreachable), errors.Is(err, connector.ErrIntegrity):
		return err
	case errors.Is(err, context.Canceled):
		return err
	}
	if text := refused(err); text != "" {
		return connector.Mark(fmt.Errorf("%s: %s", host, text), connector.ErrRefused)
	}
	if text := otherSide(err); text != "" {
		return connector.Mark(fmt.Errorf("%s: %s", host, text), connector.ErrUnreachable)
	}
	return network(err, host)
}

// explainDial is Explain for an error of dialling.
func explainDial(err error, address string) error {
	var r *refusal
	if errors.As(err, &r) {
		return connector.Mark(fmt.Errorf("dial %s: %w", address, r), connector.ErrRefused)
	}
	return Explain(err, "dial "+address)
}

// refused is our reason not to go on, "" if it was not us.
func refused(err error) string {
	var r *refusal
	var record tls.RecordHeaderError
	var cert *tls.CertificateVerificationError
	switch {
	case errors.As(err, &r):
		return r.text
	case errors.As(err, &cert):
		return certificate(cert)
	case errors.As(err, &record) && !strings.HasPrefix(record.Msg, midway):
		return "does not answer with TLS on this port, and is not spoken to in clear"
	case strings.Contains(alert(err), tooOld), strings.Contains(err.Error(), "unsupported protocol version"):
		return "speaks only versions of TLS that are older than what is allowed (1.2, or what the policy says)"
	}
	return ""
}

// midway begins the library's text of a record that is none, after others that were. Some servers say their
// last words in clear: vsftpd, when a data connection breaks.
const midway = "received record with version"

// tooOld is the library's text of the alert protocol_version. Its type is not exported.
const tooOld = "protocol version not supported"

// alerts are the other alerts that mean something to people, by the library's text.
var alerts = []struct{ has, text string }{
	{"certificate required", "wants a certificate of ours: client_cert and client_key of the connection"},
	{"bad certificate", "does not accept our client certificate, or wants one: client_cert and client_key of the connection"},
	{"unknown certificate authority", "does not know who signed our client certificate"},
	{"unrecognized name", "does not know this host name"},
	{"handshake failure", "found no way of encrypting that both sides allow, or wants a certificate of ours"},
}

// alert is the text of an alert that the other side sent, "" if err is none.
func alert(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "remote error" {
		return op.Err.Error()
	}
	return ""
}

// otherSide is the other side's reason not to go on, "" if it gave none.
func otherSide(err error) string {
	sent := alert(err)
	for _, a := range alerts {
		if strings.Contains(sent, a.has) {
			return a.text
		}
	}
	if sent != "" {
		return "ended the connection: " + sent
	}
	return ""
}

// certificate says what is wrong with the presented certificate.
func certificate(err *tls.CertificateVerificationError) string {
	shown := "the certificate"
	var leaf *x509.Certificate
	if len(err.UnverifiedCertificates) > 0 {
		leaf = err.UnverifiedCertificates[0]
		shown = fmt.Sprintf("the certificate of %q", subject(leaf))
	}
	var name x509.HostnameError
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &name):
		return fmt.Sprintf("%s is for %s, not for this host", shown, names(name.Certificate))
	case errors.As(err, &authority) && leaf != nil && leaf.Issuer.String() == leaf.Subject.String():
		return shown + " is self-signed: nobody vouches for it (tls_ca: FILE of the connection names whom to trust)"
	case errors.As(err, &authority) && leaf != nil:
		return fmt.Sprintf("%s is signed by %q, who is not trusted (tls_ca: FILE of the connection names whom to trust)", shown, leaf.Issuer.String())
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && leaf != nil:
		if time.Now().Before(leaf.NotBefore) {
			return fmt.Sprintf("%s is valid from %s on only", shown, leaf.NotBefore.UTC().Format(time.DateTime))
		}
		return fmt.Sprintf("%s expired on %s", shown, leaf.NotAfter.UTC().Format(time.DateTime))
	}
	return shown + " does not verify: " + err.Err.Error()
}

func subject(c *x509.Certificate) string {
	if c.Subject.CommonName != "" {
		return c.Subject.CommonName
	}
	return names(c)
}

// names lists whom a certificate is for.
func names(c *x509.Certificate) string {
	list := append([]string{}, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		list = append(list, ip.String())
	}
	if len(list) == 0 {
		return "no host at all"
	}
	return strings.Join(list, ", ")
}

// network is an error of the network in words, worth another try if time may heal it.
func network(err error, host string) error {
	var dns *net.DNSError
	var timeout net.Error
	var record tls.RecordHeaderError
	text, again := "", true
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		text, again = "no such host", false
	case errors.As(err, &dns):
		text = "the name cannot be resolved now: " + dns.Err
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		text = "no answer in time"
	case errors.Is(err, syscall.ECONNREFUSED):
		text = "connection refused: nothing listens there"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		text = "the connection was reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		text = "the connection was closed by the other side"
	case errors.As(err, &record):
		text = "the connection broke: what came was not TLS any more"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		text = "no route to the host"
	case errors.As(err, &timeout), errors.Is(err, net.ErrClosed):
		text = err.Error()
	default:
		return connector.Mark(fmt.Errorf("%s: %w", host, err), connector.ErrUnreachable)
	}
	err = connector.Mark(&worded{host + ": " + text, err}, connector.ErrUnreachable)
	if again {
		err = connector.Transient(err)
	}
	return err
}

// worded is an error with other words.
type worded struct {
	text string
	err  error
}

func (w *worded) Error() string { return w.text }
func (w *worded) Unwrap() error { return w.err }
