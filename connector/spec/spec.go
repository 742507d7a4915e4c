// Package spec turns YAML nodes into tagged Go structs and back into documentation:
// one struct gives decoding with positions, defaults, help, JSON schema and the
// docs table. Connections, format options, flow files and steps all use it.
//
// A struct says what it takes with these tags:
//
//	key:"delimiter"      the YAML key; fields without it are ignored
//	help:"..."           one line for people
//	default:","          in the field's own syntax, set when the key is absent
//	enum:"a,b,c"         the only strings allowed
//	required:"true"      absence is a finding
//	secret:"true"        takes only a reference (secret:NAME[#field]); a literal is a finding
//
// Field types: string, bool, int, int64, float64, time.Duration ("2m"), Size
// ("256MiB"), []string, []T, map[string]T, Ordered[T] (a map whose order counts),
// structs, pointers to any of these (nil = absent), *yaml.Node (kept for later) and types with a
// DecodeNode method, which take short forms. An embedded exported struct with a key tag is a
// section whose fields are promoted in Go.
//
// The default of a list or a map is written as YAML, the default of anything else as
// its plain text.
package spec

import "go.yaml.in/yaml/v3"

// Finding is one thing wrong with a file.
type Finding struct {
	Code         string // stable: "yaml.unknown_key"
	Line, Column int    // 1-based; 0 when it concerns the whole file
	Message      string // for people, no position
	Suggestion   string // "did you mean `status`?", or what to do; may be empty
	// Private findings are about a line that may hold a secret: it must not be shown.
	Private bool
	Warning bool // does not make the file invalid
}

// NodeDecoder is a field type with a syntax of its own. What is wrong goes to d.
type NodeDecoder interface {
	DecodeNode(n *yaml.Node, d *Decoder)
}

// NodeSchemer is a NodeDecoder that documents its syntax as a JSON schema.
type NodeSchemer interface {
	NodeSchema() map[string]any
}

// Decoder collects findings while it decodes. The zero Decoder is ready to use. It
// is for one goroutine.
type Decoder struct {
	Findings []Finding
	// Source is the file the nodes come from. With it positions inside a scalar are
	// exact; without it they are those of a scalar on one line.
	Source []byte

	key string // innermost key being decoded, for messages
}

// exactPositions is up to how many findings a file is searched for exact positions, so that a
// hostile file costs little.
const exactPositions = 1000

// Report adds a finding at n; a nil n is the whole file.
func (d *Decoder) Report(n *yaml.Node, code, message, suggestion string) {
	f := Finding{Code: code, Message: message, Suggestion: suggestion}
	if n != nil {
		f.Line, f.Column = n.Line, n.Column
	}
	d.Findings = append(d.Findings, f)
}

// ReportAt adds a finding at a byte offset of the scalar n's value.
func (d *Decoder) ReportAt(n *yaml.Node, offset int, code, message, suggestion string) {
	line, column := n.Line, n.Column
	if len(d.Findings) < exactPositions {
		line, column = Position(d.Source, n, offset)
	}
	d.Findings = append(d.Findings, Finding{Code: code, Line: line, Column: column, Message: message, Suggestion: suggestion})
}

// Warn adds a finding at n that does not make the file invalid.
func (d *Decoder) Warn(n *yaml.Node, code, message, suggestion string) {
	d.Report(n, code, message, suggestion)
	d.Findings[len(d.Findings)-1].Warning = true
}

// about puts the key in front of a message.
func (d *Decoder) about(message string) string {
	if d.key == "" {
		return message
	}
	return Clip(d.key) + ": " + message
}
