package flowcmd

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/approval"
	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/people"
	"github.com/headgate/headgate/cmd/internal/release"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/rbac"
)

// DiffOptions is what `flow diff` works from.
type DiffOptions struct {
	Env     *cli.Env
	Name    string // "" = every flow of the project and every approved one
	Profile string

	profile string // that, or the one of the settings
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
	c.Flags().StringVar(&o.Profile, "env", "", "compare in this `profile` of connections.yaml only")
	return c
}

// compared is a line of the result of `flow diff`.
type compared struct {
	Flow     string   `json:"flow"`
	Env      string   `json:"env,omitempty"`      // the profile
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
	if o.profile, err = approval.Profile(o.Env, o.Profile); err != nil {
		return err
	}
	b, err := people.Open(ctx, m)
	if err != nil {
		return err
	}
	var list []compared
	if o.Name != "" {
		f, err := approval.Of(o.Env, o.Name, o.profile)
		if err != nil {
			return err
		}
		if err := o.Env.Can(ctx, rbac.ViewFlow, f.Name); err != nil {
			return err
		}
		list = o.flow(b, f.Name)
	} else if list, err = o.all(ctx, b); err != nil {
		return err
	}
	t := ui.Table{Head: []string{"FLOW", "", "APPROVED BY", "AT", "SECRETS"}, Width: o.Env.UI.Columns}
	for _, c := range list {
		t.Rows = append(t.Rows, []string{c.name(), c.State, c.By, c.Time, c.secrets()})
	}
	return o.Env.UI.Result(map[string]any{"flows": list}, func(w io.Writer) {
		if len(list) > 0 {
			t.Write(w)
		}
		if o.Name != "" && len(list) == 1 && list[0].State == changed {
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

// all compares every flow of the project that the person may see, and finds approvals without
// a flow.
func (o *DiffOptions) all(ctx context.Context, b *people.Book) ([]compared, error) {
	project, err := o.Env.Project()
	if err != nil {
		return nil, err
	}
	sees, err := o.Env.Sees(ctx)
	if err != nil {
		return nil, err
	}
	here := project.Names()
	list := []compared{}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(slices.AppendSeq(here, maps.Keys(b.State.Flows))))) {
		if !sees(name) {
			continue
		}
		if slices.Contains(here, name) {
			list = append(list, o.flow(b, name)...)
			continue
		}
		for _, profile := range slices.Sorted(maps.Keys(b.State.Flows[name])) {
			c := compare(b, approval.Flow{Name: name, Env: profile, Needs: &plan.Needs{}})
			c.State = gone
			list = append(list, c)
		}
	}
	return list, nil
}

// flow compares a flow in the profile of the command and, unless --env names one, in every other
// in which it is approved.
func (o *DiffOptions) flow(b *people.Book, name string) []compared {
	profiles := []string{o.profile}
	if o.Profile == "" {
		profiles = slices.AppendSeq(profiles, maps.Keys(b.State.Flows[name]))
	}
	var list []compared
	for _, profile := range slices.Compact(slices.Sorted(slices.Values(profiles))) {
		if _, is := b.State.Flows[name][profile]; !is && o.Profile == "" && len(b.State.Flows[name]) > 0 {
			continue // it is meant for the others
		}
		f, err := approval.Of(o.Env, name, profile)
		if err != nil {
			c := compare(b, approval.Flow{Name: name, Env: profile, Needs: &plan.Needs{}})
			c.State, c.Digest, c.Removed = unusable, "", []string{}
			list = append(list, c)
			continue
		}
		list = append(list, compare(b, f))
	}
	return list
}

func compare(b *people.Book, f approval.Flow) compared {
	c := compared{Flow: f.Name, Env: f.Env, State: unknown, Digest: f.Needs.Digest, Added: []string{}, Removed: []string{}}
	a, ok := b.State.Flows[f.Name][f.Env]
	if !ok {
		return c
	}
	c.State, c.Approved, c.By, c.Time = changed, string(a.Digest), b.Name(a.By), time.UnixMilli(a.Time).UTC().Format(time.RFC3339)
	if c.Approved == c.Digest {
		c.State = same
	}
	var now []string
	for _, r := range release.RefsOf(b.State, f.Needs.Secrets) {
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

// name is the flow with the profile, where there is one.
func (c compared) name() string {
	if c.Env == "" {
		return c.Flow
	}
	return c.Flow + " (profile " + c.Env + ")"
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
