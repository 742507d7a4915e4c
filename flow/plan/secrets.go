package plan

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow"
)

// Ask is a secret that a run wants, and what for. Exactly one of Connection and Key is set.
type Ask struct {
	Name    string // as `secret set` takes it: shop/ssh of secret:shop/ssh#key
	Field   string // key of secret:shop/ssh#key; "" = the whole value
	Profile string // of the run; "" = none
	// Connection and Key say who asks; Binding what they are now.
	Connection, Key string
	Binding         []flow.Bound
}

// For names who asks: "connection shop", "key pii-pepper".
func (a Ask) For() string {
	if a.Key != "" {
		return "key " + a.Key
	}
	return "connection " + a.Connection
}

// NoStoreError says that a run wants a secret, and nobody was given who could release it:
// there is no store, or nobody has logged in.
type NoStoreError struct{ Ask Ask }

func (e *NoStoreError) Error() string {
	return fmt.Sprintf("%s needs the secret %s, which only a store gives", e.Ask.For(), e.Ask.Name)
}

// secret asks for one secret. ref is as connections.yaml writes it.
func (b *builder) secret(ctx context.Context, ref string, a Ask) (connector.Secret, error) {
	name, ok := strings.CutPrefix(ref, "secret:")
	if !ok {
		return connector.Secret{}, fmt.Errorf("%s: not a reference to a secret", a.For())
	}
	a.Name, a.Field, _ = strings.Cut(name, "#")
	a.Profile = b.req.Profile
	if b.req.Secret == nil {
		return connector.Secret{}, &NoStoreError{a}
	}
	s, err := b.req.Secret(ctx, a)
	if err != nil {
		return connector.Secret{}, fmt.Errorf("%s: secret %s: %w", a.For(), a.Name, err)
	}
	return s, nil
}

// secretsOf resolves the references of one connection, and of nothing else.
func (b *builder) secretsOf(conn *flow.Resolved) connector.Secrets {
	return func(ctx context.Context, ref string) (connector.Secret, error) {
		bound, err := conn.Binding(readIn(b.project.Dir))
		if err != nil {
			return connector.Secret{}, err
		}
		return b.secret(ctx, ref, Ask{Connection: conn.Name, Binding: bound})
	}
}

// key finds a key of `keys:`. It is a connector.Keys.
func (b *builder) key(ctx context.Context, name string) (connector.Key, error) {
	k := connector.Key{Name: name}
	all, _ := b.project.Connections()
	if !all.HasKey(name) {
		return k, fmt.Errorf("unknown key %s", spec.Quote(name))
	}
	def, diags := all.ResolveKey(name)
	if flow.HasErrors(diags) {
		return k, fmt.Errorf("key %s: %s", name, diags[0].Message)
	}
	read := readIn(b.project.Dir)
	bound, err := def.Binding(read)
	if err == nil && def.PGPPublic != "" {
		k.Public, err = read(def.PGPPublic)
	}
	take := func(ref string, into *connector.Secret) {
		if ref != "" && err == nil {
			*into, err = b.secret(ctx, ref, Ask{Key: name, Binding: bound})
		}
	}
	take(def.PGPPrivate, &k.Private)
	take(def.Passphrase, &k.Passphrase)
	take(def.Bytes, &k.Bytes)
	return k, err
}

// bytes is a symmetric key for a step. Nobody asks for one to show a plan.
func (b *builder) bytes() func(name string) (connector.Secret, error) {
	if b.req.Purpose == ToShow {
		return nil
	}
	return func(name string) (connector.Secret, error) {
		k, err := b.key(b.ctx, name)
		return k.Bytes, err
	}
}

// readIn reads the files that connections and keys name. They are small: certificates, keys.
func readIn(dir string) flow.ReadFile {
	return func(path string) ([]byte, error) {
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.Mode().IsRegular() || info.Size() > spec.MaxFileSize {
			return nil, fmt.Errorf("open %s: not a file of at most %d bytes", path, spec.MaxFileSize)
		}
		return os.ReadFile(path)
	}
}
