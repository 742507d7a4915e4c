// Package connectioncmd holds the commands about connections.
package connectioncmd

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/connector"
)

// New is `headgate connection` with its commands.
func New(env *cli.Env) *cobra.Command {
	c := &cobra.Command{Use: "connection", Short: "What the project connects to, and what can be connected to"}
	c.AddCommand(NewList(env, nil), NewShow(env, nil), NewTest(env, nil), NewTrust(env, nil), NewTypes(env, nil), NewDescribe(env, nil))
	return c
}

// TypesOptions is what `connection types` works from.
type TypesOptions struct{ Env *cli.Env }

// typeInfo is one line of the result of `connection types`.
type typeInfo struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind"` // files or table
	Read    bool     `json:"read"`
	Write   bool     `json:"write"`
	Modes   []string `json:"modes,omitempty"`
	Summary string   `json:"summary"`
}

// NewTypes is `headgate connection types`.
func NewTypes(env *cli.Env, runF func(context.Context, *TypesOptions) error) *cobra.Command {
	o := &TypesOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:   "types",
		Short: "List the types of connections, and the file formats and codecs",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runTypes(c.Context(), o)
		},
	}, guard.None)
}

// layerInfo is a format or a codec.
type layerInfo struct {
	Name       string   `json:"name"`
	Extensions []string `json:"extensions"`
	Read       bool     `json:"read"`
	Write      bool     `json:"write"`
	Summary    string   `json:"summary"`
}

type registered struct {
	Types   []typeInfo  `json:"types"`
	Formats []layerInfo `json:"formats"`
	Codecs  []layerInfo `json:"codecs"`
}

func runTypes(_ context.Context, o *TypesOptions) error {
	r := o.Env.Registry()
	var out registered
	for _, t := range r.Types {
		out.Types = append(out.Types, describeType(t))
	}
	for _, f := range r.Formats {
		out.Formats = append(out.Formats, layerInfo{f.Name, f.Extensions, f.NewDecoder != nil, f.NewEncoder != nil, f.Summary})
	}
	for _, c := range r.Codecs {
		out.Codecs = append(out.Codecs, layerInfo{c.Name, c.Extensions, c.NewReader != nil, c.NewWriter != nil, c.Summary})
	}
	return o.Env.UI.Result(out, func(w io.Writer) {
		types := ui.Table{Head: []string{"TYPE", "HOLDS", "USE", "LOAD MODES", ""}, Width: o.Env.UI.Columns}
		for _, t := range out.Types {
			types.Rows = append(types.Rows, []string{t.Name, t.Kind, use(t.Read, t.Write), strings.Join(t.Modes, " "), t.Summary})
		}
		types.Write(w)
		io.WriteString(w, "\n")
		layers := ui.Table{Head: []string{"FORMAT", "FILES", "USE", ""}, Width: o.Env.UI.Columns}
		for _, l := range append(out.Formats, out.Codecs...) {
			layers.Rows = append(layers.Rows, []string{l.Name, strings.Join(l.Extensions, " "), use(l.Read, l.Write), l.Summary})
		}
		layers.Write(w)
	})
}

func describeType(t *connector.Type) typeInfo {
	info := typeInfo{Name: t.Name, Summary: t.Summary, Kind: "files", Read: true, Write: true}
	if t.Table != nil {
		info.Kind, info.Modes = "tables", t.Table.Modes
		info.Read, info.Write = t.Table.NewSource != nil, t.Table.NewSink != nil
	}
	return info
}

func use(read, write bool) string {
	switch {
	case read && write:
		return "read, write"
	case read:
		return "read"
	}
	return "write"
}
