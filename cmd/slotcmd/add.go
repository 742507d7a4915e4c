package slotcmd

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/keyout"
	"github.com/headgate/headgate/cmd/internal/password"
	"github.com/headgate/headgate/vault"
	"github.com/headgate/headgate/vault/slot"
)

// AddOptions is what `slot add` works from.
type AddOptions struct {
	Env      *cli.Env
	Type     slot.Type
	KeyOut   string
	Password password.Source
}

const addHelp = `Give yourself another way in. TYPE is one of

  password     a password
  device       a password that counts on this machine only, together with a key in its keyring
  keyring      the keyring of this machine alone; the policy says for which roles
  keyfile      a key file, written to --key-out; you may have several
  recovery     a code to keep on paper, printed once

One of the same type is replaced, except key files.`

// types are the words for the types of slots.
func types() map[string]slot.Type {
	return map[string]slot.Type{"password": slot.Password, "device": slot.Device, "keyring": slot.Keyring, "keyfile": slot.KeyFile, "recovery": slot.Recovery}
}

// NewAdd is `headgate slot add`.
func NewAdd(env *cli.Env, runF func(context.Context, *AddOptions) error) *cobra.Command {
	o := &AddOptions{Env: env}
	words := []string{"password", "device", "keyring", "keyfile", "recovery"}
	c := guard.Needs(&cobra.Command{
		Use:       "add TYPE [flags]",
		Short:     "Give yourself another way in",
		Long:      addHelp,
		Example:   "  headgate slot add keyfile --key-out laptop.key",
		ValidArgs: words,
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cli.OneOf("type of slot", words)),
		RunE: func(c *cobra.Command, args []string) error {
			o.Type = types()[args[0]]
			if (o.Type == slot.KeyFile) != (o.KeyOut != "") {
				return &cli.UsageError{Message: "--key-out goes with a slot of type keyfile", Hint: "headgate slot add keyfile --key-out FILE"}
			}
			if o.Password.Given() && o.Type != slot.Password && o.Type != slot.Device {
				return cli.Usagef("slot add %s takes no password", args[0])
			}
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runAdd(c.Context(), o)
		},
	}, guard.LoggedIn)
	c.Flags().StringVar(&o.KeyOut, "key-out", "", "write the key to this `file`, which must not exist")
	o.Password.Flags(c.Flags(), "generate")
	return c
}

type added struct {
	Slot     string    `json:"slot"`
	Type     slot.Type `json:"type"`
	KeyFile  string    `json:"key_file,omitempty"`
	Password string    `json:"password,omitempty"`      // generated; shown only now
	Recovery string    `json:"recovery_code,omitempty"` // shown only now
}

func runAdd(ctx context.Context, o *AddOptions) error {
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	n := vault.NewSlot{Type: o.Type}
	done := added{Type: o.Type, KeyFile: o.KeyOut}
	if o.Type == slot.Password || o.Type == slot.Device {
		if n.Password, done.Password, err = password.New(ctx, o.Env, o.Password, "--generate or --password-stdin"); err != nil {
			return err
		}
		defer clear(n.Password)
	}
	made, err := add(ctx, m, n, o.KeyOut)
	if err != nil {
		return err
	}
	done.Slot = made.Name
	if o.Type == slot.Recovery {
		done.Recovery = made.Secret
	}
	return o.Env.UI.Result(done, done.print)
}

// add makes the slot. The place of a key file is taken before its key is made.
func add(ctx context.Context, m *vault.Member, n vault.NewSlot, file string) (vault.MadeSlot, error) {
	if file == "" {
		return m.AddSlot(ctx, n)
	}
	f, err := keyout.Reserve(file)
	if err != nil {
		return vault.MadeSlot{}, err
	}
	defer f.Close()
	made, err := m.AddSlot(ctx, n)
	if err != nil {
		return made, err
	}
	return made, f.Write(made.Secret)
}

func (a added) print(w io.Writer) {
	fmt.Fprintf(w, "added slot %s\n", a.Slot)
	for _, line := range []struct{ what, text string }{{"key file", a.KeyFile}, {"password", a.Password}, {"recovery code", a.Recovery}} {
		if line.text != "" {
			fmt.Fprintf(w, "%s: %s\n", line.what, line.text)
		}
	}
}
