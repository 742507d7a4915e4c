package connector

import "errors"

// ErrUnreachable marks an error whose cause is another system: it cannot be
// reached, timed out, or refused our login. The program ends with 3.
var ErrUnreachable = errors.New("unreachable")

// ErrRefused marks an error whose cause is our own policy: a host, a certificate, a
// host key or a plaintext protocol that is not allowed. No credential was sent. The
// program ends with 12.
var ErrRefused = errors.New("refused by policy")

// ErrIntegrity marks an error whose cause is a signature or an integrity check that
// does not hold: what was read must not be used. The program ends with 13.
var ErrIntegrity = errors.New("integrity check failed")

// ErrNothingStaged is what Sink.Commit returns for a session whose rows are neither
// visible nor staged: the crash that ended its run undid it.
var ErrNothingStaged = errors.New("nothing is staged for this run")

// marked is an error of a kind: errors.Is finds the kind, and the message stays the
// error's own.
type marked struct{ kind, err error }

func (m marked) Error() string   { return m.err.Error() }
func (m marked) Unwrap() []error { return []error{m.err, m.kind} }

// Mark says that err is of a kind, one of the errors above, and leaves its message
// alone. Mark of nil is nil.
func Mark(err, kind error) error {
	if err == nil {
		return nil
	}
	return marked{kind, err}
}

type transient struct{ err error }

func (t transient) Error() string { return t.err.Error() }
func (t transient) Unwrap() error { return t.err }

// Transient marks err as worth another try. Only the engine and the retry wrapper ask.
func Transient(err error) error {
	if err == nil {
		return nil
	}
	return transient{err}
}

// IsTransient reports whether err was marked by Transient, and nobody has given it up since; see
// Retry.
func IsTransient(err error) bool {
	var t transient
	var g givenUp
	return errors.As(err, &t) && !errors.As(err, &g)
}
