package clitest

import (
	"context"
	"errors"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/all"
)

// boxKeys is a connection with everything that a secret can be bound to.
type boxKeys struct {
	Host     string `key:"host" required:"true" bind:"value" help:"its host"`
	CA       string `key:"tls_ca" bind:"file" help:"its CA"`
	Password string `key:"password" secret:"true" help:"its password"`
}

// Boxes gives the place a type of connection, "box", that takes a secret and is never
// opened.
func (p *Place) Boxes() {
	p.Registry = func() *connector.Registry {
		r := all.Registry()
		r.Types = append(r.Types, &connector.Type{Name: "box", Summary: "for tests", Config: func() any { return &boxKeys{} },
			Store: func(context.Context, connector.Env, any) (connector.Store, error) {
				return nil, errors.New("a box stays closed")
			}})
		return r
	}
}
