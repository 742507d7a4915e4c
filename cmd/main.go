// Package cmd is the program: it builds the commands, runs one, and turns what came
// of it into an exit code. It is the only place where flows, the store and roles
// meet.
package cmd

import (
	"context"
	"errors"
	"io"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/harden"
	"github.com/headgate/headgate/cmd/internal/ui"
)

// softMemory is what the garbage collector aims to stay under. A run's memory does
// not grow with its input, so this is a matter of tidiness; GOMEMLIMIT overrides it.
const softMemory = 48 << 20

// Main runs the program with the arguments of the process and returns its exit code.
func Main() int {
	harden.Process()
	log.SetOutput(io.Discard) // libraries quote there what servers sent; errors come back as errors
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softMemory)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
	// A reader that went away (| head) is an error of the write, not the end of a run.
	signal.Ignore(syscall.SIGPIPE)
	ctx, signals := cli.Listen(context.Background(), os.Exit)
	return execute(ctx, newEnv(signals), os.Args[1:])
}

// execute runs the command that args name.
func execute(ctx context.Context, env *cli.Env, args []string) int {
	defer env.Close()
	root := NewRoot(env)
	root.SetArgs(args)
	c, err := root.ExecuteContextC(ctx)
	if err != nil {
		if sig := env.Signals.Err(); sig != nil && errors.Is(err, context.Canceled) {
			err = sig
		}
	}
	if errors.Is(err, ui.ErrNobodyReads) {
		return 0
	}
	failure := env.Failure(err)
	if err != nil && slices.Contains(args, "--json") {
		env.UI.JSON = true // perhaps the command line could not be read, and so no flag
	}
	switch told := report(env, c, failure, err); {
	case failure != nil:
		return failure.Exit
	case !told:
		return exitFailed
	}
	return 0
}

// report says how the command ended. It is false when the result could not be printed.
func report(env *cli.Env, c *cobra.Command, failure *ui.Failure, err error) (told bool) {
	var findings *cli.FindingsError
	if errors.As(err, &findings) && !findings.Shown {
		if env.UI.JSON {
			env.UI.Result(map[string]any{"findings": findings.Diags}, nil)
		} else {
			env.ShowFindings(findings.Diags)
		}
	}
	name := strings.TrimPrefix(strings.TrimPrefix(c.CommandPath(), c.Root().Name()), " ")
	told = true
	if e := env.UI.Finish(name, failure); e != nil && !errors.Is(e, syscall.EPIPE) {
		env.UI.Error("write standard output: "+e.Error(), "")
		told = false
	}
	switch {
	case failure == nil || env.UI.JSON:
	case findings != nil && findings.Shown:
		env.UI.Note(failure.Hint)
	default:
		env.UI.Error(failure.Message, failure.Hint)
	}
	return told
}
