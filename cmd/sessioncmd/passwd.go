package sessioncmd

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/password"
	"github.com/headgate/headgate/vault"
	"github.com/headgate/headgate/vault/slot"
)

// PasswdOptions is what `passwd` works from.
type PasswdOptions struct {
	Env      *cli.Env
	Password password.Source
	Recovery bool
}

const passwdHelp = `Set a password, or another one. Log in with the old password, a key file or a session; after
losing them, with --recovery and the code that was printed when you enrolled.

Nobody can set a password for somebody else: nobody has their keys. ` + "`headgate user reset`" + ` invites
somebody anew who lost everything.`

// NewPasswd is `headgate passwd`.
func NewPasswd(env *cli.Env, runF func(context.Context, *PasswdOptions) error) *cobra.Command {
	o := &PasswdOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:   "passwd [--generate | --password-stdin]",
		Short: "Set another password",
		Long:  passwdHelp,
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runPasswd(c.Context(), o)
		},
	}, guard.LogIn)
	o.Password.Flags(c.Flags(), "generate")
	c.Flags().BoolVar(&o.Recovery, "recovery", false, "log in with the recovery code, from the terminal or standard input")
	return c
}

type passwordSet struct {
	Slot     string `json:"slot"`
	Password string `json:"password,omitempty"` // generated; shown only now
}

func runPasswd(ctx context.Context, o *PasswdOptions) error {
	if o.Recovery && o.Password.Stdin {
		return cli.Usagef("standard input has either the recovery code or the password: --generate makes one")
	}
	login := o.Env.Member
	if o.Recovery {
		login = o.Env.Recover
	}
	m, err := login(ctx)
	if err != nil {
		return err
	}
	kind, err := passwordSlot(ctx, m)
	if err != nil {
		return err
	}
	pw, made, err := password.New(ctx, o.Env, o.Password, "--generate or --password-stdin")
	if err != nil {
		return err
	}
	defer clear(pw)
	s, err := m.AddSlot(ctx, vault.NewSlot{Type: kind, Password: pw})
	if err != nil {
		return err
	}
	return o.Env.UI.Result(passwordSet{s.Name, made}, func(w io.Writer) {
		if made != "" {
			fmt.Fprintf(w, "password: %s\n", made)
			return
		}
		fmt.Fprintln(w, "the password is set")
	})
}

// passwordSlot is the type that the person's password has: with the device's key where
// it had that before, so that a new password takes no factor away.
func passwordSlot(ctx context.Context, m *vault.Member) (slot.Type, error) {
	list, err := m.Slots(ctx)
	if err != nil {
		return "", err
	}
	kind := slot.Password
	for _, s := range list {
		if s.Type == slot.Device {
			kind = slot.Device
		}
	}
	return kind, nil
}
