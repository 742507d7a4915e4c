package connector

import (
	"context"
	"fmt"
	"log/slog"
)

// redacted is what a Secret looks like to everything that prints.
const redacted = "[REDACTED]"

// Secret is a credential. Whatever prints, logs or marshals it gets [REDACTED]: its
// bytes come out of Bytes and Text only, and go where they authenticate.
type Secret struct{ value []byte }

// NewSecret is a Secret with these bytes, which it does not copy.
func NewSecret(value []byte) Secret { return Secret{value} }

// Bytes are the secret's own, not a copy.
func (s Secret) Bytes() []byte { return s.value }

// Text is the secret as libraries take passwords.
func (s Secret) Text() string { return string(s.value) }

// Empty reports whether there is nothing in it.
func (s Secret) Empty() bool { return len(s.value) == 0 }

// Clear overwrites the bytes. What a library copied of them stays.
func (s Secret) Clear() { clear(s.value) }

// String is [REDACTED].
func (s Secret) String() string { return redacted }

// GoString is [REDACTED].
func (s Secret) GoString() string { return redacted }

// Format writes [REDACTED] for every verb.
func (s Secret) Format(f fmt.State, _ rune) { f.Write([]byte(redacted)) }

// MarshalText is [REDACTED], also for JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue is [REDACTED].
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// Secrets resolves a reference as a connection writes it, secret:NAME or
// secret:NAME#field, for that connection and nothing else: the value is bound to it.
// A connector calls it when it opens, clears what it got when it no longer needs it,
// and never keeps it in an error.
type Secrets func(ctx context.Context, ref string) (Secret, error)

// Take is the secret of a reference, an empty one of an empty reference. Without a store
// there are no others.
func (s Secrets) Take(ctx context.Context, ref string) (Secret, error) {
	switch {
	case ref == "":
		return Secret{}, nil
	case s == nil:
		return Secret{}, fmt.Errorf("%s: there is no store to take secrets from", ref)
	}
	return s(ctx, ref)
}

// Key is a cryptographic key of `keys:`. Which fields are set depends on what it was
// declared as.
type Key struct {
	Name       string
	Bytes      Secret // a symmetric key
	Private    Secret // an OpenPGP private key, armored or binary
	Passphrase Secret // of Private; empty without
	Public     []byte // an OpenPGP public key, armored or binary
}

// Keys finds a key by its name.
type Keys func(ctx context.Context, name string) (Key, error)
