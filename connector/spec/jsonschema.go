package spec

import (
	"maps"
	"reflect"
	"strconv"
)

// JSONSchema is the JSON schema (draft 2020-12) of what v, a pointer to any field type, takes.
// It is fresh: the caller may change it.
func JSONSchema(v any) map[string]any { return schemaOf(reflect.TypeOf(v).Elem()) }

func schemaOf(t reflect.Type) map[string]any {
	if isNodeDecoder(reflect.PointerTo(t)) {
		if s, ok := reflect.New(t).Interface().(NodeSchemer); ok {
			return s.NodeSchema()
		}
		return map[string]any{}
	}
	switch t {
	case nodeType:
		return map[string]any{}
	case durationType:
		return map[string]any{"type": "string", "pattern": `^([0-9.]+(ns|us|µs|ms|s|m|h))+$`}
	case sizeType:
		return map[string]any{"type": []any{"string", "integer"}, "pattern": `^[0-9]+ *([kKmMgGtT]?([iI]?[bB])?)$`}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem())
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem())}
	case reflect.Struct:
		return structSchema(t)
	}
	return map[string]any{"type": []any{"string", "number"}}
}

func structSchema(t reflect.Type) map[string]any {
	properties, required := map[string]any{}, []any{}
	for _, f := range fieldsOf(t) {
		p := fieldSchema(t.Field(f.index).Type, f)
		properties[f.key] = p
		if f.required {
			required = append(required, f.key)
		}
	}
	s := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func fieldSchema(t reflect.Type, f field) map[string]any {
	s := schemaOf(t)
	if f.secret {
		s = map[string]any{"type": "string", "pattern": secretPattern}
	}
	if f.help != "" {
		s["description"] = f.help
	}
	if len(f.enum) > 0 {
		enum := make([]any, len(f.enum))
		for i, e := range f.enum {
			enum[i] = e
		}
		one := map[string]any{"type": "string", "enum": enum}
		if t.Kind() == reflect.Slice {
			s["items"] = one
		} else {
			maps.Copy(s, one)
		}
	}
	if f.hasDefault {
		s["default"] = defaultJSON(f.def, t)
	}
	return s
}

// defaultJSON is a default as a JSON value: what is not plainly a number or a bool stays text.
func defaultJSON(text string, t reflect.Type) any {
	switch t.Kind() {
	case reflect.Bool:
		return text == "true"
	case reflect.Int, reflect.Int64, reflect.Float64:
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return f
		}
	case reflect.Slice:
		v := reflect.New(t)
		(&Decoder{}).value(defaultNode(text, v.Elem()), v.Elem(), field{})
		return v.Elem().Interface()
	}
	return text
}
