package auditcmd

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/vault"
	"github.com/headgate/headgate/vault/auditlog"
)

// ExportOptions is what `audit export` works from.
type ExportOptions struct {
	Env *cli.Env
	Filter
	Format string
}

const exportHelp = `Print entries of the audit log, an object a line: seq, time, code, event, actor, object, the body,
and the hash that the next entry is chained to. Administrators get everybody's entries, everybody
else their own. That the log was exported is an entry too, the last of the export.`

// NewExport is `headgate audit export`.
func NewExport(env *cli.Env, runF func(context.Context, *ExportOptions) error) *cobra.Command {
	o := &ExportOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:     "export",
		Short:   "Print the audit log for other programs",
		Long:    exportHelp,
		Example: "  headgate audit export --format jsonl --since 30d > audit.jsonl",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runExport(c.Context(), o)
		},
	}, guard.ReadAudit)
	o.flags(c.Flags())
	c.Flags().StringVar(&o.Format, "format", "jsonl", "the `format`: jsonl")
	return c
}

func runExport(ctx context.Context, o *ExportOptions) error {
	if o.Format != "jsonl" {
		return &cli.UsageError{Message: "unknown format " + spec.Quote(o.Format), Hint: "one of: jsonl"}
	}
	wanted, err := o.compile(o.Env.Now())
	if err != nil {
		return err
	}
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	if err := m.Record(ctx, auditlog.Object{Kind: auditlog.AuditExport, Object: o.Format}); err != nil {
		return err
	}
	if o.Env.UI.JSON {
		list := []vault.Entry{}
		err := each(ctx, m, wanted, func(e vault.Entry) error { list = append(list, e); return nil }, batch)
		return errors.Join(err, o.Env.UI.Result(map[string]any{"entries": list}, func(io.Writer) {}))
	}
	return o.lines(ctx, m, wanted)
}

// lines prints entries as they are read, so that a large log takes no more memory than
// a small one.
func (o *ExportOptions) lines(ctx context.Context, m *vault.Member, wanted func(vault.Entry) bool) error {
	w := bufio.NewWriter(o.Env.UI.Out)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	err := each(ctx, m, wanted, func(x vault.Entry) error { return e.Encode(x) }, batch)
	if err == nil {
		err = w.Flush()
	}
	if errors.Is(err, syscall.EPIPE) {
		return ui.ErrNobodyReads
	}
	return err
}
