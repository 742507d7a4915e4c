package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Bound is a key of a connection that its secrets are bound to.
type Bound struct {
	Key   string
	Value string // lists joined by commas; "" when absent
	// File says that Value names a file, whose contents count and not its name.
	File bool
}

// Bindings lists, in order, the keys of a filled tagged struct with a tag
//
//	bind:"value"   its value says where a credential goes, or how safely
//	bind:"file"    the same, and it is the contents of the file that count
//
// A secret of the connection does not decrypt after one of them changed.
func Bindings(v any) []Bound {
	var list []Bound
	value := reflect.Indirect(reflect.ValueOf(v))
	for i := range value.NumField() {
		tag := value.Type().Field(i).Tag
		if bind := tag.Get("bind"); bind != "" {
			list = append(list, Bound{tag.Get("key"), textOf(value.Field(i)), bind == "file"})
		}
	}
	return list
}

// Given lists, in order, the keys of a filled tagged struct that are not empty, as text.
func Given(v any) []Bound {
	var list []Bound
	value := reflect.Indirect(reflect.ValueOf(v))
	for i := range value.NumField() {
		f := value.Field(i)
		if key := value.Type().Field(i).Tag.Get("key"); key != "" && !f.IsZero() {
			list = append(list, Bound{Key: key, Value: textOf(f)})
		}
	}
	return list
}

// References lists the names that a filled tagged struct refers to in fields with a tag
//
//	names:"key"    a string or a list of strings naming keys of `keys:`
//
// for the given kind of name. References of secrets are those of `secret:"true"` fields,
// with the kind "secret".
func References(v any, kind string) []string {
	value := reflect.Indirect(reflect.ValueOf(v))
	if value.Kind() != reflect.Struct {
		return nil
	}
	var list []string
	for i := range value.NumField() {
		tag, f := value.Type().Field(i).Tag, value.Field(i)
		if tag.Get("names") != kind && (kind != "secret" || tag.Get("secret") != "true") {
			continue
		}
		switch f := reflect.Indirect(f); {
		case f.Kind() == reflect.String && f.String() != "":
			list = append(list, f.String())
		case f.Kind() == reflect.Slice:
			for j := range f.Len() {
				list = append(list, f.Index(j).String())
			}
		}
	}
	return list
}

// textOf is a value as text. No two values of a field have the same text, since secrets
// are bound to it.
func textOf(v reflect.Value) string {
	v = reflect.Indirect(v)
	switch {
	case !v.IsValid():
		return ""
	case v.Kind() == reflect.Slice:
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = part(textOf(v.Index(i)), ",")
		}
		return strings.Join(parts, ",")
	case v.Kind() == reflect.Map:
		parts := make([]string, 0, v.Len())
		for m := v.MapRange(); m.Next(); {
			parts = append(parts, part(textOf(m.Key()), " =")+"="+part(textOf(m.Value()), " "))
		}
		slices.Sort(parts)
		return strings.Join(parts, " ")
	case v.Kind() == reflect.Struct:
		parts := make([]string, 0, v.NumField())
		for i := range v.NumField() {
			if key := v.Type().Field(i).Tag.Get("key"); key != "" {
				parts = append(parts, key+"="+part(textOf(v.Field(i)), " "))
			}
		}
		return strings.Join(parts, " ")
	}
	return fmt.Sprint(v.Interface())
}

// part is the text of one of several values, in quotes where it could be mistaken for more
// than one.
func part(text, separators string) string {
	if text == "" || strings.ContainsAny(text, separators+`"`) {
		return strconv.Quote(text)
	}
	return text
}
