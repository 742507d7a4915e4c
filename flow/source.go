package flow

import (
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/spec"
)

// Source says what a flow reads. Exactly one of Files, Table and Query is set.
type Source struct {
	Pos         Pos
	Connection  Text         `key:"connection" help:"a connection's name; left out = files of the project's folder"`
	Files       *Files       `key:"files" help:"which files"`
	Decode      Layers       `key:"decode" help:"codecs and format, outermost first; left out = by the file's extension"`
	Table       Text         `key:"table" help:"which table"`
	Query       Text         `key:"query" help:"a query instead of a table; values come in as :name, see args"`
	Args        Args         `key:"args" help:"values bound to the query's parameters"`
	Select      []Text       `key:"select" help:"which columns of the table; left out = all"`
	Incremental *Incremental `key:"incremental" help:"read only what is new since the last run"`
	Split       *Split       `key:"split" help:"how to cut a table into pieces"`
	Request     *yaml.Node   `key:"request" help:"the request an API is sent"`
	Pagination  *yaml.Node   `key:"pagination" help:"how an API pages"`
	Records     Text         `key:"records" help:"the path of the records in an answer"`
	Columns     Columns      `key:"columns" help:"the columns and their types; left out = inferred where nothing can be lost"`
	Drift       Drift        `key:"drift" help:"what to do when the columns differ from those declared"`
	Strict      bool         `key:"strict" default:"false" help:"check every cell, also of columns and rows nobody uses"`
}

// DecodeNode takes a map.
func (s *Source) DecodeNode(n *yaml.Node, d *spec.Decoder) {
	type plain Source
	d.Decode(n, (*plain)(s))
	s.Pos = posOf(n)
	checkSource(n, s, d)
}

// NodeSchema is a map.
func (s *Source) NodeSchema() map[string]any {
	type plain Source
	return spec.JSONSchema((*plain)(s))
}

// Files is a file source.
type Files struct {
	Glob      Text          `key:"glob" required:"true" help:"names; * ? [a-z] {a,b} and ** across folders; - = standard input; may hold ${{ }}"`
	Settle    time.Duration `key:"settle" help:"ignore files that changed less than this ago"`
	Seen      string        `key:"seen" enum:"skip,reload,fail" default:"reload" help:"what to do with files that an earlier run has read"`
	SeenBy    string        `key:"seen_by" enum:"name,content" default:"name" help:"how a file is known again: name = by its name, size and time of change; content = by its contents, whatever it is called"`
	OnSuccess *OnSuccess    `key:"on_success" help:"what to do with the files once their rows are durable: delete, or {move: FOLDER}"`
}

// DecodeNode takes a glob, or a map.
func (f *Files) DecodeNode(n *yaml.Node, d *spec.Decoder) {
	type plain Files
	if spec.ShapeOf(n) == spec.Map {
		d.Decode(n, (*plain)(f))
		return
	}
	d.Decode(nil, (*plain)(f))
	f.Glob.DecodeNode(n, d)
}

// NodeSchema is a string or a map.
func (f *Files) NodeSchema() map[string]any {
	type plain Files
	return oneOf(map[string]any{"type": "string"}, spec.JSONSchema((*plain)(f)))
}

// OnSuccess says what becomes of a file once its rows are durable.
type OnSuccess struct {
	Delete bool
	Move   Text `key:"move" required:"true" help:"a folder"`
}

// DecodeNode takes delete or {move: FOLDER}.
func (o *OnSuccess) DecodeNode(n *yaml.Node, d *spec.Decoder) {
	type plain OnSuccess
	if spec.ShapeOf(n) != spec.String {
		d.Decode(n, (*plain)(o))
		return
	}
	if o.Delete = n.Value == "delete"; !o.Delete {
		d.Report(n, "yaml.value", "on_success: "+spec.Quote(n.Value)+" is not allowed here", "write `delete` or `{move: FOLDER}`")
	}
}

// NodeSchema is the word delete or a map.
func (o *OnSuccess) NodeSchema() map[string]any {
	type plain OnSuccess
	return oneOf(map[string]any{"type": "string", "enum": []any{"delete"}}, spec.JSONSchema((*plain)(o)))
}

// Arg is a bound query parameter: an interpolated string, or a number, true, false or
// null as Text.Shape tells.
type Arg struct{ Name, Value Text }

// Args are a query's parameters.
type Args []Arg

// DecodeNode takes a map of names and values.
func (a *Args) DecodeNode(n *yaml.Node, d *spec.Decoder) {
	for _, p := range d.Pairs(n) {
		d.In(p.Key.Value, func() {
			if v, ok := scalar(p.Value, d); ok {
				*a = append(*a, Arg{Name: keyText(p.Key), Value: v})
			}
		})
	}
}

// NodeSchema is a map of scalars.
func (a *Args) NodeSchema() map[string]any {
	return map[string]any{"type": "object", "additionalProperties": scalarSchema()}
}

func keyText(n *yaml.Node) Text { return Text{Value: n.Value, Pos: posOf(n), node: n} }

// Incremental reads what is new since the last run.
type Incremental struct {
	Cursor     Text          `key:"cursor" required:"true" help:"a column whose values grow"`
	TieBreaker Text          `key:"tie_breaker" help:"a column that orders rows with equal cursors, never NULL. Without it, rows that come later with the cursor of the last row read are an error"`
	Start      Text          `key:"start" help:"where the first run starts; left out = at the beginning; may hold ${{ }}"`
	Lag        time.Duration `key:"lag" help:"read again what is younger than this"`
	Nulls      string        `key:"nulls" enum:"fail,skip,include" help:"what to do with rows whose cursor is NULL"`
}

// Split says how to cut a table.
type Split struct {
	By         Text  `key:"by" required:"true" help:"a column to cut by"`
	TargetRows int64 `key:"target_rows" default:"1000000" help:"rows in a piece, about"`
}

// Drift says what to do when the input's columns differ from the declared ones.
type Drift struct {
	NewColumn     string `key:"new_column" enum:"ignore,add,fail" default:"ignore" help:"an input column that is not declared"`
	MissingColumn string `key:"missing_column" enum:"ignore,fail" default:"fail" help:"a declared column that the input lacks; ignore = NULL"`
}
