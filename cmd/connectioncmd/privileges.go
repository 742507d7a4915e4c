package connectioncmd

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/flow/plan"
)

// onExcess is the word of --fail-on for rights that no flow needs.
const onExcess = "excess"

// hasPrivileges reports whether a connection's type can tell what its login may do.
func hasPrivileges(c *flow.Resolved) bool {
	return c.Type.Table != nil && c.Type.Table.Privileges != nil
}

// privileges compares what the login may do with what the project's flows need.
func (p *project) privileges(ctx context.Context, c *flow.Resolved, link *plan.Link) (*connector.Privileges, error) {
	var needs []connector.Need
	var notes []string
	for _, l := range p.Flows() {
		if l.Flow == nil || flow.HasErrors(l.Diags) {
			notes = append(notes, l.Path+": not compared, as there are faults in it: headgate validate")
			continue
		}
		more, said, err := link.Asked(ctx, l.Flow, plan.NewRun(p.env.Now()))
		if err != nil {
			return nil, err
		}
		needs, notes = append(needs, more...), append(notes, said...)
	}
	found, err := c.Type.Table.Privileges(ctx, link.Env, c.Config, needs)
	if err != nil {
		return nil, err
	}
	for _, n := range notes {
		found.Note(n)
	}
	return found, nil
}

// judgeRights fails a connection whose login lacks what a flow needs.
func (r *tested) judgeRights(conditions []condition) {
	p := r.Privileges
	if p == nil {
		return
	}
	if n := p.Missing(); n > 0 {
		r.Failed = append(r.Failed, ui.Plural(int64(n), "right")+" missing that flows need")
	}
	excess := slices.ContainsFunc(conditions, func(c condition) bool { return c.text == onExcess })
	if n := p.Excess(); n > 0 && excess {
		r.Failed = append(r.Failed, "--fail-on excess: "+ui.Plural(int64(n), "right")+" that no flow needs")
	}
}

// printRights prints the comparison and the statements that it comes to.
func (r *tested) printRights(w io.Writer, width int) {
	p := r.Privileges
	if p == nil {
		return
	}
	fmt.Fprintf(w, "\n%s: the login %s", r.Name, ui.Safe(p.Login))
	if len(p.Roles) > 0 {
		fmt.Fprintf(w, ", member of %s", ui.Safe(strings.Join(p.Roles, ", ")))
	}
	io.WriteString(w, "\n")
	t := ui.Table{Head: []string{"RIGHT", "ON", "", "THROUGH", "NEEDED BY"}, Width: width}
	for _, x := range p.Rights {
		state := "ok"
		switch {
		case x.Missing():
			state = "MISSING"
		case x.Excess():
			state = "not needed"
		}
		t.Rows = append(t.Rows, []string{x.Right, x.On, state, x.Via, strings.Join(x.For, ", ")})
	}
	if len(t.Rows) > 0 {
		t.Write(w)
	} else {
		fmt.Fprintln(w, "no flow of the project needs a right, and it has none")
	}
	for _, n := range p.Notes {
		fmt.Fprintf(w, "%s: %s\n", r.Name, ui.Safe(n))
	}
	printFixes(w, "what no flow needs, taken away", p, connector.Privilege.Excess)
	printFixes(w, "what flows need", p, func(x connector.Privilege) bool { return !x.Excess() })
}

// printFixes prints statements. Those that take away come first: with a table's owner what was granted
// to the old one goes.
func printFixes(w io.Writer, what string, p *connector.Privileges, which func(connector.Privilege) bool) {
	first := true
	for _, x := range p.Rights {
		if x.Fix == "" || !which(x) {
			continue
		}
		if first {
			fmt.Fprintf(w, "\n-- %s:\n", what)
		}
		first = false
		fmt.Fprintf(w, "%s;\n", ui.Safe(x.Fix))
	}
}
