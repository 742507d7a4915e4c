package keyring

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestGuardedKeepsValues(t *testing.T) {
	g := &Guarded{Ring: Memory{}}
	if err := g.Set("n", "v"); err != nil {
		t.Fatal(err)
	}
	if v, err := g.Get("n"); err != nil || v != "v" {
		t.Errorf("%q, %v", v, err)
	}
	if err := g.Delete("n"); err != nil {
		t.Error(err)
	}
	if err := g.Delete("n"); err != nil {
		t.Errorf("twice: %v", err)
	}
	if _, err := g.Get("n"); !errors.Is(err, ErrMissing) {
		t.Errorf("%v", err)
	}
	if err := g.Set("n", strings.Repeat("x", 300)); err == nil {
		t.Error("300 bytes are taken")
	}
}

// silent never answers, as a locked keyring whose prompt nobody sees; asked counts how
// often somebody tried.
type silent struct {
	Memory
	asked *atomic.Int32
}

func (s silent) Get(string) (string, error) { return "", s.wait() }
func (s silent) Set(string, string) error   { return s.wait() }
func (s silent) Delete(string) error        { return s.wait() }

func (s silent) wait() error {
	s.asked.Add(1)
	select {}
}

// liar says that it stored something else than it did.
type liar struct{ Memory }

func (liar) Set(string, string) error   { return nil }
func (liar) Get(string) (string, error) { return "x", nil }

func TestGuardedNeverHangs(t *testing.T) {
	var asked atomic.Int32
	g := &Guarded{Ring: silent{asked: &asked}, Timeout: 20 * time.Millisecond}
	for name, try := range map[string]func() error{
		"get":    func() error { _, err := g.Get("n"); return err },
		"set":    func() error { return g.Set("n", "v") },
		"delete": func() error { return g.Delete("n") },
	} {
		if err := try(); err == nil || !strings.Contains(err.Error(), "no answer") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := asked.Load(); n > 1 {
		t.Errorf("asked %d times: who was silent once is not waited for again", n)
	}
	if err := (&Guarded{Ring: liar{}}).Set("n", "v"); err == nil {
		t.Error("a value that is not read back is taken")
	}
	if Timeout > 3*time.Second {
		t.Error("the limit is above the promise")
	}
}

// TestNoBusNoCall: where there is no session bus, none is started.
func TestNoBusNoCall(t *testing.T) {
	var asked atomic.Int32
	g := &Guarded{Ring: silent{asked: &asked}, Present: func() error { return ErrNone }}
	if _, err := g.Get("n"); !errors.Is(err, ErrNone) || asked.Load() != 0 {
		t.Errorf("%v, asked %d times", err, asked.Load())
	}
}
