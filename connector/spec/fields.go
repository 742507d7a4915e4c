package spec

import (
	"fmt"
	"reflect"
	"strings"
)

// field is a struct field with what its tags say.
type field struct {
	index            int
	key, help        string
	def              string
	hasDefault       bool
	enum             []string
	required, secret bool
}

// fieldsOf lists the tagged fields of a struct type.
func fieldsOf(t reflect.Type) []field {
	fields := make([]field, 0, t.NumField())
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		key := tag.Get("key")
		if key == "" {
			continue
		}
		f := field{index: i, key: key, help: tag.Get("help"), required: tag.Get("required") == "true", secret: tag.Get("secret") == "true"}
		f.def, f.hasDefault = tag.Lookup("default")
		if enum := tag.Get("enum"); enum != "" {
			f.enum = strings.Split(enum, ",")
		}
		fields = append(fields, f)
	}
	return fields
}

func keysOf(fields []field) []string {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	return keys
}

// structOf is the struct type that v, a struct or a pointer to one, has.
func structOf(v any) reflect.Type {
	t := reflect.TypeOf(v)
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		panic(fmt.Sprintf("spec: %T is not a struct", v))
	}
	return t
}
