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

const demoHelp = `Make a throw-away project with generated orders, and run two flows over them: from CSV into a
SQLite database, and from the database into a CSV file. Shows where everything lies and how to
go on. Nothing outside the new folder is touched; delete it when you have seen enough.`

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
	o.Env.UI.Note("generated " + ui.Plural(int64(o.Rows), "order") + " in data/orders.csv; running flows/orders-to-db.yaml, then flows/large-orders.yaml")
	done, err := runcmd.Run(ctx, &runcmd.RunOptions{Env: o.Env.In(dir), Flows: []string{"orders-to-db", "large-orders"}, NoEvents: true})
	var outcome *cli.Outcome
	if err != nil && !errors.As(err, &outcome) { // the rejected rows are part of the show
		return err
	}
	load, export := done[0], done[1]
	s := shown{
		Project: dir, Database: filepath.Join(dir, "shop.db"), Table: "orders", Rows: load.RowsWritten,
		File: filepath.Join(dir, "out", "large-orders.csv"), FileRows: export.RowsWritten,
		Rejected: load.RowsRejected, Rejects: load.Rejects,
	}
	return o.Env.UI.Result(s, s.print)
}

func (s shown) print(w io.Writer) {
	fmt.Fprintf(w, "\nproject   %s\ndatabase  %s\n          table %s: %d rows\nfile      %s\n          %d rows\n",
		s.Project, s.Database, s.Table, s.Rows, s.File, s.FileRows)
	if s.Rejected > 0 {
		fmt.Fprintf(w, "rejected  %s\n          %d rows that are not what the flow declares, each with its line and why\n", s.Rejects, s.Rejected)
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
	} {
		fmt.Fprintf(w, "  %s\n", line)
	}
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
