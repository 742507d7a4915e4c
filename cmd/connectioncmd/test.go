package connectioncmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/release"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/vault"
)

// TestOptions is what `connection test` works from.
type TestOptions struct {
	Env     *cli.Env
	Names   []string
	All     bool
	Profile string
	FailOn  []string
	Timeout time.Duration

	Privileges bool // compare them with what the flows need
}

const testHelp = `Reach the other side of connections, log in, and show what was seen: who answers, how it is
encrypted, for how long its certificate is valid, its host key, and what this login may do. Nothing
is changed there that stays, and the use of secrets is in the audit log.

A server that speaks TLS 1.3 is remembered in the project's .headgate folder: runs refuse it with
less from then on (12), until connection trust NAME --tls 1.2 allows that again.

--fail-on makes more than a failure end the command with an error:
  expiring:14d   a certificate that is valid for no longer than that
  old-tls        a version of TLS before 1.3
  clear          no encryption
  notes          anything that an administrator should know
  excess         rights that no flow needs, with --privileges

--privileges compares what the login may do with what the project's flows need of the connection:
reading or writing for each table, by load mode, and making tables where they do. It prints the
statements that would grant what is missing and take away what no flow needs, and runs none
of them. A right that is missing is a failure (1): the login was let in, and to try again is of
no use.

The exit code is that of the gravest failure: 13, 12, 10, then 3 and 1.`

// NewTest is `headgate connection test`.
func NewTest(env *cli.Env, runF func(context.Context, *TestOptions) error) *cobra.Command {
	o := &TestOptions{Env: env}
	c := guard.Needs(&cobra.Command{
		Use:               "test (NAME... | --all)",
		Short:             "Reach connections, log in, and show what was seen",
		Long:              testHelp,
		Example:           "  headgate connection test warehouse\n  headgate connection test --all --fail-on expiring:14d\n  headgate connection test warehouse --privileges",
		ValidArgsFunction: complete(env),
		RunE: func(c *cobra.Command, args []string) error {
			o.Names = args
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runTest(c.Context(), o)
		},
	}, guard.ViewConnections)
	f := c.Flags()
	f.BoolVar(&o.All, "all", false, "test all connections of the project")
	f.BoolVar(&o.Privileges, "privileges", false, "compare what the login may do with what the flows need")
	f.StringVar(&o.Profile, "env", "", "as this `profile` of connections.yaml has them")
	f.StringSliceVar(&o.FailOn, "fail-on", nil, "fail also on these `conditions`")
	f.DurationVar(&o.Timeout, "timeout", time.Minute, "give a connection up after this")
	return c
}

// tested is what became of one connection.
type tested struct {
	Name   string           `json:"name"`
	Type   string           `json:"type"`
	OK     bool             `json:"ok"`
	Probe  *connector.Probe `json:"probe,omitempty"` // nil: it was not reached, or there is nothing to reach
	Days   *int             `json:"days,omitempty"`  // that its certificate is valid for
	Failed []string         `json:"failed,omitempty"`
	Error  *ui.Failure      `json:"error,omitempty"`
	// Privileges is nil when nobody asked, or the connection's type cannot tell.
	Privileges *connector.Privileges `json:"privileges,omitempty"`

	err    error
	lowers bool // the server speaks TLS 1.3, and the connection would take less
}

func runTest(ctx context.Context, o *TestOptions) error {
	conditions, err := parseConditions(o.FailOn)
	if err != nil {
		return err
	}
	if slices.Contains(o.FailOn, onExcess) && !o.Privileges {
		return &cli.UsageError{Message: "--fail-on excess looks at rights", Hint: "add --privileges"}
	}
	p, err := open(o.Env, o.Profile)
	if err != nil {
		return err
	}
	names := o.Names
	switch {
	case o.All && len(names) > 0:
		return cli.Usagef("name connections or give --all, not both")
	case o.All:
		names = p.all.Names()
	case len(names) == 0:
		return &cli.UsageError{Message: "which connection?", Hint: "--all tests all of them"}
	}
	var list []tested
	for _, name := range names {
		c, err := p.resolve(name)
		if err != nil {
			return err
		}
		r := tested{Name: name, Type: c.Type.Name}
		r.Probe, r.Privileges, r.err = p.probe(ctx, c, o)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.err = o.Env.Secrets.Error(r.err)
		r.lowers = lowers(c, r.Probe)
		p.remember(c, r.Probe)
		r.judge(o.Env, conditions)
		list = append(list, r)
	}
	if err := o.Env.UI.Result(list, func(w io.Writer) { printTests(w, list, o.Env.UI.Columns) }); err != nil {
		return err
	}
	return outcome(list)
}

// probe asks the connection's type to look.
func (p *project) probe(ctx context.Context, c *flow.Resolved, o *TestOptions) (probe *connector.Probe, rights *connector.Privileges, err error) {
	if c.Type.Test == nil && !(o.Privileges && hasPrivileges(c)) {
		return nil, nil, nil
	}
	link, end, err := p.link(ctx, c, plan.SecretsOf(c, p.profile), "connection.test")
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, end()) }()
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	if c.Type.Test != nil {
		probe, err = c.Type.Test(ctx, link.Env, c.Config)
	}
	if err == nil && o.Privileges && hasPrivileges(c) {
		rights, err = p.privileges(ctx, c, link)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = connector.Mark(fmt.Errorf("connection %s: no answer within %s: %w", c.Name, o.Timeout, err), connector.ErrUnreachable)
	}
	return probe, rights, err
}

