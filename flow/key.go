package flow

import (
	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/spec"
)

// Key is a named cryptographic key. Exactly one of PGPPrivate, PGPPublic and Bytes is set.
type Key struct {
	Name       Text
	PGPPrivate string `key:"pgp_private" secret:"true" help:"a private OpenPGP key, as a reference to a secret"`
	Passphrase string `key:"passphrase" secret:"true" help:"of pgp_private, as a reference to a secret; left out = it has none"`
	PGPPublic  string `key:"pgp_public" bind:"file" help:"a file with a public OpenPGP key"`
	Bytes      string `key:"bytes" secret:"true" help:"a symmetric key, as a reference to a secret"`

	node *yaml.Node
}

// The uses of keys, as connections.yaml spells them.
const (
	PGPPrivate = "pgp_private"
	PGPPublic  = "pgp_public"
	KeyBytes   = "bytes"
)

// Use says what the key is: PGPPrivate, PGPPublic or KeyBytes.
func (k *Key) Use() string {
	switch {
	case k.PGPPrivate != "":
		return PGPPrivate
	case k.PGPPublic != "":
		return PGPPublic
	}
	return KeyBytes
}

// namedKey is a key that is not decoded yet.
type namedKey struct {
	name Text
	node *yaml.Node
}

func (c *Connections) findKey(name string) *namedKey {
	if c == nil {
		return nil
	}
	for i := range c.keys {
		if c.keys[i].name.Value == name {
			return &c.keys[i]
		}
	}
	return nil
}

// KeyNames lists the keys in the order of the file.
func (c *Connections) KeyNames() []string {
	if c == nil {
		return nil
	}
	names := make([]string, len(c.keys))
	for i := range c.keys {
		names[i] = c.keys[i].name.Value
	}
	return names
}

// HasKey reports whether there is a key called name. A nil c has none.
func (c *Connections) HasKey(name string) bool { return c.findKey(name) != nil }

// ResolveKey decodes the key called name. With any finding that is not a warning the key
// must not be used. It panics when HasKey is false.
func (c *Connections) ResolveKey(name string) (*Key, []Diag) {
	found := c.findKey(name)
	d := &spec.Decoder{Source: c.Bytes}
	k := &Key{}
	d.In(name, func() { d.Decode(found.node, k) })
	k.Name, k.node = found.name, found.node
	checkKey(found, d)
	return k, c.diags(d.Findings)
}

// checkKey checks what the tags cannot say.
func checkKey(k *namedKey, d *spec.Decoder) {
	if s := spec.ShapeOf(k.node); s != spec.Map && s != spec.Null {
		return
	}
	uses := []string{PGPPrivate, PGPPublic, KeyBytes}
	found := ""
	for _, p := range (&spec.Decoder{}).Pairs(k.node) {
		key := p.Key.Value
		if near := spec.Nearest(key, uses); near != "" && found == "" {
			found = near // a misspelt key is a finding already
			continue
		}
		for _, use := range uses {
			if key == use && found != "" && found != use {
				d.Report(p.Key, "conn.key", "a key is one of `"+found+"` and `"+use+"`, not both", "give each a name of its own")
			}
			if key == use {
				found = use
			}
		}
	}
	if found == "" {
		at(d, k.name, "conn.key", "key "+spec.Quote(k.name.Value)+" needs one of `pgp_private`, `pgp_public` and `bytes`", "")
	}
	if p, _ := keyOf(k.node, "passphrase"); p != nil && found != "" && found != PGPPrivate {
		d.Report(p, "conn.key", "`passphrase` goes with `pgp_private`", "")
	}
}

// at reports a finding at a text.
func at(d *spec.Decoder, t Text, code, message, suggestion string) {
	d.Findings = append(d.Findings, spec.Finding{Code: code, Line: t.Pos.Line, Column: t.Pos.Column, Message: message, Suggestion: suggestion})
}
