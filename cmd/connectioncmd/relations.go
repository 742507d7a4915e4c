package connectioncmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/rbac"
)

// contents is the result of `connection describe NAME [TABLE]`.
type contents struct {
	Name   string               `json:"name"`
	Type   string               `json:"type"`
	Tables []connector.Relation `json:"tables,omitempty"` // without columns; or the one that was asked for, with them
	Files  []fileInfo           `json:"files,omitempty"`
	More   int                  `json:"more_files,omitempty"` // that are not listed
	one    bool
}

// fileInfo is a file of a store.
type fileInfo struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"` // -1 unknown
}

// maxFiles is how many files of a store are listed.
const maxFiles = 100

// inside shows what a connection of the project has.
func (o *DescribeOptions) inside(ctx context.Context) (err error) {
	p, err := open(o.Env, o.Profile)
	if err != nil {
		return err
	}
	if r := o.Env.Registry(); !p.all.Has(o.Name) && o.Table == "" && !o.Connection {
		names := append(known(r), p.all.Names()...)
		return &cli.UsageError{Message: spec.Quote(o.Name) + " is neither a type nor a connection of the project", Hint: spec.DidYouMean(o.Name, names)}
	}
	c, err := p.resolve(o.Name)
	if err != nil {
		return err
	}
	if err := o.Env.Can(ctx, rbac.ViewConnection, ""); err != nil {
		return err
	}
	link, end, err := p.link(ctx, c, plan.SecretsOf(c, p.profile), "connection.describe")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(o.Env.Secrets.Error(err), end()) }()
	found := contents{Name: c.Name, Type: c.Type.Name, one: o.Table != ""}
	if err := found.fill(ctx, c, link.Env, o.Table); err != nil {
		return err
	}
	return o.Env.UI.Result(found, func(w io.Writer) { found.print(w, o.Env.UI.Columns) })
}

// fill asks the connection.
func (f *contents) fill(ctx context.Context, c *flow.Resolved, env connector.Env, table string) (err error) {
	switch t := c.Type; {
	case t.Table != nil && t.Table.Describe != nil:
		f.Tables, err = t.Table.Describe(ctx, env, c.Config, table)
		return err
	case t.Store == nil:
		return cli.Usagef("a %s connection cannot tell what it has", t.Name)
	case table != "":
		return &cli.UsageError{Message: fmt.Sprintf("a %s connection has files, not tables", t.Name), Hint: "`headgate preview` shows the columns of what a flow reads"}
	}
	store, err := c.Type.Store(ctx, env, c.Config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	list, err := store.List(ctx, "**")
	for i, object := range list {
		if i == maxFiles {
			f.More = len(list) - i
			break
		}
		f.Files = append(f.Files, fileInfo{object.Name, object.Size})
	}
	return err
}

func (f *contents) print(w io.Writer, width int) {
	switch {
	case f.one:
		for _, r := range f.Tables {
			printRelation(w, r, width)
		}
	case len(f.Files) > 0:
		t := ui.Table{Head: []string{"FILE", "BYTES"}, Right: []bool{false, true}, Width: width}
		for _, o := range f.Files {
			t.Rows = append(t.Rows, []string{o.Name, estimate(o.Bytes)})
		}
		t.Write(w)
		if f.More > 0 {
			fmt.Fprintf(w, "and %d more\n", f.More)
		}
	case len(f.Tables) > 0:
		t := ui.Table{Head: []string{"TABLE", "KIND", "ROWS, ABOUT"}, Right: []bool{false, false, true}, Width: width}
		for _, r := range f.Tables {
			t.Rows = append(t.Rows, []string{r.Name, r.Kind, estimate(r.Rows)})
		}
		t.Write(w)
	default:
		fmt.Fprintln(w, "nothing that this login may see")
	}
}

// estimate is a number that may not be known.
func estimate(n int64) string {
	if n < 0 {
		return ""
	}
	return ui.Count(n)
}

func printRelation(w io.Writer, r connector.Relation, width int) {
	fmt.Fprintf(w, "%s (%s)", ui.Safe(r.Name), r.Kind)
	if r.Rows >= 0 {
		fmt.Fprintf(w, ", about %s rows", ui.Count(r.Rows))
	}
	io.WriteString(w, "\n\n")
	t := ui.Table{Head: []string{"COLUMN", "TYPE", "READ AS", "", "KEY"}, Width: width}
	for _, c := range r.Columns {
		row := []string{c.Name, c.Type, c.As, "", ""}
		if c.NotNull {
			row[3] = "not null"
		}
		if c.Key > 0 {
			row[4] = strconv.Itoa(c.Key)
		}
		t.Rows = append(t.Rows, row)
	}
	t.Write(w)
	for _, index := range r.Indexes {
		fmt.Fprintf(w, "\n%s\n", ui.Safe(index))
	}
}
