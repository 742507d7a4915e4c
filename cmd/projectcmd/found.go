package projectcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/keyout"
	"github.com/headgate/headgate/cmd/internal/password"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
	"github.com/headgate/headgate/vault/keyring"
	"github.com/headgate/headgate/vault/slot"
)

// Founded is what `init` tells of a new store. What it prints of secrets can never be
// seen again.
type Founded struct {
	Owner        string   `json:"owner"`
	Fingerprint  string   `json:"fingerprint"`
	Ways         []string `json:"ways"` // the owner's slots
	KeyFile      string   `json:"key_file,omitempty"`
	Password     string   `json:"password,omitempty"` // generated
	RecoveryCode string   `json:"recovery_code"`

	Admin        string `json:"admin,omitempty"`
	AdminKeyFile string `json:"admin_key_file,omitempty"`
	AdminCode    string `json:"admin_code,omitempty"` // for `headgate accept`
}

// ask completes the options for the store by questions, where somebody is there. It
// reports whether a store is wanted.
func (o *InitOptions) ask(ctx context.Context) (wanted bool, err error) {
	t := o.Env.UI
	if o.Email == "" && t.Interactive {
		if o.Email, err = t.Ask(ctx, "Your e-mail address, to make a store with you as its owner (empty: no store)"); err != nil {
			return false, err
		}
		if o.Email == "" && len(o.ForStore) == 0 {
			return false, nil
		}
	}
	switch {
	case o.Email == "":
		return false, &cli.InputError{Message: "a store needs an owner", Hint: "--email ADDRESS says who that is"}
	case o.AdminKeyOut != "" && o.Admin == "":
		return false, cli.Usagef("--admin-key-out goes with --admin ADDRESS")
	case o.Offline && o.Admin == "":
		return false, &cli.UsageError{Message: "--owner-offline leaves nobody to work with the store", Hint: "--admin ADDRESS names who does"}
	}
	for _, e := range []*string{&o.Email, &o.Admin} {
		if *e == "" {
			continue
		}
		if *e, err = rbac.Email(*e); err != nil {
			return false, cli.Usagef("%v", err)
		}
	}
	if o.Email == o.Admin {
		return false, cli.Usagef("the administrator must be somebody else than the owner")
	}
	return true, nil
}

// found makes the store, its owner and the administrator.
func (o *InitOptions) found(ctx context.Context) (*Founded, error) {
	vo, err := o.Env.VaultOptions()
	if err != nil {
		return nil, err
	}
	if vo.Shared = o.Group != ""; vo.Shared {
		if err := shareFolder(filepath.Dir(vo.Path), o.Group); err != nil {
			return nil, err
		}
	} else if closed, err := closeFolder(filepath.Dir(vo.Path)); err != nil {
		return nil, fmt.Errorf("make the store: %w", err)
	} else if closed {
		o.Env.UI.Note("folder " + filepath.Dir(vo.Path) + " holds the store now: nobody else may enter it (mode 0700)")
	}
	key, drop, err := reserve(o.KeyOut)
	if err != nil {
		return nil, err
	}
	defer drop()
	adminKey, drop, err := reserve(o.AdminKeyOut)
	if err != nil {
		return nil, err
	}
	defer drop()
	slots, made, err := o.ways(ctx)
	if err != nil {
		return nil, err
	}
	v := vault.At(vo)
	owner, got, err := v.Init(ctx, vault.Founding{Email: o.Email, Slots: slots})
	if err != nil {
		return nil, err
	}
	o.Env.Become(owner)
	f := &Founded{Owner: o.Email, Fingerprint: string(owner.Fingerprint()), Password: made}
	for _, s := range got {
		f.Ways = append(f.Ways, s.Name)
		switch s.Type {
		case slot.Recovery:
			f.RecoveryCode = s.Secret
		case slot.KeyFile:
			f.KeyFile = o.KeyOut
			err = key.Write(s.Secret)
		}
	}
	if err == nil && o.Admin != "" {
		err = o.appoint(ctx, v, owner, adminKey, f)
	}
	return f, err
}

// reserve makes room for a key file, none without a name. drop takes it away again
// when no key was written.
func reserve(name string) (f *keyout.File, drop func(), err error) {
	if name == "" {
		return nil, func() {}, nil
	}
	if f, err = keyout.Reserve(name); err != nil {
		return nil, nil, err
	}
	return f, func() { _ = f.Close() }, nil
}

// ways are the owner's ways in. made is a generated password.
func (o *InitOptions) ways(ctx context.Context) (slots []vault.NewSlot, made string, err error) {
	slots = []vault.NewSlot{{Type: slot.Recovery}}
	if o.KeyOut != "" {
		slots = append(slots, vault.NewSlot{Type: slot.KeyFile})
	}
	if o.KeyOut != "" && !o.Password.Given() {
		return slots, "", nil
	}
	pw, made, err := password.New(ctx, o.Env, o.Password, "--key-out FILE, --password-stdin or --generate-password is a way in")
	if err != nil {
		return nil, "", err
	}
	kind := slot.Password
	if !o.NoKeyring && o.Env.UI.Interactive && keyring.System("").Present() == nil {
		both, err := o.Env.UI.Confirm(ctx, "Shall the password count on this machine only, together with a key in its keyring?")
		if err != nil {
			return nil, "", err
		}
		if both {
			kind = slot.Device
		}
	}
	return append(slots, vault.NewSlot{Type: kind, Password: pw}), made, nil
}

// appoint makes the administrator: at once with a key file, otherwise by a code that
// waits for the owner's confirmation.
func (o *InitOptions) appoint(ctx context.Context, v *vault.Vault, owner *vault.Member, key *keyout.File, f *Founded) error {
	f.Admin = o.Admin
	code, err := owner.Invite(ctx, vault.Invitation{Email: o.Admin, Role: rbac.Administrator})
	if err != nil {
		return fmt.Errorf("invite the administrator: %w", err)
	}
	if o.AdminKeyOut == "" {
		f.AdminCode = code
		return nil
	}
	admin, made, err := v.Accept(ctx, code, []vault.NewSlot{{Type: slot.KeyFile}})
	if err != nil {
		return fmt.Errorf("enrol the administrator: %w", err)
	}
	defer admin.Close()
	_, err = owner.Confirm(ctx, o.Admin)
	f.AdminKeyFile = o.AdminKeyOut
	return errors.Join(err, key.Write(made[0].Secret))
}

func (f *Founded) print(w io.Writer) {
	fmt.Fprintf(w, "its owner is %s\n", f.Owner)
	if f.KeyFile != "" {
		fmt.Fprintf(w, "key file: %s\n", f.KeyFile)
	}
	if f.Password != "" {
		fmt.Fprintf(w, "password: %s\n", f.Password)
	}
	fmt.Fprintf(w, "recovery code: %s\n", f.RecoveryCode)
	if f.Admin == "" {
		return
	}
	fmt.Fprintf(w, "administrator: %s\n", f.Admin)
	if f.AdminKeyFile != "" {
		fmt.Fprintf(w, "their key file: %s\n", f.AdminKeyFile)
		return
	}
	fmt.Fprintf(w, "their code: %s\n", f.AdminCode)
	fmt.Fprintf(w, "they type: headgate accept CODE; then you: headgate user confirm %s\n", f.Admin)
}
