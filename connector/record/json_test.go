package record

import (
	"encoding/json"
	"strings"
	"testing"
)

var jsonTexts = []string{``, ` `, `1`, `-0`, `-`, `01`, `1.`, `.5`, `1e`, `1e+5`, `1E-05`, `+1`, `"`, `"a`, `"a"`, `"\u00e9"`, `"\u00g9"`, `"\u00`, `"\`,
	`"\x"`, "\"\n\"", `true`, `tru`, `truex`, `null `, ` false`, `nul`, `[]`, `[ ]`, `[1]`, `[1,]`, `[,1]`, `[1 2]`, `[`, `]`, `[1`, `{`, `}`, `{}`, `{ }`,
	`{"a":1}`, `{"a":1,}`, `{"a":1,"b":[{}]}`, `{"a"}`, `{"a":}`, `{1:2}`, `{"a":1]`, `[1}`, `{"a" : [ 1 , { "b" : null } ] }`, `1 2`, `[] []`, "\x00", "[1\x00]",
	"\xef\xbb\xbf1", `{"a":1 "b":2}`, `[[[[1],2],{"x":[{"y":[]}]}]]`, `{"a":{"b":{"c":[]}},"d":1}`}

func TestCheckJSON(t *testing.T) {
	for _, s := range jsonTexts {
		if got, want := CheckJSON([]byte(s)) == NoProblem, json.Valid([]byte(s)); got != want {
			t.Errorf("CheckJSON(%q) = %v, want %v", s, got, want)
		}
	}
}

func TestCheckJSONDepth(t *testing.T) {
	nested := func(open, end string, n int) []byte {
		return []byte(strings.Repeat(open, n) + "1" + strings.Repeat(end, n))
	}
	for _, p := range [][2]string{{"[", "]"}, {`{"a":`, "}"}, {`[{"a":`, "}]"}} {
		n := MaxJSONDepth / len(p[1])
		if got := CheckJSON(nested(p[0], p[1], n)); got != NoProblem {
			t.Errorf("%s x %d: %d", p[0], n, got)
		}
		if got := CheckJSON(nested(p[0], p[1], n+1)); got != TooDeep {
			t.Errorf("%s x %d: %d, want TooDeep", p[0], n+1, got)
		}
	}
}

func FuzzCheckJSON(f *testing.F) {
	for _, s := range jsonTexts {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, s []byte) {
		got := CheckJSON(s)
		if got != TooDeep && (got == NoProblem) != json.Valid(s) {
			t.Errorf("CheckJSON(%q) = %d, json.Valid says %v", s, got, json.Valid(s))
		}
	})
}
