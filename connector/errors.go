package connector

import "errors"

// ErrUnreachable marks an error whose cause is another system: it cannot be
// reached, timed out, or refused our login. The program ends with 3.
var ErrUnreachable = errors.New("unreachable")

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

// IsTransient reports whether err was marked by Transient.
func IsTransient(err error) bool {
	var t transient
	return errors.As(err, &t)
}

// ErrNothingStaged is what Sink.Commit returns for a session whose rows are neither
// visible nor staged: the crash that ended its run undid it.
var ErrNothingStaged = errors.New("nothing is staged for this run")
