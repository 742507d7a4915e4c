package vault

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/headgate/headgate/vault/keyring"
)

// strict is a keyring that says when there is nothing to delete, as the kernel's does.
type strict struct{ keyring.Memory }

func (s strict) Delete(name string) error {
	if _, ok := s.Memory[name]; !ok {
		return keyring.ErrMissing
	}
	return s.Memory.Delete(name)
}

// TestForgottenSession: the keyring forgot the key of a session, as it does when the
// time is over. Nobody is logged in then, and that is no error.
func TestForgottenSession(t *testing.T) {
	const fp = "00000000000000000000000000000000000000000000000000000000000000aa"
	s := Sessions{Folder: t.TempDir(), Ring: strict{keyring.Memory{}}}
	if err := os.WriteFile(s.file(fp), []byte("sealed"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := s.Resume(fp, time.Now()); c != nil || err != nil {
		t.Error(c, err)
	}
	if _, err := os.Stat(s.file(fp)); !errors.Is(err, os.ErrNotExist) {
		t.Error("the file stayed:", err)
	}
	if err := s.End(fp); err != nil {
		t.Error("logging out twice:", err)
	}
}
