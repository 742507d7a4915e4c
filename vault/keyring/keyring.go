// Package keyring keeps small secrets in the operating system's keyring, and refuses
// to hang or to leave processes behind where there is none.
package keyring

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	zk "github.com/zalando/go-keyring"
)

// Ring keeps values by name. A value is at most 256 bytes of text, which every
// system's keyring takes.
type Ring interface {
	Get(name string) (string, error)
	Set(name, value string) error
	Delete(name string) error
}

// ErrNone says that there is no keyring to use here.
var ErrNone = errors.New("no keyring here")

// Error says that a keyring could not be used, and for what.
type Error struct {
	What string // read, write, delete from
	Err  error
}

func (e *Error) Error() string { return e.What + " the keyring: " + e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// ErrMissing says that the keyring does not have the name.
var ErrMissing = errors.New("not in the keyring")

// Timeout is how long a keyring may take to answer. A locked one waits for a prompt
// that nobody sees, without an end.
const Timeout = 3 * time.Second

const maxValue = 256

// Guarded is the rules of use around a Ring: an answer in time, a value read back
// after it was set, and no call at all where there is nothing to call, or nobody
// answered before. Its errors are *Error.
type Guarded struct {
	Ring    Ring
	Timeout time.Duration // 0: Timeout
	Present func() error  // asked before every call; its error is returned
	silent  atomic.Bool   // it did not answer once
}

// System is the operating system's keyring under the rules of Guarded, for items of
// this program.
func System(service string) *Guarded { return &Guarded{Ring: system{service}, Present: present} }

// Get returns a value, ErrMissing without one.
func (g *Guarded) Get(name string) (string, error) {
	var v string
	err := g.call("read", func() (err error) {
		v, err = g.Ring.Get(name)
		return err
	})
	if err != nil {
		return "", err
	}
	return v, nil
}

// Set stores a value and reads it back: on some systems an exit status is all that
// tells of success.
func (g *Guarded) Set(name, value string) error {
	if len(value) > maxValue {
		return fmt.Errorf("keyring: %d bytes, at most %d", len(value), maxValue)
	}
	if err := g.call("write", func() error { return g.Ring.Set(name, value) }); err != nil {
		return err
	}
	back, err := g.Get(name)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(back), []byte(value)) != 1 {
		return &Error{"write", errors.New("it does not give back what was stored")}
	}
	return nil
}

// Delete removes a value; it is no error when there is none.
func (g *Guarded) Delete(name string) error {
	err := g.call("delete from", func() error { return g.Ring.Delete(name) })
	if errors.Is(err, ErrMissing) {
		return nil
	}
	return err
}

// call gives up on a keyring that does not answer, and does not wait for it again; the
// goroutine that does stays behind and ends with the program.
func (g *Guarded) call(what string, fn func() error) error {
	if g.Present != nil {
		if err := g.Present(); err != nil {
			return &Error{what, err}
		}
	}
	limit := g.Timeout
	if limit == 0 {
		limit = Timeout
	}
	silence := &Error{what, fmt.Errorf("no answer in %s; is it locked?", limit)}
	if g.silent.Load() {
		return silence
	}
	done := make(chan error, 1)
	go func() { done <- fn() }()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case err := <-done:
		if err != nil {
			return &Error{what, err}
		}
		return nil
	case <-timer.C:
		g.silent.Store(true)
		return silence
	}
}

type system struct{ service string }

func (s system) Get(name string) (string, error) {
	v, err := zk.Get(s.service, name)
	return v, missing(err)
}
func (s system) Set(name, value string) error { return zk.Set(s.service, name, value) }
func (s system) Delete(name string) error     { return missing(zk.Delete(s.service, name)) }

func missing(err error) error {
	if errors.Is(err, zk.ErrNotFound) {
		return ErrMissing
	}
	return err
}

// Memory is a Ring that lasts as long as the program, for tests and demonstrations.
type Memory map[string]string

// Get implements Ring.
func (m Memory) Get(name string) (string, error) {
	if v, ok := m[name]; ok {
		return v, nil
	}
	return "", ErrMissing
}

// Set implements Ring.
func (m Memory) Set(name, value string) error { m[name] = value; return nil }

// Delete implements Ring.
func (m Memory) Delete(name string) error { delete(m, name); return nil }
