package flow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/spec"
)

// maxHops is how many tunnels may follow each other.
const maxHops = 3

// tunnelKeys is the value of `tunnel`.
type tunnelKeys struct {
	SSH Text `key:"ssh" required:"true" help:"the connection to go through"`
}

// resolution is the resolving of one connection with what it goes through.
type resolution struct {
	all     *Connections
	reg     *connector.Registry
	profile string
	// refusals asks also for what no run would be allowed to do.
	refusals bool
	d        *spec.Decoder
	chain    []string // connections from the outermost to the one that is being resolved
}

// tunnel resolves the connection that another goes through; nil with a finding when
// there is no such way.
func (r *resolution) tunnel(t *tunnelKeys) *Resolved {
	if t == nil || t.SSH.Value == "" {
		return nil
	}
	name := t.SSH.Value
	switch {
	case slices.Contains(r.chain, name):
		at(r.d, t.SSH, "conn.tunnel", "the tunnel leads back to itself: "+strings.Join(append(r.chain, name), " through "), "")
		return nil
	case !r.all.Has(name):
		at(r.d, t.SSH, "conn.tunnel", "unknown connection "+spec.Quote(name), spec.DidYouMean(name, r.all.Names()))
		return nil
	case len(r.chain) > maxHops:
		at(r.d, t.SSH, "conn.tunnel", fmt.Sprintf("more than %d tunnels after each other", maxHops), "")
		return nil
	}
	through := r.connection(name)
	if through != nil && through.Type.Tunnel == nil {
		at(r.d, t.SSH, "conn.tunnel", fmt.Sprintf("connection %s is of type %s, which is no tunnel", spec.Quote(name), through.Type.Name), "use a connection over SSH")
	}
	return through
}
