package cmd

import (
	"cmp"
	"context"
	"errors"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/flow/engine"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/flow/state"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
	"github.com/headgate/headgate/vault/slot"
	"github.com/headgate/headgate/vault/store"
)

// The exit codes that errors lead to. Programs decide by them whether to try again,
// so a meaning never changes.
const (
	exitFailed      = 1 // a run failed, or a local error
	exitInvalid     = 2 // the command line or the project's files
	exitUnreachable = 3 // another system; worth another try
	exitBusy        = 6 // another run of the flow, or the store; worth another try
	exitLogin       = 10
	exitDenied      = 11
	exitRefused     = 12
	exitIntegrity   = 13 // never worth another try
	exitAudit       = 14
	exitNewer       = 15
)

// rule is one line of the table: errors it knows, and what becomes of them.
type rule struct {
	is   func(error) bool
	code string
	exit int
	hint string // a question or a command
}

func target(t error) func(error) bool { return func(err error) bool { return errors.Is(err, t) } }

func reason(r vault.Reason) func(error) bool {
	return func(err error) bool { return vault.ReasonOf(err) == r }
}

const noStoreHint = "`headgate init --email you@example.com --key-out owner.key` makes one"

func kind[T error](err error) bool {
	var t T
	return errors.As(err, &t)
}

// rules is the one table from errors to exit codes; the first match counts.
func rules() []rule {
	return []rule{
		{kind[*vault.AuditError], "audit", exitAudit, "nothing was done, or its end is not recorded: can the store's folder be written, and is there room?"},
		{kind[*cli.UsageError], "usage", exitInvalid, ""},
		{kind[*plan.ParamError], "usage", exitInvalid, "--param NAME=VALUE gives a parameter its value"},
		{kind[*plan.ProfileError], "usage", exitInvalid, ""},
		{kind[*cli.FindingsError], "invalid", exitInvalid, "for more about a finding: headgate explain CODE"},
		{target(engine.ErrStale), "usage", exitInvalid, "`headgate plan FLOW --out FILE` makes a new one"},
		{target(state.ErrBusy), "busy", exitBusy, "is it meant to run twice? --lock-timeout 5m waits for the other run"},
		{kind[*cli.InputError], "input", exitLogin, ""},
		{target(ui.ErrNoAnswer), "input", exitLogin, ""},
		{kind[*cli.NoStoreError], "no-store", exitLogin, noStoreHint},
		{kind[*plan.NoStoreError], "no-store", exitLogin, noStoreHint},
		{target(store.ErrMissing), "no-store", exitLogin, noStoreHint},
		{reason(vault.ReasonBusy), "busy", exitBusy, "`--lock-timeout 5m` waits longer for the store"},
		{reason(vault.ReasonNewer), "newer", exitNewer, "which version made this store? this program needs at least that one"},
		{reason(vault.ReasonIntegrity), "integrity", exitIntegrity, "`headgate vault verify` says what is wrong; do not go on before you know who changed the file"},
		{reason(vault.ReasonLogin), "login", exitLogin, "`headgate login --user you@example.com`, or --key-file FILE"},
		{reason(vault.ReasonDenied), "denied", exitDenied, "`headgate whoami --explain` says what you may do"},
		{kind[*rbac.UnapprovedError], "refused", exitRefused, ""},
		{reason(vault.ReasonPolicy), "refused", exitRefused, ""},
		{kind[*vault.UnsetError], "unset", exitInvalid, ""},
		{kind[*vault.SlotError], "slot", exitInvalid, "`headgate slot list` lists your ways in"},
		{kind[*rbac.InvalidError], "usage", exitInvalid, ""},
		{kind[*slot.WeakError], "usage", exitInvalid, "--generate makes a password that keeps the rules"},
		{target(connector.ErrIntegrity), "integrity", exitIntegrity, ""},
		{target(connector.ErrRefused), "refused", exitRefused, ""},
		{target(connector.ErrUnreachable), "unreachable", exitUnreachable, "does the other system run, and does it know this login?"},
		{target(context.DeadlineExceeded), "timeout", exitFailed, "does the flow need more time? see `run: {timeout: ...}`"},
	}
}

// failure is what the program says of err; nil for nil.
func failure(err error) *ui.Failure {
	if err == nil {
		return nil
	}
	var outcome *cli.Outcome
	if errors.As(err, &outcome) {
		return &ui.Failure{Code: outcome.Code, Exit: outcome.Exit, Message: outcome.Message, Hint: outcome.Hint}
	}
	var stopped *cli.SignalError
	if errors.As(err, &stopped) {
		return &ui.Failure{Code: "interrupted", Exit: stopped.Exit(), Message: stopped.Error()}
	}
	f := &ui.Failure{Code: "failed", Exit: exitFailed, Message: err.Error()}
	for _, r := range rules() {
		if r.is(err) {
			f.Code, f.Exit, f.Hint = r.code, r.exit, r.hint
			break
		}
	}
	f.Hint = cmp.Or(ownHint(err), f.Hint)
	return f
}

// ownHint is the hint that depends on more than the error's kind.
func ownHint(err error) string {
	if usage, ok := errors.AsType[*cli.UsageError](err); ok {
		return usage.Hint
	}
	if input, ok := errors.AsType[*cli.InputError](err); ok {
		return input.Hint
	}
	if param, ok := errors.AsType[*plan.ParamError](err); ok {
		return param.Hint
	}
	if changed, ok := errors.AsType[*rbac.UnapprovedError](err); ok {
		return "an editor lets it run: headgate flow approve " + changed.Flow + ofProfile(changed.Env)
	}
	if binding, ok := errors.AsType[*vault.BindingError](err); ok {
		if ref, err := vault.ParseRef(binding.Secret); err == nil {
			return "if that is meant, set the secret again: headgate secret set " + setArgs(ref)
		}
	}
	if unset, ok := errors.AsType[*vault.UnsetError](err); ok {
		if ref, err := vault.ParseRef(unset.Secret); err == nil {
			return "headgate secret set " + setArgs(ref)
		}
	}
	if own, ok := errors.AsType[adviser](err); ok {
		return own.Advice()
	}
	return ""
}

// adviser is an error of a command that knows what to do about it.
type adviser interface {
	error
	Advice() string
}

// setArgs are the arguments of `secret set` for a secret.
func setArgs(r vault.Ref) string {
	args := r.Name + " --connection " + r.Connection
	if r.Key != "" {
		args = r.Name + " --key " + r.Key
	}
	return args + ofProfile(r.Env)
}

// ofProfile is the flag that names a profile; nothing for none.
func ofProfile(env string) string {
	if env == "" {
		return ""
	}
	return " --env " + env
}
