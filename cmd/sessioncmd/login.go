// Package sessioncmd holds the commands of the person who works: log in and out, who
// am I, another password.
package sessioncmd

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/vault"
	"github.com/headgate/headgate/vault/auditlog"
)

// How long a session may last.
const (
	shortest = time.Minute
	longest  = 7 * 24 * time.Hour
)

// LoginOptions is what `login` works from.
type LoginOptions struct {
	Env      *cli.Env
	TTL      time.Duration
	Recovery bool
}

const loginHelp = `Stay logged in for a while, so that commands do not ask again. Who you are says --user with a
password, or a key file.

The keys lie encrypted in a file that ends with the session of the system, and what opens them
in the system's keyring, or in the kernel's where no desktop runs. Where there is neither, each
command asks.

--recovery takes the recovery code that was printed when the store was made or you enrolled,
from the terminal or standard input; ` + "`headgate passwd`" + ` then sets a new password.`

// NewLogin is `headgate login`.
func NewLogin(env *cli.Env, runF func(context.Context, *LoginOptions) error) *cobra.Command {
	o := &LoginOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:   "login [--user ADDRESS] [flags]",
		Short: "Stay logged in for a while",
		Long:  loginHelp,
		Example: `  headgate login --user ann@example.com
  headgate login --key-file ann.key --ttl 30m`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.TTL < shortest || o.TTL > longest {
				return cli.Usagef("--ttl must be between 1m and 168h")
			}
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runLogin(c.Context(), o)
		},
	}, guard.LogIn)
	f := c.Flags()
	f.DurationVar(&o.TTL, "ttl", 8*time.Hour, "for this long")
	f.BoolVar(&o.Recovery, "recovery", false, "with the recovery code instead of the password")
	return c
}

type loggedIn struct {
	User  string    `json:"user"`
	Until time.Time `json:"until"`
}

func runLogin(ctx context.Context, o *LoginOptions) error {
	sessions, ok := o.Env.Sessions()
	if !ok {
		return &cli.Outcome{Exit: 1, Code: "no-keyring", Message: "nothing here can keep a session: there is no keyring, or no folder for it", Hint: "--key-file FILE logs in for one command"}
	}
	m, err := o.member(ctx)
	if err != nil {
		return err
	}
	me, _, err := m.Myself(ctx)
	if err != nil {
		return err
	}
	until, err := m.Login(ctx, sessions, o.TTL)
	if err != nil {
		return err
	}
	done := loggedIn{me.Name, until.UTC().Truncate(time.Second)}
	return o.Env.UI.Result(done, func(w io.Writer) {
		fmt.Fprintf(w, "%s is logged in until %s\n", done.User, until.Local().Format("2006-01-02 15:04"))
	})
}

func (o *LoginOptions) member(ctx context.Context) (*vault.Member, error) {
	env := o.Env
	if o.Recovery {
		return env.Recover(ctx)
	}
	if env.Global.User == "" && env.UI.Interactive && !env.KeyGiven() {
		var err error
		if env.Global.User, err = env.UI.Ask(ctx, "Your e-mail address"); err != nil {
			return nil, err
		}
	}
	return env.LogIn(ctx)
}

// LogoutOptions is what `logout` works from.
type LogoutOptions struct{ Env *cli.Env }

// NewLogout is `headgate logout`.
func NewLogout(env *cli.Env, runF func(context.Context, *LogoutOptions) error) *cobra.Command {
	o := &LogoutOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:   "logout",
		Short: "End the session that login began",
		Long:  "End the session that `headgate login` began. Without one nothing happens.",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runLogout(c.Context(), o)
		},
	}, guard.LogIn)
}

type loggedOut struct {
	LoggedOut bool `json:"logged_out"` // there was a session
}

func runLogout(ctx context.Context, o *LogoutOptions) error {
	done := loggedOut{}
	v, err := o.Env.Vault()
	if err != nil {
		return err
	}
	if s, ok := o.Env.Sessions(); ok {
		if done.LoggedOut, err = end(ctx, o.Env, v, s); err != nil {
			return err
		}
	}
	return o.Env.UI.Result(done, func(w io.Writer) {
		if done.LoggedOut {
			fmt.Fprintln(w, "logged out")
			return
		}
		fmt.Fprintln(w, "nobody was logged in")
	})
}

// end ends the session. A session that the store does not take any more ends too.
func end(ctx context.Context, env *cli.Env, v *vault.Vault, s vault.Sessions) (was bool, err error) {
	fp, err := v.Fingerprint(ctx)
	if err != nil {
		return false, err
	}
	credential, err := s.Resume(fp, env.Now())
	if err == nil && credential != nil {
		was = true
		var m *vault.Member
		if m, err = v.Unlock(ctx, *credential); err == nil {
			defer m.Close()
			err = m.Record(ctx, auditlog.Object{Kind: auditlog.Logout, Object: m.ID})
		}
	}
	if e := s.End(fp); e != nil {
		return was, e
	}
	if vault.ReasonOf(err) == vault.ReasonLogin {
		return true, nil
	}
	return was, err
}
