package flow

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector/spec"
)

func TestOptionsAreWellTagged(t *testing.T) {
	for _, v := range []any{&Key{}, &tunnelKeys{}, &connectionKeys{}, &Files{}, &Retry{}} {
		if err := spec.Lint(v); err != nil {
			t.Error(err)
		}
	}
}

func TestKeyBinding(t *testing.T) {
	c, diags := LoadConnectionsBytes([]byte(`version: 1
keys:
  pepper: {bytes: "secret:pepper#v2"}
  inbound: {pgp_private: secret:pgp, passphrase: "secret:pgp#phrase"}
  partner: {pgp_public: keys/partner.asc}
  gone: {pgp_public: keys/gone.asc}
`), "connections.yaml")
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	read := func(path string) ([]byte, error) {
		if path == "keys/gone.asc" {
			return nil, errors.New("no such file")
		}
		return []byte("contents of " + path), nil
	}
	for name, want := range map[string]string{
		"pepper":  "[{key pepper} {use bytes}]",
		"inbound": "[{key inbound} {use pgp_private}]",
		"partner": "[{key partner} {use pgp_public} {pgp_public sha256:",
		"gone":    "!key gone: pgp_public: no such file",
	} {
		if !c.HasKey(name) {
			t.Fatalf("no key %s in %v", name, c.KeyNames())
		}
		k, diags := c.ResolveKey(name)
		bound, err := k.Binding(read)
		got := fmt.Sprint(bound)
		if err != nil {
			got = "!" + err.Error()
		}
		if len(diags) > 0 || !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, %v; want %s", name, got, diags, want)
		}
	}
	if c.HasKey("nope") || (*Connections)(nil).HasKey("pepper") || (*Connections)(nil).KeyNames() != nil {
		t.Error("a key that is not there")
	}
}

func TestRetries(t *testing.T) {
	for text, want := range map[string]int{
		"source: {files: a.csv}\nsink: {file: b.csv}":              5,
		"source: {files: '-', decode: [csv]}\nsink: {file: b.csv}": 0,
		"source: {files: a.csv}\nsink: {file: '-', encode: [csv]}": 0,
	} {
		f, diags := LoadBytes([]byte("version: 1\nflow: a\nrun: {retry: {attempts: 5}}\n"+text+"\n"), "a.yaml")
		got := 0
		if r := f.Retries(); r != nil {
			got = r.Attempts
		}
		if len(diags) > 0 || got != want {
			t.Errorf("%s: %d attempts, want %d; %v", text, got, want, diags)
		}
	}
}
