// Package target says what a secret is for: the connection or key that takes it, as
// the project has it now.
package target

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
)

// Target is what a secret is bound to, and how it is referred to there.
type Target struct {
	Binding vault.Binding
	Fields  []string // that are taken from the secret, "" for its whole value; empty: it is not referred to
}

// Of finds what ref is for in the project. A name that is not there is a
// *cli.UsageError, and what is wrong with the file a *cli.FindingsError.
func Of(env *cli.Env, ref vault.Ref) (Target, error) {
	if name, _, value := strings.Cut(ref.Name, "="); value { // what follows may be the secret
		return Target{}, &cli.UsageError{Message: "a secret's value is never on the command line, where others can read it", Hint: "headgate secret set " + name + " --stdin, or --file FILE"}
	}
	if !rbac.ValidSecretID(ref.ID()) {
		return Target{}, &cli.UsageError{Message: spec.Quote(ref.Name) + " cannot name a secret", Hint: "use letters, digits and - _ . /"}
	}
	project, err := env.Project()
	if err != nil {
		return Target{}, err
	}
	all, diags := project.Connections()
	if found := cli.Serious(diags); len(found) > 0 {
		return Target{}, &cli.FindingsError{Diags: found}
	}
	if !all.HasProfile(ref.Env) {
		return Target{}, &cli.UsageError{Message: "no profile " + spec.Quote(ref.Env) + " in connections.yaml", Hint: spec.DidYouMean(ref.Env, all.ProfileNames())}
	}
	if ref.Key != "" {
		return key(all, ref, project.Dir)
	}
	if !all.Has(ref.Connection) {
		return Target{}, &cli.UsageError{Message: "no connection " + spec.Quote(ref.Connection) + " in connections.yaml", Hint: spec.DidYouMean(ref.Connection, all.Names())}
	}
	c, diags := all.Resolve(env.Registry(), ref.Connection, ref.Env)
	if found := cli.Serious(diags); len(found) > 0 {
		return Target{}, &cli.FindingsError{Diags: found}
	}
	bound, err := c.Binding(ReadIn(project.Dir))
	return Target{Binding(bound), fields(c.Config, ref.Name)}, err
}

func key(all *flow.Connections, ref vault.Ref, dir string) (Target, error) {
	if !all.HasKey(ref.Key) {
		return Target{}, &cli.UsageError{Message: "no key " + spec.Quote(ref.Key) + " in connections.yaml", Hint: spec.DidYouMean(ref.Key, all.KeyNames())}
	}
	k, diags := all.ResolveKey(ref.Key)
	if found := cli.Serious(diags); len(found) > 0 {
		return Target{}, &cli.FindingsError{Diags: found}
	}
	bound, err := k.Binding(ReadIn(dir))
	return Target{Binding(bound), fields(k, ref.Name)}, err
}

// Binding is what a connection or key is, in the words of the store.
func Binding(list []flow.Bound) vault.Binding {
	b := make(vault.Binding, 0, len(list))
	for _, x := range list {
		b = append(b, vault.Part{Name: x.Name, Value: x.Value})
	}
	return b
}

// fields are the fields of the secret called name that config refers to.
func fields(config any, name string) (list []string) {
	for _, ref := range spec.References(config, "secret") {
		n, field, _ := strings.Cut(strings.TrimPrefix(ref, "secret:"), "#")
		if n == name {
			list = append(list, field)
		}
	}
	return list
}

// ReadIn reads the files that connections and keys name: certificates and public keys.
func ReadIn(dir string) flow.ReadFile {
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
