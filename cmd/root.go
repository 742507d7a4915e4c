package cmd

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/headgate/headgate/cmd/acceptcmd"
	"github.com/headgate/headgate/cmd/auditcmd"
	"github.com/headgate/headgate/cmd/connectioncmd"
	"github.com/headgate/headgate/cmd/democmd"
	"github.com/headgate/headgate/cmd/flowcmd"
	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/invitecmd"
	"github.com/headgate/headgate/cmd/ownercmd"
	"github.com/headgate/headgate/cmd/policycmd"
	"github.com/headgate/headgate/cmd/projectcmd"
	"github.com/headgate/headgate/cmd/rolecmd"
	"github.com/headgate/headgate/cmd/runcmd"
	"github.com/headgate/headgate/cmd/secretcmd"
	"github.com/headgate/headgate/cmd/servicecmd"
	"github.com/headgate/headgate/cmd/sessioncmd"
	"github.com/headgate/headgate/cmd/slotcmd"
	"github.com/headgate/headgate/cmd/toolcmd"
	"github.com/headgate/headgate/cmd/usercmd"
	"github.com/headgate/headgate/cmd/vaultcmd"
	"github.com/headgate/headgate/connector/spec"
)

const about = `headgate moves data as YAML files say: from files and databases, through filters and
computed columns, into files and databases. Every row is accounted for.

A project is a folder with flows in flows/*.yaml. Start with:

    headgate demo                    see it work on a throw-away project
    headgate init                    make this folder a project, and a store for its secrets
    headgate flow new my-flow        write a first flow
    headgate validate                check it
    headgate run my-flow             run it

Settings come from flags, else from HEADGATE_ENV, HEADGATE_LOG_FORMAT, HEADGATE_LOCK_TIMEOUT,
HEADGATE_QUIET, HEADGATE_STORE and HEADGATE_PROJECT, else from headgate.yaml of the project.

Where a store is, most commands ask who you are. The first of these that is there decides:
--key-file, --key-fd, headgate.key of systemd's credentials, HEADGATE_KEY_FILE, HEADGATE_KEY,
the session that ` + "`headgate login`" + ` began, the system's keyring or a password for --user.
HEADGATE_PIN is what a machine without a disk remembers of the store.

Exit codes: 0 done, 1 failed, 2 usage or invalid files, 3 another system can't be reached,
4 some rows were quarantined or some streams failed, 5 nothing to do (--fail-if-empty), 6 busy,
10 log in first, 11 your role or grant does not allow it, 12 refused by policy,
13 integrity: tampering or damage, 14 the audit log can't be written,
15 the store is newer than this program, 130 and 143 interrupted.`

// NewRoot is the whole tree of commands.
func NewRoot(env *cli.Env) *cobra.Command {
	root := &cobra.Command{
		Use:           "headgate",
		Short:         "Move data as YAML files say, every row accounted for",
		Long:          about,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			return applyGlobal(env, c)
		},
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetOut(env.UI.Out)
	root.SetErr(io.Discard)
	globalFlags(env, root.PersistentFlags())
	root.AddGroup(&cobra.Group{ID: "flows", Title: "Flows:"}, &cobra.Group{ID: "project", Title: "Project:"}, &cobra.Group{ID: "people", Title: "People:"}, &cobra.Group{ID: "store", Title: "Store:"}, &cobra.Group{ID: "tool", Title: "Tool:"})
	group(root, "flows", runcmd.NewRun(env, nil), runcmd.NewPreview(env, nil), runcmd.NewPlan(env, nil), runcmd.NewState(env), flowcmd.NewValidate(env, nil), flowcmd.New(env))
	group(root, "project", projectcmd.NewInit(env, nil), connectioncmd.New(env), democmd.NewDemo(env, nil), toolcmd.NewDoctor(env, nil))
	group(root, "people", sessioncmd.NewLogin(env, nil), sessioncmd.NewLogout(env, nil), sessioncmd.NewWhoami(env, nil), sessioncmd.NewPasswd(env, nil), slotcmd.New(env))
	group(root, "people", usercmd.New(env), invitecmd.New(env), acceptcmd.NewAccept(env, nil), servicecmd.New(env), rolecmd.New(env), ownercmd.New(env))
	group(root, "store", secretcmd.New(env), policycmd.New(env), auditcmd.New(env), vaultcmd.New(env))
	group(root, "tool", toolcmd.NewSchema(env, nil), toolcmd.NewExplain(env, nil), toolcmd.NewVersion(env, nil), toolcmd.NewCompletion(env, nil), toolcmd.NewMan(env, nil))
	root.InitDefaultHelpCmd()
	root.SetHelpCommandGroupID("tool")
	finish(env, root)
	return root
}

func group(root *cobra.Command, id string, cs ...*cobra.Command) {
	for _, c := range cs {
		c.GroupID = id
		root.AddCommand(c)
	}
}

