package toolcmd

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/ui"
)

// ManOptions is what `man` works from.
type ManOptions struct {
	Env  *cli.Env
	Root *cobra.Command // whose tree is described
	Path []string       // the command to describe; empty = headgate itself
	Dir  string         // write all pages there
}

// NewMan is `headgate man`.
func NewMan(env *cli.Env, runF func(context.Context, *ManOptions) error) *cobra.Command {
	o := &ManOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:   "man [COMMAND...]",
		Short: "Print a manual page, or write all of them to a folder",
		Example: `  headgate man run | man -l -
  headgate man --dir /usr/local/share/man/man1`,
		RunE: func(c *cobra.Command, args []string) error {
			o.Root, o.Path = c.Root(), args
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runMan(c.Context(), o)
		},
	}, guard.None)
	c.Args = cobra.ArbitraryArgs
	c.Flags().StringVar(&o.Dir, "dir", "", "write a page for every command to this folder")
	return c
}

func runMan(_ context.Context, o *ManOptions) error {
	if o.Dir != "" {
		return writePages(o)
	}
	c, rest, err := o.Root.Find(o.Path)
	if err != nil || len(rest) > 0 {
		return &cli.UsageError{Message: fmt.Sprintf("there is no command %q", o.Path), Hint: "`headgate help` lists them"}
	}
	return o.Env.ResultText("page", func(w io.Writer) error { return manPage(w, c) })
}

func writePages(o *ManOptions) error {
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return err
	}
	var files []string
	var write func(c *cobra.Command) error
	write = func(c *cobra.Command) error {
		if c.Hidden {
			return nil
		}
		var b bytes.Buffer
		if err := manPage(&b, c); err != nil {
			return err
		}
		name := filepath.Join(o.Dir, pageName(c)+".1")
		if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
			return err
		}
		files = append(files, name)
		for _, child := range c.Commands() {
			if err := write(child); err != nil {
				return err
			}
		}
		return nil
	}
	if err := write(o.Root); err != nil {
		return err
	}
	o.Env.UI.Note("wrote " + ui.Plural(int64(len(files)), "page") + " to " + o.Dir)
	return o.Env.UI.Result(map[string]any{"files": files}, func(io.Writer) {})
}
