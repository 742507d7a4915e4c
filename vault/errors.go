package vault

import (
	"errors"
	"fmt"
	"strings"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/auditlog"
	"github.com/headgate/headgate/vault/keyring"
	"github.com/headgate/headgate/vault/slot"
	"github.com/headgate/headgate/vault/store"
)

// ErrLogin says that nobody is logged in, or that a password, key or code is wrong.
// It never says which part was wrong.
var ErrLogin = errors.New("not logged in")

// loginError is ErrLogin and what led to it, in one line.
type loginError struct{ why error }

func (e *loginError) Error() string   { return ErrLogin.Error() + ": " + e.why.Error() }
func (e *loginError) Unwrap() []error { return []error{ErrLogin, e.why} }

func notLoggedIn(why error) error { return &loginError{why} }

// TamperedError says that what is stored was not written by who could: it was edited,
// exchanged, cut off, or put back to an older state.
type TamperedError struct {
	What string
	Err  error
}

func (e *TamperedError) Error() string {
	if e.Err == nil {
		return e.What
	}
	return fmt.Sprintf("%s: %v", e.What, e.Err)
}
func (e *TamperedError) Unwrap() error { return e.Err }

func tampered(format string, args ...any) error {
	return &TamperedError{What: fmt.Sprintf(format, args...)}
}

// AuditError says that an audit entry could not be written, so that nothing was done.
type AuditError struct{ Err error }

func (e *AuditError) Error() string { return fmt.Sprintf("write the audit entry: %v", e.Err) }
func (e *AuditError) Unwrap() error { return e.Err }

// BindingError says that a secret is bound to something else than it is wanted for.
//
// Its text leaves the name to whoever asked for the secret.
type BindingError struct {
	Secret string
	Parts  []Difference
}

// Difference is a part of a binding: what it was when the secret was set, and what it
// is now.
type Difference struct{ Name, Bound, Now string }

func (e *BindingError) Error() string {
	var parts []string
	for _, p := range e.Parts {
		parts = append(parts, fmt.Sprintf("%s is %q and was %q", p.Name, p.Now, p.Bound))
	}
	return "it is bound to another target: " + strings.Join(parts, ", ")
}

// UnsetError says that a secret was never set.
type UnsetError struct{ Secret string }

func (e *UnsetError) Error() string { return "secret " + e.Secret + ": not set" }

// SlotError says that a way in cannot be made or taken away as asked.
type SlotError struct{ Slot, Why string }

func (e *SlotError) Error() string { return "slot " + e.Slot + ": " + e.Why }

// Reason is what an error of this package comes to, for exit codes.
type Reason string

// The reasons.
const (
	ReasonNone      Reason = ""          // not an error of this package
	ReasonBusy      Reason = "busy"      // 6
	ReasonLogin     Reason = "login"     // 10
	ReasonDenied    Reason = "denied"    // 11
	ReasonPolicy    Reason = "policy"    // 12
	ReasonIntegrity Reason = "integrity" // 13
	ReasonAudit     Reason = "audit"     // 14
	ReasonNewer     Reason = "newer"     // 15
)

// ReasonOf sorts an error.
func ReasonOf(err error) Reason {
	switch {
	case errors.Is(err, store.ErrBusy):
		return ReasonBusy
	case is[*store.NewerError](err):
		return ReasonNewer
	case is[*store.DamagedError](err), is[*TamperedError](err), is[*rbac.ChainError](err), is[*auditlog.TamperedError](err):
		return ReasonIntegrity
	case errors.Is(err, ErrLogin), errors.Is(err, slot.ErrWrong), is[*keyring.Error](err):
		return ReasonLogin
	case is[*rbac.DeniedError](err):
		return ReasonDenied
	case is[*BindingError](err), is[*rbac.UnapprovedError](err), is[*store.PlaceError](err):
		return ReasonPolicy
	case is[*AuditError](err):
		return ReasonAudit
	}
	return ReasonNone
}

func is[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}
