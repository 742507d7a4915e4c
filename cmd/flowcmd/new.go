package flowcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/connector/spec"
)

// NewOptions is what `flow new` works from.
type NewOptions struct {
	Env  *cli.Env
	Name string
	From string // a file to read; "" = none yet
}

const newHelp = `Write flows/NAME.yaml, a flow with comments to start from. It reads data/NAME.csv and writes
out/NAME.csv, and is valid as it is. With --from it reads that file, and declares the columns found
in it. An existing flow is never overwritten.`

// NewNew is `headgate flow new`.
func NewNew(env *cli.Env, runF func(context.Context, *NewOptions) error) *cobra.Command {
	o := &NewOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:               "new NAME [--from FILE]",
		Short:             "Write a new flow to start from",
		Long:              newHelp,
		Example:           "  headgate flow new orders --from data/orders.csv",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			o.Name = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runNew(c.Context(), o)
		},
	}, guard.EditFlows)
	c.Flags().StringVar(&o.From, "from", "", "read this `file`, and declare its columns")
	return c
}

func runNew(ctx context.Context, o *NewOptions) error {
	if !regexp.MustCompile(`^[a-z0-9-]+$`).MatchString(o.Name) {
		return &cli.UsageError{Message: spec.Quote(o.Name) + " cannot name a flow", Hint: "use lower-case letters, digits and -"}
	}
	project, err := o.Env.Project()
	if err != nil {
		return err
	}
	for _, l := range project.Flows() {
		if l.Flow != nil && l.Flow.Name.Value == o.Name {
			return &cli.UsageError{Message: "flow " + o.Name + " exists already: " + l.Path}
		}
	}
	text, err := starterText(ctx, o, project)
	if err != nil {
		return err
	}
	name := filepath.Join(project.Dir, "flows", o.Name+".yaml")
	if err := writeNew(name, text); err != nil {
		return err
	}
	o.Env.UI.Note("next: say in it what to read and to write, then headgate validate " + o.Name + "; headgate preview " + o.Name)
	return o.Env.UI.Result(map[string]string{"flow": o.Name, "file": name}, func(w io.Writer) { fmt.Fprintln(w, name) })
}

// writeNew writes a file that must not exist, and its folder if needed.
func writeNew(name, text string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return &cli.UsageError{Message: name + " exists already; it is left as it is"}
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
