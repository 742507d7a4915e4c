package cmd

import (
	"context"
	"errors"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/flow/state"
)

// The exit codes that errors lead to. Programs decide by them whether to try again,
// so a meaning never changes.
const (
	exitFailed      = 1 // a run failed, or a local error
	exitInvalid     = 2 // the command line or the project's files
	exitUnreachable = 3 // another system; worth another try
	exitBusy        = 6 // another run of the flow; worth another try
	exitRefused     = 12
	exitIntegrity   = 13 // never worth another try
)

// rule is one line of the table: errors it knows, and what becomes of them.
type rule struct {
	is   func(error) bool
	code string
	exit int
	hint string // a question or a command
}

func target(t error) func(error) bool { return func(err error) bool { return errors.Is(err, t) } }

func kind[T error](err error) bool {
	var t T
	return errors.As(err, &t)
}

// rules is the one table from errors to exit codes; the first match counts.
func rules() []rule {
	return []rule{
		{kind[*cli.UsageError], "usage", exitInvalid, ""},
		{kind[*plan.ParamError], "usage", exitInvalid, "--param NAME=VALUE gives a parameter its value"},
		{kind[*plan.ProfileError], "usage", exitInvalid, ""},
		{kind[*cli.FindingsError], "invalid", exitInvalid, "for more about a finding: headgate explain CODE"},
		{target(state.ErrBusy), "busy", exitBusy, "is it meant to run twice? --lock-timeout 5m waits for the other run"},
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
	var usage *cli.UsageError
	if errors.As(err, &usage) {
		f.Hint = usage.Hint
	}
	var param *plan.ParamError
	if errors.As(err, &param) && param.Hint != "" {
		f.Hint = param.Hint
	}
	return f
}
