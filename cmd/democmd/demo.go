// Package democmd holds the demonstration.
package democmd

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/cmd/runcmd"
)

//go:embed project
var project embed.FS

// DemoOptions is what `demo` works from.
type DemoOptions struct {
	Env  *cli.Env
	Dir  string // "" = a new folder among the system's temporary ones
	Rows int    // orders to make
}

const demoHelp = `Make a throw-away project with generated orders, and run flows over them: from CSV into a SQLite
database, and from the database into CSV files. The project has a store of its own with two
people, a secret that masks the customers' addresses, a refusal, and the audit log of it all.
Shows where everything lies and how to go on. Nothing outside the new folder is touched; delete
it when you have seen enough.`

// NewDemo is `headgate demo`.
func NewDemo(env *cli.Env, runF func(context.Context, *DemoOptions) error) *cobra.Command {
	o := &DemoOptions{Env: env, Rows: orderRows}
	c := guard.Needs(&cobra.Command{
		Use:   "demo [--dir DIR]",
		Short: "See it work on a throw-away project",
		Long:  demoHelp,
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runDemo(c.Context(), o)
		},
	}, guard.None)
	c.Flags().StringVar(&o.Dir, "dir", "", "make the project in this `folder`, which must be new or empty")
	return c
}

// shown is the result of `demo`.
type shown struct {
	Project  string `json:"project"`
	Database string `json:"database"`
	Table    string `json:"table"`
	Rows     int64  `json:"rows"` // of the table
	File     string `json:"file"`
	FileRows int64  `json:"file_rows"`
	Rejected int64  `json:"rejected"`
	Rejects  string `json:"rejects"`

	Store      string   `json:"store"`
	People     []person `json:"people"`
	Masked     string   `json:"masked"` // the file without addresses
	MaskedRows int64    `json:"masked_rows"`
	Refused    string   `json:"refused"`
	Audit      []entry  `json:"audit"`
}

func runDemo(ctx context.Context, o *DemoOptions) error {
	dir, err := makeFolder(o.Dir)
	if err != nil {
		return err
	}
	o.Env.UI.Note("making a project in " + dir)
	if err := fill(dir, o.Rows); err != nil {
		return err
	}
	o.Env.UI.Note("generated " + ui.Plural(int64(o.Rows), "order") + " in data/orders.csv; making a store with an owner, an editor and an operator")
	s := shown{Project: dir, Database: filepath.Join(dir, "shop.db"), Table: "orders", File: filepath.Join(dir, "out", "large-orders.csv"), Masked: filepath.Join(dir, "out", "for-analysts.csv")}
	staff, err := hire(ctx, o.Env, dir)
	if err != nil {
		return err
	}
	defer staff.close()
	s.Store, s.People = staff.path, staff.list()
	if err := prepare(ctx, staff.ann.env); err != nil {
		return err
	}
	o.Env.UI.Note("Ann runs flows/orders-to-db.yaml, then flows/large-orders.yaml")
	done, err := run(ctx, staff.ann, "orders-to-db", "large-orders")
	if err != nil {
		return err
	}
	o.Env.UI.Note("Bob runs flows/for-analysts.yaml, which Ann approved, and tries what his role does not allow")
	masked, err := run(ctx, staff.bob, "for-analysts")
	if err != nil {
		return err
	}
	load, export := done[0], done[1]
	s.Rows, s.FileRows, s.MaskedRows, s.Rejected, s.Rejects = load.RowsWritten, export.RowsWritten, masked[0].RowsWritten, load.RowsRejected, load.Rejects
	if s.Refused, err = staff.refusal(ctx); err != nil {
		return err
	}
	if s.Audit, err = staff.log(ctx); err != nil {
		return err
	}
	return o.Env.UI.Result(s, s.print)
}

// run runs flows as somebody. Rejected rows are part of the show.
func run(ctx context.Context, p player, flows ...string) ([]runcmd.Finished, error) {
	done, err := runcmd.Run(ctx, &runcmd.RunOptions{Env: p.env, Flows: flows, NoEvents: true})
	if _, mild := errors.AsType[*cli.Outcome](err); mild {
		err = nil
	}
	return done, err
}

func (s shown) print(w io.Writer) {
	fmt.Fprintf(w, "\nproject   %s\nfile      %s\n          %d rows\n", s.Project, s.File, s.FileRows)
	if s.Rejected > 0 {
		fmt.Fprintf(w, "rejected  %s\n          %d rows that are not what the flow declares, each with its line and why\n", s.Rejects, s.Rejected)
	}
	fmt.Fprintf(w, "store     %s\n", s.Store)
	for _, p := range s.People {
		fmt.Fprintf(w, "          %-18s %-9s log in with %s\n", p.Name, p.Role, p.Key)
	}
	fmt.Fprintf(w, "secret    email-pepper: Ann set it, nobody reads it back\n          %d orders in %s have addresses masked with it\n", s.MaskedRows, s.Masked)
	fmt.Fprintf(w, "refused   Bob: %s\naudit log\n", s.Refused)
	for _, e := range s.Audit {
		fmt.Fprintf(w, "          %s  %-12s %-18s %s\n", e.Code, e.Event, e.Actor, e.Object)
	}
	fmt.Fprintf(w, "\ngo on:\n")
	if _, err := exec.LookPath("headgate"); err != nil {
		fmt.Fprintf(w, "  go install .                      # puts headgate on your PATH, from its checkout\n")
	}
	fmt.Fprintf(w, "  cd %s\n", s.Project)
	for _, line := range []string{
		"headgate preview orders-to-db     # the first rows it would write",
		"headgate plan large-orders        # what a run would do",
		"headgate run large-orders --param least=1000",
		"headgate flow new my-flow         # write one of your own",
		"export HEADGATE_STORE=store/store.db HEADGATE_KEY_FILE=keys/ann.key   # be Ann",
		"headgate whoami --explain         # what she may do, and what enforces it",
	} {
		fmt.Fprintf(w, "  %s\n", line)
	}
	fmt.Fprintf(w, "\ntable %s: %d rows\ndatabase  %s\n", s.Table, s.Rows, s.Database)
}

// makeFolder is a folder that holds nothing yet.
func makeFolder(dir string) (string, error) {
	if dir == "" {
		return os.MkdirTemp("", "headgate-demo-")
	}
	entries, err := os.ReadDir(dir)
	switch {
	case err == nil && len(entries) > 0:
		return "", &cli.UsageError{Message: dir + " is not empty", Hint: "leave out --dir, and a new folder is made"}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	return filepath.Abs(dir)
}

// fill writes the project and its data.
func fill(dir string, rows int) error {
	files, err := fs.Sub(project, "project")
	if err != nil {
		return err
	}
	if err := os.CopyFS(dir, files); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o755); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, "data", "orders.csv"))
	if err != nil {
		return err
	}
	err = writeOrders(f, rows)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
