// Package people names the members of a store in what commands print, and tells what
// a change led to for them.
package people

import (
	"context"
	"strings"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
)

// Book is the members of a store as one of them may see them, and the policy.
type Book struct {
	State *rbac.State
	List  []vault.Person // by name
}

// Open reads the members.
func Open(ctx context.Context, m *vault.Member) (*Book, error) {
	list, err := m.People(ctx)
	if err != nil {
		return nil, err
	}
	s, _, err := m.State(ctx)
	return &Book{s, list}, err
}

// Name is what the member with an id is called; the id for who may not see it and of
// somebody who is gone.
func (b *Book) Name(id string) string {
	if b != nil {
		for _, p := range b.List {
			if p.ID == id && p.Name != "" {
				return p.Name
			}
		}
	}
	return id
}

// Secrets are the ids of the secrets that somebody can decrypt, as far as lists show them to a
// reader; never nil.
func (b *Book) Secrets(reader, of string) []string {
	list := []string{}
	for _, id := range b.State.Exposure(of) {
		if b.State.Shows(reader, id) {
			list = append(list, id)
		}
	}
	return list
}

// Called is what a member is called.
func Called(p vault.Person) string {
	if p.Name != "" {
		return p.Name
	}
	return p.ID
}

// Find is the member with an e-mail address, a service account's name, or an id.
func (b *Book) Find(who string) (vault.Person, error) {
	digests := map[rbac.Digest]bool{}
	for _, form := range []func(string) (string, error){rbac.Email, rbac.Service} {
		if n, err := form(who); err == nil {
			digests[rbac.NameDigest(b.State.Store, n)] = true
		}
	}
	var names []string
	for _, p := range b.List {
		if p.ID == who || digests[p.User.Name] {
			return p, nil
		}
		if p.Name != "" {
			names = append(names, p.Name)
		}
	}
	hint := spec.DidYouMean(strings.ToLower(who), names)
	if hint == "" {
		hint = "`headgate user list` lists the members"
	}
	return vault.Person{}, &cli.UsageError{Message: spec.Quote(who) + " is not a member of this store", Hint: hint}
}
