package toolcmd

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
)

// CompletionOptions is what `completion` works from.
type CompletionOptions struct {
	Env   *cli.Env
	Shell string
	// Write writes the script of a shell.
	Write func(shell string, w io.Writer) error
}

const completionHelp = `Print a script that completes headgate's commands, flags and flow names.

    bash         source <(headgate completion bash)
    zsh          headgate completion zsh > "${fpath[1]}/_headgate"
    fish         headgate completion fish > ~/.config/fish/completions/headgate.fish
    powershell   headgate completion powershell | Out-String | Invoke-Expression`

// NewCompletion is `headgate completion`.
func NewCompletion(env *cli.Env, runF func(context.Context, *CompletionOptions) error) *cobra.Command {
	o := &CompletionOptions{Env: env}
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return guard.Needs(&cobra.Command{
		Use:       "completion bash|zsh|fish|powershell",
		Short:     "Print a completion script for your shell",
		Long:      completionHelp,
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cli.OneOf("shell", shells)),
		ValidArgs: shells,
		RunE: func(c *cobra.Command, args []string) error {
			o.Shell, o.Write = args[0], func(shell string, w io.Writer) error { return writeCompletion(c.Root(), shell, w) }
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runCompletion(c.Context(), o)
		},
	}, guard.None)
}

func runCompletion(_ context.Context, o *CompletionOptions) error {
	return o.Env.ResultText("script", func(w io.Writer) error { return o.Write(o.Shell, w) })
}

func writeCompletion(root *cobra.Command, shell string, w io.Writer) error {
	switch shell {
	case "bash":
		return root.GenBashCompletionV2(w, true)
	case "zsh":
		return root.GenZshCompletion(w)
	case "fish":
		return root.GenFishCompletion(w, true)
	}
	return root.GenPowerShellCompletionWithDesc(w)
}
