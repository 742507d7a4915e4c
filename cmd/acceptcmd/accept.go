// Package acceptcmd holds the command with which an invited person enrols.
package acceptcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/keyout"
	"github.com/headgate/headgate/cmd/internal/password"
	"github.com/headgate/headgate/cmd/internal/people"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
	"github.com/headgate/headgate/vault/slot"
)

// Options is what `accept` works from.
type Options struct {
	Env      *cli.Env
	Code     string
	KeyOut   string
	Password password.Source
	Device   bool
}

const help = `Enrol in a store with the code of an invitation. The keys are made here and leave this machine
never; the code is worth nothing afterwards. How you log in later:

    --key-out FILE      a key file, for programs: with --key-file FILE
    --password-stdin    a password, read from standard input
    --generate          a password that is made here and printed, once, alone on standard output
    --device            the password counts only together with a key in this device's keyring

With - as CODE the code is read from standard input, so that it stands in no list of processes.
Without any of the flags the password is asked for. A password has 15 characters or more (10 with
--device), lower-case and upper-case letters and a digit, as the store's policy says.`

// NewAccept is `headgate accept`.
func NewAccept(env *cli.Env, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:               "accept CODE",
		Short:             "Enrol with the code of an invitation",
		Long:              help,
		Example:           "  headgate accept hgi1-... --key-out ann.key\n  headgate accept hgi1-... --generate",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			o.Code = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runAccept(c.Context(), o)
		},
	}, guard.LogIn)
	c.Flags().StringVar(&o.KeyOut, "key-out", "", "write a key `file`, which must not exist")
	c.Flags().BoolVar(&o.Device, "device", false, "let the password count only with a key in this device's keyring")
	o.Password.Flags(c.Flags(), "generate")
	return c
}

// accepted is the result of `accept`.
type accepted struct {
	ID       string   `json:"id"`
	User     string   `json:"user"` // "" until the person may see names
	Role     string   `json:"role"`
	Waiting  bool     `json:"waiting"` // for user confirm
	Slots    []string `json:"slots"`
	KeyFile  string   `json:"key_file,omitempty"`
	Password string   `json:"password,omitempty"` // one that was made here
}

func runAccept(ctx context.Context, o *Options) error {
	v, err := o.Env.Vault()
	if err != nil {
		return err
	}
	code, err := o.code()
	if err != nil {
		return err
	}
	slots, made, err := o.slots(ctx)
	if err != nil {
		return err
	}
	var file *keyout.File
	if o.KeyOut != "" {
		if file, err = keyout.Reserve(o.KeyOut); err != nil {
			return err
		}
	}
	m, ways, err := v.Accept(ctx, code, slots)
	if m == nil {
		if file != nil {
			err = errors.Join(err, file.Close())
		}
		return refused(err)
	}
	o.Env.Become(m)
	// From here on the code is used up: what was made is handed out whatever else fails.
	err = people.Done(o.Env.UI, err)
	if file != nil {
		err = errors.Join(err, file.Write(secretOf(ways, slot.KeyFile)), file.Close())
	}
	return errors.Join(err, o.tell(ctx, m, ways, made))
}

// longest is more than a code has.
const longest = 4096

func (o *Options) code() (string, error) {
	if o.Code != "-" {
		return strings.TrimSpace(o.Code), nil
	}
	if o.Password.Stdin {
		return "", cli.Usagef("standard input is either the code or the password, not both")
	}
	b, err := io.ReadAll(io.LimitReader(o.Env.UI.In, longest))
	return strings.TrimSpace(string(b)), err
}

// codeError says why a code does not work, in place of "not logged in".
type codeError struct{ err error }

func (e *codeError) Unwrap() error { return e.err }

// Advice is the hint that goes with it.
func (e *codeError) Advice() string {
	return "whoever invited you can make a new code: headgate user invite"
}

func (e *codeError) Error() string {
	var invalid *rbac.InvalidError
	if errors.As(e.err, &invalid) {
		return "accept: " + invalid.Why
	}
	return "accept: " + strings.TrimPrefix(e.err.Error(), vault.ErrLogin.Error()+": ")
}

func refused(err error) error {
	if errors.Is(err, vault.ErrLogin) {
		return &codeError{err}
	}
	return err
}

// slots are the ways in that were asked for, and the password if it was made here.
func (o *Options) slots(ctx context.Context) (list []vault.NewSlot, made string, err error) {
	if o.KeyOut != "" {
		list = append(list, vault.NewSlot{Type: slot.KeyFile})
	}
	if o.KeyOut != "" && !o.Password.Given() && !o.Device {
		return list, "", nil
	}
	kind := slot.Password
	if o.Device {
		kind = slot.Device
	}
	pw, made, err := password.New(ctx, o.Env, o.Password, "--key-out FILE, --generate or --password-stdin says how you will log in")
	return append(list, vault.NewSlot{Type: kind, Password: pw}), made, err
}

func secretOf(ways []vault.MadeSlot, kind slot.Type) string {
	for _, w := range ways {
		if w.Type == kind {
			return w.Secret
		}
	}
	return ""
}

func (o *Options) tell(ctx context.Context, m *vault.Member, ways []vault.MadeSlot, made string) error {
	r := accepted{ID: m.ID, KeyFile: o.KeyOut, Password: made, Slots: []string{}}
	for _, w := range ways {
		r.Slots = append(r.Slots, string(w.Type))
	}
	p, _, err := m.Myself(ctx)
	if err == nil {
		r.User, r.Role, r.Waiting = p.Name, string(p.Role), p.Pending
		o.Env.UI.Note("you are " + people.Called(p) + ", " + string(p.Role))
	}
	if r.Waiting {
		o.Env.UI.Note("an administrator lets you in: headgate user confirm " + people.Called(p))
	}
	if o.KeyOut != "" {
		o.Env.UI.Note("log in with --key-file " + o.KeyOut + "; keep that file to yourself")
	}
	if made != "" {
		o.Env.UI.Note("your password follows; it is shown once:")
	}
	return errors.Join(err, o.Env.UI.Result(r, func(w io.Writer) {
		if made != "" {
			fmt.Fprintln(w, made)
		}
	}))
}
