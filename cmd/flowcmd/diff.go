package flowcmd

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/people"
	"github.com/headgate/headgate/cmd/internal/release"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/flow/plan"
)

// DiffOptions is what `flow diff` works from.
type DiffOptions struct {
	Env     *cli.Env
	Name    string // "" = every flow of the project and every approved one
	Profile string
}

const diffHelp = `Compare flows with what of them was approved: whether the file, or the definition of a connection
or key that it names, changed since, and which secrets it takes now and did then. The store has
the digest of what was approved and not its text; your version control has that.`

// NewDiff is `headgate flow diff`.
func NewDiff(env *cli.Env, runF func(context.Context, *DiffOptions) error) *cobra.Command {
	o := &DiffOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:               "diff [FLOW]",
		Short:             "Compare flows with what of them was approved",
		Long:              diffHelp,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cli.CompleteFlows(env),
		RunE: func(c *cobra.Command, args []string) error {
			o.Name = strings.Join(args, "")
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runDiff(c.Context(), o)
		},
	}, guard.ViewFlows)
	c.Flags().StringVar(&o.Profile, "env", "", "the `profile` of connections.yaml to compare")
	return c
}

// compared is a line of the result of `flow diff`.
type compared struct {
	Flow     string   `json:"flow"`
	State    string   `json:"state"`              // approved, changed, not approved, gone, invalid
	Digest   string   `json:"digest,omitempty"`   // of the flow as it is now
	Approved string   `json:"approved,omitempty"` // the digest that was approved
	By       string   `json:"by,omitempty"`
	Time     string   `json:"time,omitempty"`
	Added    []string `json:"secrets_added"`   // that it did not take when it was approved
	Removed  []string `json:"secrets_removed"` // that it no longer takes
}

func runDiff(ctx context.Context, o *DiffOptions) error {
	m, err := o.Env.Member(ctx)
	if err != nil {
		return err
	}
	b, err := people.Open(ctx, m)
	if err != nil {
		return err
	}
	var list []compared
	if o.Name != "" {
		name, _, needs, err := examine(o.Env, o.Name, o.Profile)
		if err != nil {
			return err
		}
		list = append(list, compare(b, name, needs))
	} else if list, err = o.all(b); err != nil {
		return err
	}
	return o.Env.UI.Result(map[string]any{"flows": list}, func(w io.Writer) {
		t := ui.Table{Head: []string{"FLOW", "", "APPROVED BY", "AT", "SECRETS"}, Width: o.Env.UI.Columns}
		for _, c := range list {
			t.Rows = append(t.Rows, []string{c.Flow, c.State, c.By, c.Time, c.secrets()})
		}
		if len(list) > 0 {
			t.Write(w)
		}
		if o.Name != "" && list[0].Approved != "" && list[0].State == changed {
			fmt.Fprintf(w, "\napproved %s\nnow      %s\n", list[0].Approved, list[0].Digest)
		}
	})
}

// The states of a flow against its approval.
const (
	same     = "approved"
	changed  = "changed"
	unknown  = "not approved"
	gone     = "gone"
	unusable = "invalid"
)

// all compares every flow of the project, and finds approvals without a flow.
func (o *DiffOptions) all(b *people.Book) ([]compared, error) {
	project, err := o.Env.Project()
	if err != nil {
		return nil, err
	}
	list, seen := []compared{}, map[string]bool{}
	for _, name := range project.Names() {
		seen[name] = true
		_, _, needs, err := examine(o.Env, name, o.Profile)
		if err != nil {
			c := compare(b, name, &plan.Needs{})
			c.State, c.Digest, c.Removed = unusable, "", []string{}
			list = append(list, c)
			continue
		}
		list = append(list, compare(b, name, needs))
	}
	for name := range b.State.Flows {
		if !seen[name] {
			c := compare(b, name, &plan.Needs{})
			c.State, c.Digest = gone, ""
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(x, y compared) int { return strings.Compare(x.Flow, y.Flow) })
	return list, nil
}

func compare(b *people.Book, name string, needs *plan.Needs) compared {
	c := compared{Flow: name, State: unknown, Digest: needs.Digest, Added: []string{}, Removed: []string{}}
	a, ok := b.State.Flows[name]
	if !ok {
		return c
	}
	c.State, c.Approved, c.By, c.Time = changed, string(a.Digest), b.Name(a.By), time.UnixMilli(a.Time).UTC().Format(time.RFC3339)
	if c.Approved == c.Digest {
		c.State = same
	}
	var now []string
	for _, r := range release.RefsOf(b.State, needs.Secrets) {
		now = append(now, r.ID())
	}
	for _, id := range now {
		if !slices.Contains(a.Secrets, id) {
			c.Added = append(c.Added, id)
		}
	}
	for _, id := range a.Secrets {
		if !slices.Contains(now, id) {
			c.Removed = append(c.Removed, id)
		}
	}
	return c
}

// secrets is what changed of the secrets, as + and -.
func (c compared) secrets() string {
	var parts []string
	for _, id := range c.Added {
		parts = append(parts, "+"+id)
	}
	for _, id := range c.Removed {
		parts = append(parts, "-"+id)
	}
	return strings.Join(parts, " ")
}
