package people

import (
	"cmp"
	"context"
	"time"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
)

// Person is a member as commands print one.
type Person struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"` // "" for who may not see it
	Role     string   `json:"role"`
	Owner    bool     `json:"owner"`
	Standing string   `json:"standing"` // active, waiting, disabled, ended
	Grants   []string `json:"grants"`   // PATTERN:LEVEL; empty and not narrowed: the role's level on every flow
	Narrowed bool     `json:"narrowed"`
	Ends     string   `json:"ends,omitempty"` // of a service account, RFC 3339
}

// Describe is p at a time.
func Describe(p vault.Person, now time.Time) Person {
	d := Person{ID: p.ID, Name: p.Name, Role: string(p.Role), Owner: p.Owner, Standing: standing(p, now), Grants: Grants(p.Grants), Narrowed: p.Narrowed}
	if e := p.Ends(); !e.IsZero() {
		d.Ends = e.UTC().Format(time.RFC3339)
	}
	return d
}

// List is the members as lists show them to m: those whose names m may see, and m.
func List(ctx context.Context, m *vault.Member, now time.Time) ([]Person, error) {
	members, err := m.People(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Person, 0, len(members))
	for _, p := range members {
		if p.Name != "" || p.ID == m.ID {
			list = append(list, Describe(p, now))
		}
	}
	return list, nil
}

// Called is the name, or the id for who may not see it.
func (p Person) Called() string { return cmp.Or(p.Name, p.ID) }

func standing(p vault.Person, now time.Time) string {
	switch {
	case p.Disabled:
		return "disabled"
	case p.Pending:
		return "waiting"
	case !p.Ends().IsZero() && now.After(p.Ends()):
		return "ended"
	}
	return "active"
}

// Grants writes grants as PATTERN:LEVEL; never nil.
func Grants(list []rbac.Grant) []string {
	texts := make([]string, 0, len(list))
	for _, g := range list {
		texts = append(texts, g.Flows+":"+string(g.Level))
	}
	return texts
}
