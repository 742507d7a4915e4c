package rbac

import (
	"strings"
	"testing"
)

type strictValue struct {
	Name string         `json:"name"`
	More int            `json:"more,omitempty"`
	Map  map[string]int `json:"map"`
}

func TestDecodeStrict(t *testing.T) {
	for raw, ok := range map[string]bool{
		`{"name":"a","map":{"x":1,"y":2}}`:        true,
		`{"name":"a","more":5,"map":null}`:        true,
		`{"name":"\u003c","map":null}`:            true,
		`{"name":"<","map":null}`:                 false, // json.Marshal escapes it
		`{"name":"\u0061","map":null}`:            false,
		`{"name":"a","map":{"y":2,"x":1}}`:        false,
		`{"name":"a","map":{"x":1,"x":1}}`:        false,
		`{"map":null,"name":"a"}`:                 false,
		`{"name":"a", "map":null}`:                false,
		`{"name":"a","map":null}` + "\n":          false,
		` {"name":"a","map":null}`:                false,
		`{"name":"a","map":null}{}`:               false,
		`{"name":"a","map":null}]`:                false,
		`{"name":"a","more":0,"map":null}`:        false,
		`{"name":"a"}`:                            false,
		`{"Name":"a","map":null}`:                 false,
		`{"name":"b","name":"a","map":null}`:      false,
		`{"name":"b","NAME":"a","map":null}`:      false,
		`{"name":"a","note":1,"map":null}`:        false,
		`{"name":"a","more":5.0,"map":null}`:      false,
		`{"name":"a","more":5e0,"map":null}`:      false,
		`{"name":"` + "\xff" + `","map":null}`:    false,
		`{"name":"a","map":{"x":1}`:               false,
		`[]`:                                      false,
		`null`:                                    false,
		``:                                        false,
		`{"name":` + strings.Repeat("[", 100_000): false,
	} {
		var v strictValue
		if err := DecodeStrict([]byte(raw), &v); (err == nil) != ok {
			t.Errorf("%.60q: %v", raw, err)
		}
	}
}

func TestDecodeStrictReadsNoMoreThanItsLimit(t *testing.T) {
	frame := len(`{"name":"","map":null}`)
	for n, ok := range map[int]bool{maxOpBytes - 1: true, maxOpBytes: true, maxOpBytes + 1: false} {
		raw := []byte(`{"name":"` + strings.Repeat("a", n-frame) + `","map":null}`)
		var v strictValue
		if err := DecodeStrict(raw, &v); (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "at most 4194304") {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

// TestDecodeStrictNamesWhatItDoesNotKnow: that tells a newer program's value from one
// that somebody edited.
func TestDecodeStrictNamesWhatItDoesNotKnow(t *testing.T) {
	var v strictValue
	if err := DecodeStrict([]byte(`{"name":"a","note":1,"map":null}`), &v); err == nil || !strings.Contains(err.Error(), `"note"`) {
		t.Errorf("%v", err)
	}
}

func TestDecodeStrictIntoWhatHasNoForm(t *testing.T) {
	var v struct{ Call func() }
	if err := DecodeStrict([]byte(`{}`), &v); err == nil {
		t.Error("taken, and it can't be written again")
	}
}
