package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

var (
	nodeType     = reflect.TypeFor[*yaml.Node]()
	durationType = reflect.TypeFor[time.Duration]()
	sizeType     = reflect.TypeFor[Size]()
)

// Decode reads n into what into points to, a struct or any other field type, and
// reports everything that is wrong. A struct gets its defaults first; a nil n leaves it at that, without
// asking for what is required. What could
// not be read keeps its default. It panics on a type that the package comment does not list.
func (d *Decoder) Decode(n *yaml.Node, into any) {
	d.value(n, reflect.ValueOf(into).Elem(), field{})
}

func (d *Decoder) value(n *yaml.Node, v reflect.Value, f field) {
	if f.secret {
		if s, ok := d.secret(n); ok {
			v.SetString(s)
		}
		return
	}
	if len(f.enum) > 0 && v.Kind() != reflect.Slice && !d.among(n, f.enum) {
		return
	}
	if nd, ok := v.Addr().Interface().(NodeDecoder); ok {
		nd.DecodeNode(n, d)
		return
	}
	switch v.Type() {
	case nodeType:
		v.Set(reflect.ValueOf(n))
		return
	case durationType:
		set(v, d.Duration, n)
		return
	case sizeType:
		set(v, d.Size, n)
		return
	}
	d.kind(n, v, f)
}

func set[T any](v reflect.Value, read func(*yaml.Node) (T, bool), n *yaml.Node) {
	if x, ok := read(n); ok {
		v.Set(reflect.ValueOf(x).Convert(v.Type()))
	}
}

func (d *Decoder) kind(n *yaml.Node, v reflect.Value, f field) {
	switch v.Kind() {
	case reflect.String:
		set(v, d.Text, n)
	case reflect.Bool:
		set(v, d.Bool, n)
	case reflect.Int, reflect.Int64:
		if x, ok := d.Int(n); ok && v.OverflowInt(x) {
			d.Report(n, "yaml.range", d.about(Clip(n.Value)+" is out of range"), "")
		} else if ok {
			v.SetInt(x)
		}
	case reflect.Float64:
		set(v, d.Float, n)
	case reflect.Struct:
		d.structure(n, v)
	case reflect.Slice:
		d.list(n, v, f.enum)
	case reflect.Map:
		d.mapping(n, v)
	case reflect.Pointer:
		if ShapeOf(n) == Null && v.Type().Elem().Kind() == reflect.Struct && !isNodeDecoder(v.Type()) {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), field{})
	default:
		panic(fmt.Sprintf("spec: a field cannot have type %s", v.Type()))
	}
}

func isNodeDecoder(t reflect.Type) bool { return t.Implements(reflect.TypeFor[NodeDecoder]()) }

// among reports whether n is one of the strings allowed, or has another shape than a
// scalar, which is found out later.
func (d *Decoder) among(n *yaml.Node, enum []string) bool {
	if n == nil || n.Kind != yaml.ScalarNode || ShapeOf(n) == Null || slices.Contains(enum, n.Value) {
		return true
	}
	d.Report(n, "yaml.value", d.about(Quote(n.Value)+" is not allowed here"), DidYouMean(n.Value, enum))
	return false
}

func (d *Decoder) structure(n *yaml.Node, v reflect.Value) {
	setDefaults(v)
	fields := fieldsOf(v.Type())
	seen := make([]bool, len(fields))
	at := func(key string) int {
		return slices.IndexFunc(fields, func(f field) bool { return f.key == key })
	}
	for _, p := range d.Pairs(n) {
		i := at(p.Key.Value)
		if i < 0 {
			d.UnknownKey(p.Key, keysOf(fields))
			// One mistake, one finding: what was meant is not missing as well.
			if i := at(Nearest(p.Key.Value, keysOf(fields))); i >= 0 {
				seen[i] = true
			}
			continue
		}
		seen[i] = true
		d.In(p.Key.Value, func() { d.value(p.Value, v.Field(fields[i].index), fields[i]) })
	}
	if s := ShapeOf(n); n == nil || s != Map && s != Null {
		return
	}
	for i, f := range fields {
		if f.required && !seen[i] {
			d.Report(n, "yaml.required", d.about("the key `"+f.key+"` is missing"), "")
		}
	}
}

// UnknownKey reports a key that is not among known.
func (d *Decoder) UnknownKey(key *yaml.Node, known []string) {
	d.Report(key, "yaml.unknown_key", "unknown key "+Quote(key.Value), DidYouMean(key.Value, known))
}

func (d *Decoder) list(n *yaml.Node, v reflect.Value, enum []string) {
	items := d.Items(n)
	out := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		d.value(item, out.Index(i), field{enum: enum})
	}
	v.Set(out)
}

func (d *Decoder) mapping(n *yaml.Node, v reflect.Value) {
	out := reflect.MakeMap(v.Type())
	for _, p := range d.Pairs(n) {
		elem := reflect.New(v.Type().Elem()).Elem()
		d.In(p.Key.Value, func() { d.value(p.Value, elem, field{}) })
		out.SetMapIndex(reflect.ValueOf(p.Key.Value).Convert(v.Type().Key()), elem)
	}
	v.Set(out)
}

// setDefaults sets the defaults of a struct, sections included.
func setDefaults(v reflect.Value) {
	for _, f := range fieldsOf(v.Type()) {
		fv := v.Field(f.index)
		switch { // a section with a syntax of its own has defaults too
		case f.hasDefault:
			(&Decoder{}).value(defaultNode(f.def, fv), fv, field{})
		case fv.Kind() == reflect.Struct:
			setDefaults(fv)
		}
	}
}

// defaultNode is a default as a node. Lint finds the ones that do not decode.
func defaultNode(text string, v reflect.Value) *yaml.Node {
	if k := v.Kind(); k == reflect.Slice || k == reflect.Map {
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(text), &doc); err == nil && len(doc.Content) == 1 {
			return doc.Content[0]
		}
	}
	style := yaml.Style(0)
	if v.Kind() == reflect.String || shapeOfPlain(text) == Null {
		style = yaml.DoubleQuotedStyle
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Value: text, Style: style}
}

// Lint reports what is wrong with the tags of the struct v: for tests of whoever declares one.
func Lint(v any) error {
	t := structOf(v)
	var d Decoder
	for _, f := range fieldsOf(t) {
		sf := t.Field(f.index)
		if !sf.IsExported() {
			return fmt.Errorf("%s.%s: tagged but not exported", t, sf.Name)
		}
		if f.help == "" {
			return fmt.Errorf("%s.%s: no help", t, sf.Name)
		}
		if f.hasDefault {
			fv := reflect.New(sf.Type).Elem()
			d.In(f.key, func() { d.value(defaultNode(f.def, fv), fv, f) })
		}
		if sf.Type.Kind() == reflect.Struct && !isNodeDecoder(reflect.PointerTo(sf.Type)) {
			if err := Lint(reflect.New(sf.Type).Interface()); err != nil {
				return err
			}
		}
	}
	if len(d.Findings) > 0 {
		return fmt.Errorf("%s: default: %s", t, strings.TrimSpace(d.Findings[0].Message))
	}
	return nil
}
