package bound

import (
	"errors"
	"io"

	"github.com/headgate/headgate/connector"
)

// foreign is an error of an input that is something else than what the codec reads.
type foreign struct{ error }

func (f foreign) Unwrap() error { return f.error }

// Foreign says that err tells of an input that never was what the codec reads, or of options that do
// not fit it, and not of one that came to harm on its way. It counts until the first byte is unpacked: what is
// foreign after that was put there.
func Foreign(err error) error {
	if err == nil {
		return nil
	}
	return foreign{err}
}

// Damaged marks an error of unpacking what c reads as connector.ErrIntegrity: the input ended too early, or
// one of its checks does not hold. Errors of the input's own source, and those of another kind, stay as they are.
func (c *Counter) Damaged(err error) error {
	for _, kind := range []error{io.ErrClosedPipe, connector.ErrIntegrity, connector.ErrRefused, connector.ErrUnreachable} {
		if errors.Is(err, kind) {
			return err
		}
	}
	if err == nil || err == io.EOF || c.failed.Load() {
		return err
	}
	return connector.Mark(err, connector.ErrIntegrity)
}