func globalFlags(env *cli.Env, f *pflag.FlagSet) {
	g := &env.Global
	f.StringVarP(&g.Project, "project", "C", "", "the project's `folder` (default: the current one)")
	f.BoolVar(&g.JSON, "json", false, "print one JSON object; a run prints a line of JSON an event")
	f.BoolVarP(&g.Quiet, "quiet", "q", false, "print results and errors only")
	f.StringVar(&g.LogFormat, "log-format", "text", "messages on standard error, as `format` text or json")
	f.BoolVar(&g.NonInteractive, "non-interactive", false, "ask nothing and draw no live line (implied without a terminal, or with CI=true)")
	f.DurationVar(&g.LockTimeout, "lock-timeout", 0, "wait this long for another run of the same flow, and for the store")
	f.StringVar(&g.Store, "store", "", "the store's `file` (default: the person's own)")
	f.StringVar(&g.User, "user", "", "the e-mail `address` of who logs in with a password")
	f.StringVar(&g.KeyFile, "key-file", "", "log in with the key in this `file`")
	f.Func("key-fd", "log in with the key in this open file `descriptor`", func(text string) error {
		fd, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return errors.New("want the number of an open file descriptor")
		}
		g.KeyFD = new(int(fd))
		return nil
	})
	env.Flags = f
}

// applyGlobal puts the global flags into force. Settings of the project follow when
// a command asks for them.
func applyGlobal(env *cli.Env, c *cobra.Command) error {
	g := env.Global
	env.UI.JSON = g.JSON
	env.UI.Quiet = g.Quiet
	if g.NonInteractive {
		env.UI.Interactive = false
	}
	switch g.LogFormat {
	case "text", "json":
		env.UI.LogJSON = g.LogFormat == "json"
	default:
		return &cli.UsageError{Message: "--log-format " + spec.Quote(g.LogFormat) + ": unknown format", Hint: "one of: text, json"}
	}
	if g.LockTimeout < 0 {
		return cli.Usagef("--lock-timeout must not be negative")
	}
	return nil
}

// finish makes all commands alike: usage errors with suggestions, and a permission for
// the commands that only hold others.
func finish(env *cli.Env, c *cobra.Command) {
	c.DisableFlagsInUseLine = true
	c.SetFlagErrorFunc(flagError)
	if c.Args != nil {
		c.Args = usageArgs(c.Args)
	}
	if !c.Runnable() {
		c.Args = cobra.ArbitraryArgs
		c.RunE = func(c *cobra.Command, args []string) error { return runGroup(env, c, args) }
		guard.Needs(c, guard.None)
	}
	if c.Name() == "help" {
		guard.Needs(c, guard.None)
		c.Short, c.Long = "Print the help of a command", ""
		c.Run, c.RunE = nil, func(c *cobra.Command, args []string) error { return help(env, c.Root(), args) }
	}
	enforce(env, c)
	completeFlags(env, c)
	for _, child := range c.Commands() {
		finish(env, child)
	}
}

// runGroup answers a command that only holds others.
func runGroup(env *cli.Env, c *cobra.Command, args []string) error {
	if len(args) == 0 && !env.UI.JSON {
		return c.Help()
	}
	var names []string
	for _, child := range c.Commands() {
		if !child.Hidden {
			names = append(names, child.Name())
		}
	}
	if len(args) == 0 {
		return &cli.UsageError{Message: c.CommandPath() + " needs a command", Hint: "one of: " + strings.Join(names, ", ")}
	}
	hint := spec.DidYouMean(args[0], names)
	if hint == "" {
		hint = "`" + c.CommandPath() + " --help` lists the commands"
	}
	return &cli.UsageError{Message: "unknown command " + spec.Quote(args[0]) + " for " + c.CommandPath(), Hint: hint}
}

// help prints the help of the command that args name.
func help(env *cli.Env, root *cobra.Command, args []string) error {
	c, rest, err := root.Find(args)
	if err != nil || len(rest) > 0 {
		return &cli.UsageError{Message: "there is no command " + spec.Quote(strings.Join(args, " ")), Hint: "`" + root.Name() + " help` lists the commands"}
	}
	return env.ResultText("help", func(w io.Writer) error {
		c.InitDefaultHelpFlag()
		c.SetOut(w)
		return c.Help()
	})
}

func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			var usage *cli.UsageError
			if errors.As(err, &usage) {
				return err
			}
			return &cli.UsageError{Message: c.CommandPath() + " " + misfit(c, check, args), Hint: "usage: " + c.UseLine()}
		}
		return nil
	}
}

// misfit says what is wrong with arguments that check does not take: that some are missing, or
// which is one too many.
func misfit(c *cobra.Command, check cobra.PositionalArgs, args []string) string {
	for n := len(args) - 1; n >= 0; n-- {
		if check(c, args[:n]) == nil {
			return "does not take " + spec.Quote(args[n])
		}
	}
	_, wants, _ := strings.Cut(c.Use, " ")
	for _, flags := range []string{" --", " [-", " (-", " [flags]"} {
		wants, _, _ = strings.Cut(wants, flags)
	}
	return "needs " + wants
}

func flagError(c *cobra.Command, err error) error {
	u := &cli.UsageError{Message: err.Error(), Hint: "`" + c.CommandPath() + " --help` lists the flags"}
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				names = append(names, f.Name)
			}
		})
		if near := spec.Nearest(strings.TrimLeft(unknown.GetSpecifiedName(), "-"), names); near != "" {
			u.Hint = "did you mean `--" + near + "`?"
		}
	}
	return u
}