// lowers reports whether the connection takes an older TLS than its server has.
func lowers(c *flow.Resolved, p *connector.Probe) bool {
	if p == nil || !strings.Contains(p.Protocol, "TLS 1.3") {
		return false
	}
	return slices.ContainsFunc(spec.Given(c.Config), func(g spec.Bound) bool { return g.Key == "tls_min" && g.Value != "1.3" })
}

// remember keeps that a server speaks TLS 1.3, so that it is not spoken to with less from now on.
func (p *project) remember(c *flow.Resolved, probe *connector.Probe) {
	hosts := c.Hosts()
	if probe == nil || !strings.Contains(probe.Protocol, "TLS 1.3") || len(hosts) == 0 {
		return
	}
	host, _, err := net.SplitHostPort(hosts[0])
	if err != nil {
		host = strings.Trim(hosts[0], "[]")
	}
	if err := p.Project.Remember13(c.Name, host); err != nil {
		p.env.UI.Warn("that " + c.Name + " speaks TLS 1.3 could not be remembered: " + err.Error())
	}
}

// link lends a connection its secrets, which the audit log knows of before it has them.
func (p *project) link(ctx context.Context, c *flow.Resolved, secrets []plan.SecretUse, purpose string) (*plan.Link, func() error, error) {
	access, err := release.Look(ctx, p.env, release.Want{Profile: p.profile, Secrets: secrets}, purpose)
	if err != nil {
		return nil, nil, err
	}
	req := plan.Request{Project: p.Project, Registry: p.env.Registry(), Profile: p.profile, Env: connector.Env{Project: p.Dir}}
	access.Fill(ctx, &req)
	link := plan.Connect(req, c)
	return link, func() error { return errors.Join(link.Close(), access.End(ctx, vault.RunResult{})) }, nil
}

// judge decides whether the connection passes.
func (r *tested) judge(env *cli.Env, conditions []condition) {
	r.Error = env.Failure(r.err)
	if r.Probe != nil && !r.Probe.Expires.IsZero() {
		days := int(r.Probe.Expires.Sub(env.Now()).Hours() / 24)
		r.Days = &days
	}
	if r.err == nil && r.Probe != nil {
		for _, c := range conditions {
			if c.holds(r.Probe, env.Now()) {
				r.Failed = append(r.Failed, "--fail-on "+c.text)
			}
		}
	}
	r.judgeRights(conditions)
	r.OK = r.err == nil && len(r.Failed) == 0
}

// gravest is the order of exit codes of several failures.
var gravest = []int{13, 12, 10, 11, 14, 3, 2, 1}

// outcome is what the command ends with.
func outcome(list []tested) error {
	var failed []tested
	for _, r := range list {
		if !r.OK {
			failed = append(failed, r)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	if len(list) == 1 && failed[0].err != nil {
		return failed[0].err
	}
	rank := func(r tested) int {
		exit := 1
		if r.Error != nil {
			exit = r.Error.Exit
		}
		if i := slices.Index(gravest, exit); i >= 0 {
			return i
		}
		return len(gravest)
	}
	worst := slices.MinFunc(failed, func(a, b tested) int { return rank(a) - rank(b) })
	o := &cli.Outcome{Exit: 1, Code: "failed", Message: fmt.Sprintf("%d of %s failed", len(failed), ui.Plural(int64(len(list)), "connection"))}
	if len(list) == 1 {
		o.Message = "connection " + worst.Name + ": " + strings.Join(worst.Failed, "; ")
	}
	if worst.Error != nil {
		o.Exit, o.Code = worst.Error.Exit, worst.Error.Code
	}
	return o
}

func printTests(w io.Writer, list []tested, width int) {
	t := ui.Table{Head: []string{"NAME", "TYPE", "", "PEER", "PROTOCOL", "CERTIFICATE", "MAY"}, Width: width}
	for _, r := range list {
		row := []string{r.Name, r.Type, "ok", "", "", "", ""}
		if !r.OK {
			row[2] = "FAILED"
		}
		if p := r.Probe; p != nil {
			row[3], row[4], row[6] = p.Peer, p.Protocol, may(p)
			if r.Days != nil {
				row[5] = ui.Plural(int64(*r.Days), "day")
			}
		} else if r.err == nil {
			row[3] = "nothing to reach"
		}
		t.Rows = append(t.Rows, row)
	}
	t.Write(w)
	for _, r := range list {
		for _, line := range remarks(r) {
			fmt.Fprintf(w, "%s: %s\n", r.Name, line)
		}
	}
	for _, r := range list {
		r.printRights(w, width)
	}
}

func may(p *connector.Probe) string {
	var list []string
	if p.Read {
		list = append(list, "read")
	}
	if p.Write {
		list = append(list, "write")
	}
	return strings.Join(list, " ")
}

// remarks are the lines below the table.
func remarks(r tested) []string {
	var lines []string
	if p := r.Probe; p != nil {
		if p.Cipher != "" {
			lines = append(lines, "cipher "+p.Cipher)
		}
		if p.HostKey != "" {
			lines = append(lines, "host key "+p.HostKey)
		}
		lines = append(lines, p.Notes...)
		if r.lowers {
			lines = append(lines, `it speaks TLS 1.3: this project takes no less from now on, and with tls_min: "1.3" in the connection nobody does`)
		}
	}
	lines = append(lines, r.Failed...)
	if r.Error != nil {
		lines = append(lines, r.Error.Message)
		if r.Error.Hint != "" {
			lines = append(lines, r.Error.Hint)
		}
	}
	return lines
}
