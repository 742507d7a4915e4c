package postgres

import (
	"bytes"
	"encoding/json"
)

// appendArray writes a JSON array as an array literal of the server. Elements that are
// objects stay JSON, for arrays of json.
func appendArray(out, text []byte) ([]byte, string) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return out, "an array that is not JSON"
	}
	list, ok := v.([]any)
	if !ok {
		return out, "JSON that is not an array"
	}
	return appendElements(out, list), ""
}

func appendElements(out []byte, list []any) []byte {
	out = append(out, '{')
	for i, v := range list {
		if i > 0 {
			out = append(out, ',')
		}
		switch v := v.(type) {
		case nil:
			out = append(out, "NULL"...)
		case []any:
			out = appendElements(out, v)
		case string:
			out = appendElement(out, v)
		case bool:
			out = append(out, map[bool]string{true: "t", false: "f"}[v]...)
		case json.Number:
			out = append(out, v...)
		default:
			raw, err := json.Marshal(v)
			if err != nil {
				raw = []byte("null") // what was decoded always encodes
			}
			out = appendElement(out, string(raw))
		}
	}
	return append(out, '}')
}

// appendElement writes a text in quotes.
func appendElement(out []byte, s string) []byte {
	out = append(out, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			out = append(out, '\\')
		}
		out = append(out, s[i])
	}
	return append(out, '"')
}
