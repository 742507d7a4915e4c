package spec

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Shape is what a node is by the core schema of YAML 1.2, in which yes, no, on, off and
// dates are strings.
type Shape uint8

// The shapes.
const (
	Null Shape = iota
	Bool
	Int
	Float
	String
	List
	Map
)

var shapeNames = [...]string{"nothing", "true or false", "a whole number", "a number", "a string", "a list", "a map"}

// String is the shape with its article, for messages.
func (s Shape) String() string { return shapeNames[s] }

var (
	intPattern   = regexp.MustCompile(`^([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$`)
	floatPattern = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
)

// ShapeOf tells the shape of n; a nil n is Null.
func ShapeOf(n *yaml.Node) Shape {
	switch {
	case n == nil || n.Kind == 0:
		return Null
	case n.Kind == yaml.SequenceNode:
		return List
	case n.Kind == yaml.MappingNode:
		return Map
	case n.Kind == yaml.AliasNode:
		return ShapeOf(n.Alias)
	case n.Style&yaml.TaggedStyle != 0 && n.Tag == "!!str":
		return String
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return String
	}
	return shapeOfPlain(n.Value)
}

func shapeOfPlain(s string) Shape {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return Null
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return Bool
	case ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF":
		return Float
	}
	if c := s[0]; c > '9' {
		return String
	}
	if intPattern.MatchString(s) {
		return Int
	}
	if floatPattern.MatchString(s) {
		return Float
	}
	return String
}

// Wrong reports that n is not what the key being decoded wants ("a list").
func (d *Decoder) Wrong(n *yaml.Node, wants, suggestion string) {
	d.Report(n, "yaml.type", d.about("wants "+wants+", got "+ShapeOf(n).String()), suggestion)
}

// Text reads a string. Numbers are taken as they are written.
func (d *Decoder) Text(n *yaml.Node) (string, bool) {
	switch s := ShapeOf(n); s {
	case String, Int, Float:
		return n.Value, true
	case Bool:
		d.Wrong(n, String.String(), "put it in quotes: \""+n.Value+"\"")
	case Null:
		d.Wrong(n, String.String(), nullHint(n))
	default:
		d.Wrong(n, String.String(), "")
	}
	return "", false
}

func nullHint(n *yaml.Node) string {
	if n == nil || n.Value == "" {
		return "give it a value or leave the key out"
	}
	return "put it in quotes: \"" + n.Value + "\""
}

// Bool reads true or false.
func (d *Decoder) Bool(n *yaml.Node) (value, ok bool) {
	if ShapeOf(n) == Bool {
		return strings.EqualFold(n.Value, "true"), true
	}
	suggestion := ""
	if n != nil && n.Kind == yaml.ScalarNode {
		switch strings.ToLower(n.Value) {
		case "yes", "on", "y", "1", "true":
			suggestion = "did you mean `true`?"
		case "no", "off", "n", "0", "false":
			suggestion = "did you mean `false`?"
		}
	}
	d.Wrong(n, Bool.String(), suggestion)
	return false, false
}

// Int reads a whole number.
func (d *Decoder) Int(n *yaml.Node) (int64, bool) {
	if ShapeOf(n) != Int {
		d.Wrong(n, Int.String(), d.unquote(n, Int))
		return 0, false
	}
	v, err := parseInt(n.Value)
	if err != nil {
		d.Report(n, "yaml.range", d.about(Clip(n.Value)+" is out of range"), "")
		return 0, false
	}
	return v, true
}

// parseInt reads the spellings of YAML 1.2: a leading zero does not make it octal.
func parseInt(s string) (int64, error) {
	if o, ok := strings.CutPrefix(s, "0o"); ok {
		return strconv.ParseInt(o, 8, 64)
	}
	if x, ok := strings.CutPrefix(s, "0x"); ok {
		return strconv.ParseInt(x, 16, 64)
	}
	return strconv.ParseInt(s, 10, 64)
}

// Float reads a finite number.
func (d *Decoder) Float(n *yaml.Node) (float64, bool) {
	s := ShapeOf(n)
	if s != Int && s != Float {
		d.Wrong(n, Float.String(), d.unquote(n, Float))
		return 0, false
	}
	if s == Int {
		if v, err := parseInt(n.Value); err == nil {
			return float64(v), true
		}
	}
	v, err := strconv.ParseFloat(n.Value, 64)
	if err != nil {
		d.Report(n, "yaml.range", d.about(Clip(n.Value)+" is out of range"), "")
		return 0, false
	}
	return v, true
}

func (d *Decoder) unquote(n *yaml.Node, want Shape) string {
	if ShapeOf(n) != String {
		return ""
	}
	if s := shapeOfPlain(n.Value); s == Int || s == want {
		return "drop the quotes"
	}
	return ""
}

// Duration reads a span of time that is not negative.
func (d *Decoder) Duration(n *yaml.Node) (time.Duration, bool) {
	const wants, hint = "a duration", "write a duration such as 30s, 2m or 1h30m"
	if s := ShapeOf(n); s != String {
		if s == Int && n.Value == "0" {
			return 0, true
		}
		d.Wrong(n, wants, hint)
		return 0, false
	}
	v, err := time.ParseDuration(n.Value)
	if err != nil || v < 0 {
		d.Report(n, "yaml.value", d.about(Quote(n.Value)+" is not a duration"), hint)
		return 0, false
	}
	return v, true
}

// Size reads a number of bytes.
func (d *Decoder) Size(n *yaml.Node) (Size, bool) {
	if s := ShapeOf(n); s != String && s != Int {
		d.Wrong(n, "a size", errSize.Error())
		return 0, false
	}
	v, err := ParseSize(n.Value)
	if err != nil {
		d.Report(n, "yaml.value", d.about(Quote(n.Value)+" is not a size"), errSize.Error())
		return 0, false
	}
	return v, true
}
