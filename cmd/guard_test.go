package cmd

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/vault"
	"github.com/headgate/headgate/vault/slot"
)

// treeIn is the tree of commands for a home folder. With done that takes the place of
// whatever a command does.
func treeIn(home string, done func()) (*cobra.Command, *cli.Env) {
	env := newEnv(nil)
	env.UI = &ui.Terminal{Out: new(bytes.Buffer), Err: new(bytes.Buffer)}
	env.Getenv = func(name string) string {
		if name == "HOME" {
			return home
		}
		return ""
	}
	root := NewRoot(env)
	walk(root, func(c *cobra.Command) {
		c.SetContext(context.Background())
		if done == nil || guard.Of(c) == guard.None || !c.Runnable() {
			return
		}
		c.RunE = func(*cobra.Command, []string) error { done(); return nil }
		enforce(env, c)
	})
	return root, env
}

// free reports commands that need no log-in, or ask for it themselves.
func free(c *cobra.Command) bool {
	rule, _ := guard.RuleOf(guard.Of(c))
	return rule.Verb == "" && rule.Storeless
}

// TestNothingRunsWithoutAsking goes through all commands without a store, with one and
// nobody logged in, with a store that can't be read, and as somebody who may do nothing.
func TestNothingRunsWithoutAsking(t *testing.T) {
	empty, founded, damaged := t.TempDir(), t.TempDir(), t.TempDir()
	waits := found(t, founded)
	file := filepath.Join(damaged, ".local", "share", "headgate", "store.db")
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, bytes.Repeat([]byte("x"), 1<<16), 0o600)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		home string
		as   *vault.Member // nil: nobody is logged in, and the commands are those that people get
		fine func(r guard.Rule, err error) bool
	}{
		"no store": {empty, nil, func(_ guard.Rule, err error) bool {
			var none *cli.NoStoreError
			return errors.As(err, &none)
		}},
		"nobody":        {founded, nil, func(_ guard.Rule, err error) bool { return errors.Is(err, vault.ErrLogin) }},
		"damaged store": {damaged, nil, func(_ guard.Rule, err error) bool { return vault.ReasonOf(err) != vault.ReasonNone }},
		"a newcomer who waits": {founded, waits, func(r guard.Rule, err error) bool {
			return r.Verb == "" && err == nil || r.Verb != "" && vault.ReasonOf(err) == vault.ReasonDenied
		}},
	} {
		t.Run(name, func(t *testing.T) {
			done, asked := false, 0
			root, _ := treeIn(c.home, nil)
			if c.as != nil {
				var env *cli.Env
				root, env = treeIn(c.home, func() { done = true })
				env.Become(c.as)
			}
			walk(root, func(cmd *cobra.Command) {
				if !cmd.Runnable() || free(cmd) {
					return
				}
				rule, _ := guard.RuleOf(guard.Of(cmd))
				if c.home == empty && rule.Storeless {
					return // it would do what it does, here
				}
				asked++
				done = false
				err := cmd.RunE(cmd, nil)
				if !c.fine(rule, err) || c.as != nil && done != (err == nil) {
					t.Errorf("%s (%s): %v, done: %v", cmd.CommandPath(), rule.Permission, err, done)
				}
			})
			if asked < 20 {
				t.Errorf("only %d commands asked", asked)
			}
		})
	}
}

// found makes a store in a home folder, and an administrator who waits to be confirmed.
func found(t *testing.T, home string) *vault.Member {
	t.Helper()
	_, env := treeIn(home, nil)
	o, err := env.VaultOptions()
	if err != nil {
		t.Fatal(err)
	}
	ctx, v, keys := context.Background(), vault.At(o), []vault.NewSlot{{Type: slot.KeyFile}}
	owner, _, err := v.Init(ctx, vault.Founding{Email: "owner@example.com", Slots: keys})
	if err != nil {
		t.Fatal(err)
	}
	code, err := owner.Invite(ctx, vault.Invitation{Email: "ann@example.com", Role: "administrator"})
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := v.Accept(ctx, code, keys)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestGuardedCommandsCanBeGuarded: only RunE is wrapped.
func TestGuardedCommandsCanBeGuarded(t *testing.T) {
	walk(newTree(), func(c *cobra.Command) {
		if c.Runnable() && c.RunE == nil && guard.Of(c) != guard.None {
			t.Errorf("%s has Run instead of RunE", c.CommandPath())
		}
		if c.PreRun != nil || c.PreRunE != nil || c.PostRun != nil || c.PostRunE != nil || c.HasParent() && (c.PersistentPreRun != nil || c.PersistentPreRunE != nil) {
			t.Errorf("%s does something before or after it is allowed to", c.CommandPath())
		}
	})
}

// TestWhatNeedsNoStore: these serve in a fork's pipeline and on a machine that knows nobody.
func TestWhatNeedsNoStore(t *testing.T) {
	root := newTree()
	for _, name := range []string{"validate", "schema", "version", "help", "completion", "man", "explain", "doctor", "demo"} {
		c, _, err := root.Find([]string{name})
		if err != nil || guard.Of(c) != guard.None {
			t.Errorf("%s: %s %v", name, guard.Of(c), err)
		}
	}
}
