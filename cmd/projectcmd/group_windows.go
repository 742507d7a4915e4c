package projectcmd

import "github.com/headgate/headgate/cmd/internal/cli"

// shareFolder is for systems with groups.
func shareFolder(_, _ string) error { return cli.Usagef("--group: not on this system") }
