// Package toolcmd holds the commands about the program itself.
package toolcmd

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
)

// VersionOptions is what `version` works from.
type VersionOptions struct {
	Env   *cli.Env
	Build func() (*debug.BuildInfo, bool)
}

// Version is the result of `version`.
type Version struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Time     string `json:"time,omitempty"` // of the commit
	Modified bool   `json:"modified"`       // built from a tree with changes
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

// NewVersion is `headgate version`.
func NewVersion(env *cli.Env, runF func(context.Context, *VersionOptions) error) *cobra.Command {
	o := &VersionOptions{Env: env, Build: debug.ReadBuildInfo}
	return guard.Needs(&cobra.Command{
		Use:   "version",
		Short: "Say which headgate this is",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runVersion(c.Context(), o)
		},
	}, guard.None)
}

func runVersion(_ context.Context, o *VersionOptions) error {
	v := Version{Version: o.Env.Version, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	if b, ok := o.Build(); ok {
		v.fill(b)
	}
	if v.Version == "" {
		v.Version = "dev"
	}
	return o.Env.UI.Result(v, func(w io.Writer) {
		fmt.Fprintf(w, "headgate %s%s, %s, %s/%s\n", v.Version, v.origin(), v.Go, v.OS, v.Arch)
	})
}

// fill takes what the build recorded: `go install module@version` knows the
// version, a build in a checkout the commit.
func (v *Version) fill(b *debug.BuildInfo) {
	if v.Version == "" && b.Main.Version != "(devel)" {
		v.Version = b.Main.Version
	}
	for _, s := range b.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.time":
			v.Time = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
}

func (v *Version) origin() string {
	if v.Commit == "" {
		return ""
	}
	s := " (commit " + v.Commit[:min(12, len(v.Commit))]
	if v.Modified {
		s += " with changes"
	}
	if v.Time != "" {
		s += ", " + v.Time
	}
	return s + ")"
}
