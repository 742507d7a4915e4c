package policycmd

import (
	"context"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/connector/spec"
)

// ImportOptions is what `policy import` works from.
type ImportOptions struct {
	Env  *cli.Env
	File string
}

const importHelp = `Sign the settings of a YAML file, one key each, lists as lists:

  network.tls_floor: "1.3"
  network.hosts: ["*.corp.example:5432", sftp.shop.example:22]

All of them are checked before the first is signed. Settings that the file does not name stay as
they are; null takes a signed value back.`

// NewImport is `headgate policy import`.
func NewImport(env *cli.Env, runF func(context.Context, *ImportOptions) error) *cobra.Command {
	o := &ImportOptions{Env: env}
	return guard.Needs(&cobra.Command{
		Use:   "import FILE",
		Short: "Sign the settings of a file",
		Long:  importHelp,
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.File = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runImport(c.Context(), o)
		},
	}, guard.SetPolicy)
}

func runImport(ctx context.Context, o *ImportOptions) error {
	data, err := os.ReadFile(o.File)
	if err != nil {
		return &cli.UsageError{Message: err.Error()}
	}
	changes, err := parse(data)
	if err != nil {
		return err
	}
	if err := apply(ctx, o.Env, changes); err != nil {
		return err
	}
	result := map[string]string{}
	for _, c := range changes {
		result[c.key] = c.value
	}
	return o.Env.UI.Result(result, func(io.Writer) {})
}

// parse reads a file of settings.
func parse(data []byte) ([]change, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, cli.Usagef("not YAML: %v", err)
	}
	if len(doc.Content) != 1 || spec.ShapeOf(doc.Content[0]) != spec.Map {
		return nil, cli.Usagef("want a map of settings")
	}
	d := &spec.Decoder{Source: data}
	var changes []change
	seen := map[string]bool{}
	for _, p := range d.Pairs(doc.Content[0]) {
		value, ok := valueOf(p.Value)
		if !ok {
			return nil, cli.Usagef("line %d: %s: want a value, or a list of values", p.Key.Line, spec.Clip(p.Key.Value))
		}
		if seen[p.Key.Value] {
			return nil, cli.Usagef("line %d: %s is there twice", p.Key.Line, spec.Clip(p.Key.Value))
		}
		seen[p.Key.Value] = true
		changes = append(changes, change{p.Key.Value, value})
	}
	if len(d.Findings) > 0 {
		f := d.Findings[0]
		return nil, cli.Usagef("line %d: %s", f.Line, f.Message)
	}
	return changes, nil
}

// valueOf is a scalar, or a list of scalars with commas between.
func valueOf(n *yaml.Node) (string, bool) {
	switch spec.ShapeOf(n) {
	case spec.Null:
		return "", true
	case spec.Map:
		return "", false
	case spec.List:
		var list []string
		for _, item := range n.Content {
			v, ok := valueOf(item)
			if !ok || v == "" || spec.ShapeOf(item) == spec.List {
				return "", false
			}
			list = append(list, v)
		}
		return strings.Join(list, ","), true
	}
	return n.Value, true
}
