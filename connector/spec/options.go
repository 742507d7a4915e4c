package spec

import (
	"reflect"
	"strings"
)

// Option describes one key of a tagged struct.
type Option struct {
	Key      string   `json:"key"`
	Type     string   `json:"type"` // for people: "string", "list of strings", "string or map"
	Default  string   `json:"default,omitempty"`
	Enum     []string `json:"enum,omitempty"`
	Required bool     `json:"required,omitempty"`
	Secret   bool     `json:"secret,omitempty"`
	Help     string   `json:"help,omitempty"`
	Keys     []Option `json:"keys,omitempty"` // of a section
}

// Options describes the keys of v, a tagged struct or a pointer to one, in order.
func Options(v any) []Option { return optionsOf(structOf(v)) }

func optionsOf(t reflect.Type) []Option {
	var options []Option
	for _, f := range fieldsOf(t) {
		ft := t.Field(f.index).Type
		o := Option{Key: f.key, Type: typeName(ft), Default: f.def, Enum: f.enum, Required: f.required, Secret: f.secret, Help: f.help}
		if f.secret {
			o.Type = "secret"
		}
		for ft.Kind() == reflect.Pointer {
			ft = ft.Elem()
		}
		if ft.Kind() == reflect.Struct && ft != nodeType.Elem() && !isNodeDecoder(reflect.PointerTo(ft)) {
			o.Keys = optionsOf(ft)
		}
		options = append(options, o)
	}
	return options
}

// typeName is a type in the words of the documentation.
func typeName(t reflect.Type) string {
	if isNodeDecoder(reflect.PointerTo(t)) {
		if s, ok := reflect.New(t).Interface().(NodeSchemer); ok {
			return schemaWords(s.NodeSchema())
		}
		return "any"
	}
	switch t {
	case nodeType:
		return "any"
	case durationType:
		return "duration"
	case sizeType:
		return "size"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.Slice:
		return "list of " + plural(typeName(t.Elem()))
	case reflect.Struct:
		return "map"
	case reflect.Map:
		return "map of " + plural(typeName(t.Elem()))
	case reflect.Int, reflect.Int64:
		return "int"
	case reflect.Float64:
		return "number"
	}
	return t.Kind().String()
}

func plural(word string) string {
	if word == "any" {
		return "anything"
	}
	return word + "s"
}

// schemaWords is a JSON schema in one or two words.
func schemaWords(s map[string]any) string {
	if branches, ok := s["oneOf"].([]any); ok {
		var words []string
		for _, b := range branches {
			words = append(words, schemaWords(b.(map[string]any)))
		}
		return strings.Join(words, " or ")
	}
	switch s["type"] {
	case nil:
		return "any"
	case "object":
		return "map"
	case "array":
		return "list"
	case "integer":
		return "int"
	case "boolean":
		return "bool"
	case "number":
		return "number"
	}
	return "string"
}
