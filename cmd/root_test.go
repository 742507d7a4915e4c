package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/flow/state"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
	"github.com/headgate/headgate/vault/slot"
	"github.com/headgate/headgate/vault/store"
)

func newTree() *cobra.Command {
	env := newEnv(nil)
	env.UI = &ui.Terminal{Out: new(bytes.Buffer), Err: new(bytes.Buffer)}
	return NewRoot(env)
}

func walk(c *cobra.Command, do func(*cobra.Command)) {
	do(c)
	for _, child := range c.Commands() {
		walk(child, do)
	}
}

// TestEveryCommandDeclaresItsPermission is what keeps a command from being forgotten
// when permissions are enforced.
func TestEveryCommandDeclaresItsPermission(t *testing.T) {
	n := 0
	walk(newTree(), func(c *cobra.Command) {
		n++
		p := guard.Of(c)
		if _, known := guard.RuleOf(p); !known {
			t.Errorf("%s: permission %q", c.CommandPath(), p)
		}
	})
	if n < 20 {
		t.Errorf("only %d commands", n)
	}
}

func TestEveryCommandIsDocumented(t *testing.T) {
	walk(newTree(), func(c *cobra.Command) {
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: short help %q", c.CommandPath(), c.Short)
		}
		for line := range strings.Lines(c.Long) {
			if len([]rune(line)) > 101 {
				t.Errorf("%s: a line of %d characters: %s", c.CommandPath(), len(line), line)
			}
		}
	})
}

func TestFailure(t *testing.T) {
	for _, c := range []struct {
		err  error
		code string
		exit int
	}{
		{errors.New("x"), "failed", 1},
		{cli.Usagef("x"), "usage", 2},
		{&plan.ParamError{Name: "day"}, "usage", 2},
		{&plan.ProfileError{Name: "dev"}, "usage", 2},
		{&cli.FindingsError{}, "invalid", 2},
		{connector.ErrUnreachable, "unreachable", 3},
		{&cli.Outcome{Exit: 4, Code: "partial"}, "partial", 4},
		{&cli.Outcome{Exit: 5, Code: "empty"}, "empty", 5},
		{state.ErrBusy, "busy", 6},
		{context.DeadlineExceeded, "timeout", 1},
		{connector.ErrRefused, "refused", 12},
		{connector.ErrIntegrity, "integrity", 13},
		{&cli.NoStoreError{Path: "x"}, "no-store", 10},
		{&plan.NoStoreError{}, "no-store", 10},
		{store.ErrMissing, "no-store", 10},
		{&cli.InputError{}, "input", 10},
		{ui.ErrNoAnswer, "input", 10},
		{vault.ErrLogin, "login", 10},
		{slot.ErrWrong, "login", 10},
		{&rbac.DeniedError{}, "denied", 11},
		{&vault.BindingError{}, "refused", 12},
		{&rbac.UnapprovedError{}, "refused", 12},
		{&store.PlaceError{}, "refused", 12},
		{&vault.TamperedError{}, "integrity", 13},
		{&store.DamagedError{}, "integrity", 13},
		{&vault.AuditError{Err: errors.New("no space left")}, "audit", 14},
		{errors.Join(&vault.AuditError{Err: errors.New("no space left")}, connector.ErrUnreachable), "audit", 14},
		{&store.NewerError{}, "newer", 15},
		{store.ErrBusy, "busy", 6},
		{&vault.UnsetError{}, "unset", 2},
		{&slot.WeakError{}, "usage", 2},
		{&rbac.InvalidError{}, "usage", 2},
		{&cli.SignalError{Number: 2}, "interrupted", 130},
		{&cli.SignalError{Number: 15}, "interrupted", 143},
	} {
		got := failure(fmt.Errorf("run x: %w", c.err))
		if got.Code != c.code || got.Exit != c.exit {
			t.Errorf("%v: %s %d, want %s %d", c.err, got.Code, got.Exit, c.code, c.exit)
		}
	}
	for err, want := range map[error]string{
		&vault.BindingError{Secret: "shop/ssh@connection:shop#dev"}: "headgate secret set shop/ssh --connection shop --env dev",
		&vault.BindingError{Secret: "pepper@key:pii"}:               "headgate secret set pepper --key pii",
		&vault.UnsetError{Secret: "dwh@connection:warehouse"}:       "headgate secret set dwh --connection warehouse",
	} {
		if got := failure(err); !strings.HasSuffix(got.Hint, want) {
			t.Errorf("%v: hint %q", err, got.Hint)
		}
	}
	if failure(nil) != nil {
		t.Error("nil is a failure")
	}
}

// TestEveryErrorIsExplained: `headgate explain` knows the code of every error.
func TestEveryErrorIsExplained(t *testing.T) {
	known, err := os.ReadFile("toolcmd/codes.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules() {
		if !strings.Contains(string(known), "\n"+r.code+": ") {
			t.Errorf("code %s has no line in toolcmd/codes.txt", r.code)
		}
	}
}
