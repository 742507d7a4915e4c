package spec

import (
	"regexp"

	"go.yaml.in/yaml/v3"
)

// secretPattern is a reference to a secret: secret:NAME or secret:NAME#field.
const secretPattern = `^secret:[A-Za-z0-9][A-Za-z0-9._/-]*(#[A-Za-z0-9_.-]+)?$`

var secretReference = regexp.MustCompile(secretPattern)

// secret reads a reference. A literal is never repeated in the finding.
func (d *Decoder) secret(n *yaml.Node) (string, bool) {
	if ShapeOf(n) == String && secretReference.MatchString(n.Value) {
		return n.Value, true
	}
	f := Finding{Code: "conn.plaintext_secret", Line: n.Line, Column: n.Column, Private: true,
		Message:    d.about("takes a reference to a secret, not the secret itself"),
		Suggestion: "write `secret:NAME` and store the value with `headgate secret set NAME`"}
	if s := ShapeOf(n); s == List || s == Map || s == Null {
		f.Code = "yaml.type"
		f.Message = d.about("wants a reference to a secret, got " + s.String())
	}
	d.Findings = append(d.Findings, f)
	return "", false
}
