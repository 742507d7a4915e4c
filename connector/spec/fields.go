package spec

import (
	"fmt"
	"reflect"
	"strconv"
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
		f := field{index: i}
		eachTag(string(t.Field(i).Tag), f.set)
		if f.key != "" {
			fields = append(fields, f)
		}
	}
	return fields
}

func (f *field) set(name, value string) {
	switch name {
	case "key":
		f.key = value
	case "help":
		f.help = value
	case "required":
		f.required = value == "true"
	case "secret":
		f.secret = value == "true"
	case "default":
		f.def, f.hasDefault = value, true
	case "enum":
		if value != "" {
			f.enum = strings.Split(value, ",")
		}
	}
}

// eachTag calls fn for every name:"value" of a struct tag. It reads the tag once, which
// with a help text in it makes a difference to how long a flow takes to load.
func eachTag(tag string, fn func(name, value string)) {
	for {
		name, rest, ok := strings.Cut(strings.TrimLeft(tag, " "), ":")
		if !ok {
			return
		}
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return
		}
		value, err := strconv.Unquote(quoted)
		if err != nil {
			return
		}
		fn(name, value)
		tag = rest[len(quoted):]
	}
}

// Keys lists the keys of v, a tagged struct or a pointer to one, in order.
func Keys(v any) []string { return keysOf(fieldsOf(structOf(v))) }

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
