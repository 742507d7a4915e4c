// Package auditcmd holds the commands about the audit log.
package auditcmd

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/period"
	"github.com/headgate/headgate/vault"
)

// New is `headgate audit` with its commands.
func New(env *cli.Env) *cobra.Command {
	c := &cobra.Command{Use: "audit", Short: "Read and check the audit log"}
	c.AddCommand(NewList(env, nil), NewVerify(env, nil), NewExport(env, nil))
	return c
}

// Filter says which entries are wanted.
type Filter struct {
	Flow  string
	Who   string // --user: who did it, or whom it is about
	Code  string // HG4003, the beginning of one, or an event's name
	Since string
}

func (f *Filter) flags(s *pflag.FlagSet) {
	s.StringVar(&f.Flow, "flow", "", "entries about this `flow`")
	s.StringVar(&f.Who, "user", "", "entries by or about this `person` (to log in, use --key-file or a session)")
	s.StringVar(&f.Code, "code", "", "entries with this `code` or event: HG4003, HG4, run.start")
	s.StringVar(&f.Since, "since", "", "entries since a `time`: 24h, 7d, 2026-01-31")
}

// compile is f as a function.
func (f Filter) compile(now time.Time) (func(vault.Entry) bool, error) {
	since := time.Time{}
	if f.Since != "" {
		var err error
		if since, err = period.Since(f.Since, now); err != nil {
			return nil, &cli.UsageError{Message: "--since: " + err.Error()}
		}
	}
	code := strings.ToUpper(f.Code)
	if code != "" && code[0] >= '0' && code[0] <= '9' {
		code = "HG" + code
	}
	return func(e vault.Entry) bool {
		switch {
		case e.Time.Before(since):
			return false
		case f.Flow != "" && !about(e, f.Flow):
			return false
		case f.Who != "" && !strings.EqualFold(e.Actor, f.Who) && !strings.EqualFold(e.Object, f.Who):
			return false
		}
		return code == "" || strings.HasPrefix(e.Code, code) || e.Event == f.Code
	}, nil
}

// about reports whether an entry is about a flow: its runs, what read its secrets, its approvals,
// and what somebody was refused to do with it.
func about(e vault.Entry, flow string) bool {
	if e.Object == flow {
		return strings.HasPrefix(e.Code, "HG4") || e.Event == "secret.use"
	}
	var refused struct{ Flow string }
	return e.Event == "denied" && json.Unmarshal(e.Body, &refused) == nil && refused.Flow == flow
}

// batch is how many entries are read at a time: the store is not kept open while
// somebody looks at them.
const batch = 1000

var errEnough = errors.New("enough")

// each calls fn for every entry that the person may read and that wanted lets pass,
// size of them at a time.
func each(ctx context.Context, m *vault.Member, wanted func(vault.Entry) bool, fn func(vault.Entry) error, size int) error {
	for from := uint64(0); ; {
		var list []vault.Entry
		err := m.Audit(ctx, from, func(e vault.Entry) error {
			from = e.Seq + 1
			if wanted(e) {
				list = append(list, e)
			}
			if len(list) == size {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			return err
		}
		for _, e := range list {
			if err := fn(e); err != nil {
				return err
			}
		}
		if err == nil {
			return nil
		}
	}
}
