package toolcmd

import (
	"context"
	"encoding/json"
	"io"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/guard"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/flow/step"
)

// SchemaOptions is what `schema` works from.
type SchemaOptions struct {
	Env  *cli.Env
	What string // flow or connections
}

const schemaHelp = `Print the JSON schema of flow files or of connections.yaml, for editors. An editor with a YAML
language server takes it from the first line of a file:

    # yaml-language-server: $schema=../flow.schema.json`

// NewSchema is `headgate schema`.
func NewSchema(env *cli.Env, runF func(context.Context, *SchemaOptions) error) *cobra.Command {
	o := &SchemaOptions{Env: env}
	kinds := []string{"flow", "connections"}
	return guard.Needs(&cobra.Command{
		Use:       "schema flow|connections",
		Short:     "Print the JSON schema of a YAML file, for editors",
		Long:      schemaHelp,
		Example:   "  headgate schema flow > flow.schema.json",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cli.OneOf("schema", kinds)),
		ValidArgs: kinds,
		RunE: func(c *cobra.Command, args []string) error {
			o.What = args[0]
			if runF != nil {
				return runF(c.Context(), o)
			}
			return runSchema(c.Context(), o)
		},
	}, guard.None)
}

func runSchema(_ context.Context, o *SchemaOptions) error {
	var schema map[string]any
	if o.What == "flow" {
		var steps []flow.StepSchema
		for _, k := range step.Kinds() {
			steps = append(steps, flow.StepSchema{Name: k.Name, Summary: k.Summary, Schema: k.Schema()})
		}
		schema = flow.Schema(o.Env.Registry(), steps)
	} else {
		schema = flow.ConnectionsSchema(o.Env.Registry())
	}
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		return err
	}
	return o.Env.UI.Result(schema, func(w io.Writer) {
		w.Write(text)
		io.WriteString(w, "\n")
	})
}
