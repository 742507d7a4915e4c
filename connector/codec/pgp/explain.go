package pgp

import (
	"errors"
	"fmt"
	"io"

	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"

	"github.com/headgate/headgate/connector"
)

// fault is an error of a message that must not be used.
func fault(format string, args ...any) error {
	return connector.Mark(fmt.Errorf(format, args...), connector.ErrIntegrity)
}

// What can be wrong with a message.
var (
	errChanged      = fault("the message was changed after it was encrypted, or damaged")
	errCut          = fault("the message is cut off")
	errEmpty        = fault("there is no message: it is empty")
	errMalformed    = fault("this is not an OpenPGP message, or it is damaged")
	errUnprotected  = fault("the message has no integrity protection: it could have been changed by anybody; ask the sender for one that has")
	errNotEncrypted = fault("the message is not encrypted, although decrypt_with expects it")
	errNested       = fault("the message is encrypted twice: decode it with pgp twice")
)

// keyError is an error of our keys: the message may be as it should.
type keyError struct{ error }

func (e keyError) Unwrap() error { return e.error }

// explain finds the cause of an error. What a damaged message decrypts to is noise, and
// whatever trips over the noise first is not what is wrong: only the integrity check at
// the end of the message can tell.
func (m *message) explain(err error) error {
	var own keyError
	if m.unpacked != nil {
		m.unpacked.Close()
	}
	if m.bounded != nil && m.bounded.Exceeded() != nil {
		err = m.bounded.Exceeded()
	} else if !errors.As(err, &own) {
		err = m.judge(err)
	}
	if m.raw.err != nil {
		err = m.raw.err
	}
	return fmt.Errorf("pgp: %w", err)
}

// drain reads the rest of an encrypted message for the sake of its integrity check. It
// is nil when that holds.
func (m *message) drain() error {
	if m.plain == nil {
		return nil
	}
	_, err := io.Copy(io.Discard, m.plain)
	return err
}

// judge makes every error of a message one of its integrity.
func (m *message) judge(err error) error {
	if e := m.drain(); e != nil {
		err = e
	}
	short := errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
	var unsupported pgperrors.UnsupportedError
	switch {
	case errors.Is(err, connector.ErrIntegrity):
		return err
	case m.raw.n == 0:
		return errEmpty
	case short && m.plain == nil && m.raw.ended:
		return errCut
	case short:
		return errMalformed
	case errors.As(err, &unsupported):
		return fault("the message cannot be read: %s", plain(err))
	}
	return fault("%w (%s)", errMalformed, plain(err))
}

// signatureFault says why a signature does not hold.
func signatureFault(err error) string {
	switch {
	case errors.Is(err, pgperrors.ErrKeyExpired):
		return "its key had expired when it was made"
	case errors.Is(err, pgperrors.ErrKeyRevoked):
		return "its key was revoked"
	case errors.Is(err, pgperrors.ErrSignatureExpired):
		return "it has expired, or is from the future"
	}
	return plain(err)
}
