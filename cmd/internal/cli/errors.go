package cli

import (
	"fmt"

	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/flow"
)

// UsageError is a command line that makes no sense. Hint may say what would.
type UsageError struct {
	Message, Hint string
}

func (e *UsageError) Error() string { return e.Message }

// Usagef is a UsageError without a hint.
func Usagef(format string, args ...any) error {
	return &UsageError{Message: fmt.Sprintf(format, args...)}
}

// InputError is something that a person would have been asked for, and nobody is there
// to answer. Hint names the flag that gives it.
type InputError struct {
	Message, Hint string
}

func (e *InputError) Error() string { return e.Message }

// FindingsError is what is wrong with the project's files.
type FindingsError struct {
	Diags []flow.Diag
	Shown bool // they were printed already
}

// Error counts the findings: "3 findings in 2 files".
func (e *FindingsError) Error() string { return CountFindings(e.Diags) }

// CountFindings says how many findings there are and in how many files.
func CountFindings(diags []flow.Diag) string {
	files := map[string]bool{}
	for _, d := range diags {
		files[d.File] = true
	}
	return ui.Plural(int64(len(diags)), "finding") + " in " + ui.Plural(int64(len(files)), "file")
}

// Outcome ends a command that did its work and yet has something to tell by its
// exit code: rejected rows, nothing to do.
type Outcome struct {
	Exit    int
	Code    string
	Message string
	Hint    string
}

func (o *Outcome) Error() string { return o.Message }

// SignalError ends a command that a signal stopped.
type SignalError struct{ Number int }

func (e *SignalError) Error() string {
	if e.Number == sigterm {
		return "stopped by SIGTERM"
	}
	return "interrupted"
}

// Exit is 128 and the signal's number, as shells have it.
func (e *SignalError) Exit() int { return 128 + e.Number }
