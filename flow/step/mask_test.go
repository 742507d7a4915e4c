package step_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/flow/step"
	"github.com/headgate/headgate/flow/step/steptest"
)

// maskKey gives every key the bytes of its name.
func maskKey(name string) (connector.Secret, error) { return connector.NewSecret([]byte(name)), nil }

func hmacOf(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

func sha256Of(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestMask(t *testing.T) {
	env := step.Env{Key: maskKey}
	steptest.Run(t, []steptest.Case{{
		Name:    "every mask",
		Step:    "mask: {a: redact, b: last4, c: first1, d: sha256, e: {hmac: pepper}}",
		Columns: "a string, b string, c string, d string, e string, f string",
		Rows: []string{"secret | 4111111111111111 | Ann | x | ann@example.com | kept", "NULL | NULL | NULL | NULL | NULL | NULL",
			"'' | 1111 | Ä | '' | '' | ''", "x | äöü€5 | Żółw | ü | ü | x"},
		Env: env,
		Want: []string{
			"*** | ************1111 | A** | " + sha256Of("x") + " | " + hmacOf("pepper", "ann@example.com") + " | kept",
			"NULL | NULL | NULL | NULL | NULL | NULL",
			"*** | **** | * | " + sha256Of("") + " | " + hmacOf("pepper", "") + " | ''",
			"*** | *öü€5 | Ż*** | " + sha256Of("ü") + " | " + hmacOf("pepper", "ü") + " | x"},
	}, {
		Name:    "types are masked as their text",
		Step:    "mask: {id: sha256, amount: last4, at: {hmac: k}}",
		Columns: "id int, amount decimal(12,2), at date",
		Out:     "id string, amount string, at string",
		Rows:    []string{"12 | 1234.50 | 2024-02-29"},
		Want:    []string{sha256Of("12") + " | ***4.50 | " + hmacOf("k", "2024-02-29")},
		Env:     env,
	}, {
		Name:    "the order of columns is kept",
		Step:    "mask: {c: redact, a: redact}",
		Columns: "a string, b string, c string",
		Rows:    []string{"1 | 2 | 3"},
		Want:    []string{"*** | 2 | ***"},
	}})
}

// TestMaskDeclared: a value that is not of its declared type rejects the row, one of an inferred type is
// masked as it was read.
func TestMaskDeclared(t *testing.T) {
	in := steptest.Columns(t, "id int")
	shape := steptest.Shape{Batch: 10, Slots: 1}
	got, err := steptest.Apply(steptest.Compile(t, "mask: {id: sha256}", in, step.Env{}), in, []string{"7", "007", "x"}, shape)
	if err != nil || len(got.Rejects) != 0 || fmt.Sprint(got.Rows) != fmt.Sprint([]string{sha256Of("7"), sha256Of("007"), sha256Of("x")}) {
		t.Errorf("inferred: %+v, %v", got, err)
	}
	in.Fields[0].Declared = true
	got, err = steptest.Apply(steptest.Compile(t, "mask: {id: sha256}", in, step.Env{}), in, []string{"7", "007", "x"}, shape)
	if err != nil || fmt.Sprint(got.Rows) != fmt.Sprint([]string{sha256Of("7"), sha256Of("7")}) || len(got.Rejects) != 1 {
		t.Errorf("declared: %+v, %v", got, err)
	}
}

func TestMaskClass(t *testing.T) {
	in := steptest.Columns(t, "a string, b string, c string")
	for i := range in.Fields {
		in.Fields[i].Class = "pii"
	}
	op := steptest.Compile(t, "mask: {a: {hmac: k}, b: sha256}", in, step.Env{Key: maskKey})
	if f := op.Out.Fields; f[0].Class != "" || f[1].Class != "pii" || f[2].Class != "pii" {
		t.Errorf("classes: %+v", f)
	}
}

// TestMaskWithoutKey: a plan can be shown without a store; no row passes.
func TestMaskWithoutKey(t *testing.T) {
	in := steptest.Columns(t, "a string")
	op := steptest.Compile(t, "mask: {a: {hmac: k}}", in, step.Env{})
	if _, err := steptest.Apply(op, in, []string{"x"}, steptest.Shape{Batch: 1, Slots: 1}); err == nil || !strings.Contains(err.Error(), "no store") {
		t.Errorf("applied: %v", err)
	}
	s, _ := steptest.Decode("mask: {a: {hmac: k}}")
	empty := func(string) (connector.Secret, error) { return connector.Secret{}, nil }
	if _, err := s.Compile(in, step.Env{Key: empty}); err == nil {
		t.Error("an empty key was taken")
	}
}

// TestMaskAgreesWithTheObvious holds the kernel against an implementation without buffers.
func TestMaskAgreesWithTheObvious(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	letters := []rune("aZ0 -@.äß€漢😀'*")
	for range 50 {
		var lines, want []string
		masks := []string{"redact", "last4", "first1", "sha256", "{hmac: k}"}
		how := masks[random.IntN(len(masks))]
		for range 1 + random.IntN(40) {
			text := make([]rune, 1+random.IntN(12))
			for i := range text {
				text[i] = letters[random.IntN(len(letters))]
			}
			if s := string(text); strings.TrimSpace(s) == s && s != "''" {
				lines = append(lines, s)
				want = append(want, obviousMask(how, text))
			}
		}
		in := steptest.Columns(t, "a string")
		op := steptest.Compile(t, "mask: {a: "+how+"}", in, step.Env{Key: maskKey})
		got, err := steptest.Apply(op, in, lines, steptest.Shape{Batch: 1 + random.IntN(9), Slots: 2, Computed: random.IntN(2) == 0})
		if err != nil || strings.Join(got.Rows, "\n") != strings.Join(want, "\n") {
			t.Fatalf("%s of %q: %v\n got %q\nwant %q", how, lines, err, got.Rows, want)
		}
	}
}

func obviousMask(how string, text []rune) string {
	n := len(text)
	switch how {
	case "redact":
		return "***"
	case "last4":
		if n <= 4 {
			return strings.Repeat("*", n)
		}
		return strings.Repeat("*", n-4) + string(text[n-4:])
	case "first1":
		if n == 1 {
			return "*"
		}
		return string(text[:1]) + strings.Repeat("*", n-1)
	case "sha256":
		return sha256Of(string(text))
	}
	return hmacOf("k", string(text))
}

func TestMaskFindings(t *testing.T) {
	steptest.Findings(t, []steptest.Wrong{{
		Name:    "unknown column",
		Step:    "mask: {emial: redact}",
		Columns: "email string",
		Want:    []string{"1:8 step.unknown_column: unknown column \"emial\" (did you mean `email`?)"},
		Out:     "email string",
	}, {
		Name:    "unknown mask",
		Step:    "mask: {email: lastfour}",
		Columns: "email string",
		Want:    []string{"1:15 yaml.value: unknown mask \"lastfour\" (one of redact, last4, first1, sha256 or {hmac: KEY})"},
	}, {
		Name:    "a misspelt mask",
		Step:    "mask: {email: hmca}",
		Columns: "email string",
		Want:    []string{"1:15 yaml.value: unknown mask \"hmca\" (did you mean `{hmac: KEY}`?)"},
	}, {
		Name:    "no key",
		Step:    "mask: {email: {hmca: k}}",
		Columns: "email string",
		Want:    []string{"1:16 yaml.unknown_key: unknown key \"hmca\" (did you mean `hmac`?)"},
	}, {
		Name:    "nothing",
		Step:    "mask: {}",
		Columns: "email string",
		Want:    []string{"1:7 step.empty: wants a map of columns to masks"},
	}, {
		Name:    "a list",
		Step:    "mask: {email: [redact]}",
		Columns: "email string",
		Want:    []string{"1:15 yaml.type: email: wants a mask, got a list (redact, last4, first1, sha256 or {hmac: KEY})"},
	}, {
		Name:    "columns not known",
		Step:    "mask: {email: redact}",
		Columns: "id int, ...",
		Out:     "id int, email string, ...",
	}})
}
