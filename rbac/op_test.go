package rbac

import (
	"strings"
	"testing"
)

func TestEveryKindHasItsBody(t *testing.T) {
	for _, k := range Kinds() {
		if b := newBody(k); b == nil || b.kind() != k {
			t.Errorf("%s: %T", k, b)
		}
	}
	for _, k := range []Kind{"", "user.sets", "Genesis"} {
		if b := newBody(k); b != nil {
			t.Errorf("%q: %T", k, b)
		}
	}
}

func TestDigests(t *testing.T) {
	full := strings.Repeat("0123456789abcdef", 4)
	if d := DigestOf(nil); d != "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" || !d.valid() {
		t.Errorf("of nothing: %s", d)
	}
	for d, want := range map[string]bool{
		full: true, "": false, full[1:]: false, full + "0": false, strings.ToUpper(full): false, "g" + full[1:]: false,
		full[:31] + " " + full[32:]: false,
	} {
		if Digest(d).valid() != want {
			t.Errorf("%q: valid %v", d, !want)
		}
	}
}

// TestDecodeOp: what Encode wrote is read as it was, and an error says where it stands.
func TestDecodeOp(t *testing.T) {
	op := &Op{Seq: 7, Prev: DigestOf(nil), Time: 5, By: "a", Kind: KindUserSet, ID: "b", Body: &UserSet{Role: Viewer}, State: DigestOf([]byte("s"))}
	raw, err := op.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeOp(raw)
	if err != nil {
		t.Fatal(err)
	}
	body, ok := got.Body.(*UserSet)
	if !ok || *body != (UserSet{Role: Viewer}) {
		t.Errorf("%#v", got.Body)
	}
	if got.Body = op.Body; *got != *op {
		t.Errorf("%+v, want %+v", got, op)
	}
	text := string(raw)
	for want, edited := range map[string]string{
		"operation: ":                           text[1:],
		`operation 7: unknown kind "user.sets"`: strings.Replace(text, "user.set", "user.sets", 1),
		"operation 7, user.set: ":               strings.Replace(text, `"role"`, `"rule"`, 1),
	} {
		if got, err := DecodeOp([]byte(edited)); got != nil || err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%+v, %v; want %q", got, err, want)
		}
	}
}

// formless is a body that has no form in JSON.
type formless struct{ Call func() }

func (formless) kind() Kind   { return KindFormat }
func (formless) check() error { return nil }

func TestEncodeOfABodyWithoutAForm(t *testing.T) {
	op := &Op{Kind: KindFormat, Body: formless{}}
	if raw, err := op.Encode(); err == nil {
		t.Errorf("%s", raw)
	}
}
