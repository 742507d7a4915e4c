package flow

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/spec"
)

var connectionName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)

// Resolved is a connection as one profile has it, decoded for its type.
type Resolved struct {
	Name        string
	Type        *connector.Type
	Config      any // what Type.Config returns, filled
	Use         []string
	Description string
	Tunnel      *Resolved // the connection that this one goes through; nil = none

	node *yaml.Node
}

// May reports whether flows may use the connection to read or to write.
func (r *Resolved) May(use string) bool { return len(r.Use) == 0 || slices.Contains(r.Use, use) }

// Has reports whether there is a connection called name. A nil c has none.
func (c *Connections) Has(name string) bool { return c != nil && find(c.List, name) != nil }

// HasProfile reports whether there is a profile called name; "" is always there.
func (c *Connections) HasProfile(name string) bool {
	return name == "" || slices.Contains(c.ProfileNames(), name)
}

// Resolve decodes the connection called name with the changes of profile ("" = none). The
// result is nil when its type is not known; with any finding that is not a warning it must
// not be used. It panics when Has or HasProfile is false.
func (c *Connections) Resolve(reg *connector.Registry, name, profile string) (*Resolved, []Diag) {
	return c.resolve(&resolution{all: c, reg: reg, profile: profile}, name)
}

func (c *Connections) resolve(r *resolution, name string) (*Resolved, []Diag) {
	r.d = &spec.Decoder{Source: c.Bytes}
	conn := r.connection(name)
	return conn, c.diags(r.d.Findings)
}

// CheckOf resolves the connections called names, where there are such, in every profile. It also finds
// what the rules of the network will refuse whoever asks, which a run meets as a refusal.
func (c *Connections) CheckOf(reg *connector.Registry, names ...string) []Diag {
	var diags []Diag
	for _, profile := range append([]string{""}, c.ProfileNames()...) {
		for _, name := range names {
			if c.Has(name) {
				_, more := c.resolve(&resolution{all: c, reg: reg, profile: profile, refusals: true}, name)
				diags = append(diags, more...)
			}
		}
	}
	return diags
}

// Check is CheckOf for every connection, and checks every key.
func (c *Connections) Check(reg *connector.Registry) []Diag {
	diags := c.CheckOf(reg, c.Names()...)
	for _, name := range c.KeyNames() {
		k, more := c.ResolveKey(name)
		d := &spec.Decoder{Source: c.Bytes}
		if len(more) == 0 {
			c.files(k.node, k, d)
		}
		diags = slices.Concat(diags, more, c.diags(d.Findings))
	}
	return SortDiags(diags)
}

// merge lays the keys of change over those of n. Another type starts afresh.
func merge(n, change *yaml.Node) *yaml.Node {
	if spec.ShapeOf(n) != spec.Map || spec.ShapeOf(change) != spec.Map {
		return change
	}
	_, was := keyOf(n, "type")
	if _, is := keyOf(change, "type"); is != nil && (was == nil || is.Value != was.Value) {
		return change
	}
	merged := *n
	merged.Content = slices.Clone(n.Content)
	for i := 0; i+1 < len(change.Content); i += 2 {
		at := slices.IndexFunc(merged.Content, func(k *yaml.Node) bool { return k.Value == change.Content[i].Value })
		if at >= 0 && at%2 == 0 {
			merged.Content[at], merged.Content[at+1] = change.Content[i], change.Content[i+1]
			continue
		}
		merged.Content = append(merged.Content, change.Content[i], change.Content[i+1])
	}
	return &merged
}

func (r *resolution) connection(name string) *Resolved {
	n := find(r.all.List, name).Node
	if r.profile != "" {
		i := slices.Index(r.all.ProfileNames(), r.profile)
		if change := find(r.all.Profiles[i].Connections, name); change != nil {
			n = merge(n, change.Node)
		}
	}
	if spec.ShapeOf(n) != spec.Map {
		r.d.In(name, func() { r.d.Wrong(n, "a map", "") })
		return nil
	}
	_, tn := keyOf(n, "type")
	typ := typeOf(r.reg, tn, r.d)
	conn := &Resolved{Name: name, Type: typ, node: n}
	var ownKeys []string
	if typ != nil {
		conn.Config = typ.Config()
		ownKeys = spec.Keys(conn.Config)
	}
	var common connectionKeys
	commonNode, ownNode := divide(n, spec.Keys(common), ownKeys)
	before := len(r.d.Findings)
	r.d.In(name, func() {
		r.d.Decode(commonNode, &common)
		if typ != nil {
			r.d.Decode(ownNode, conn.Config)
		}
	})
	well := typ != nil && len(r.d.Findings) == before
	if well {
		r.values(n, conn)
	}
	if r.refusals && typ != nil && len(r.d.Findings) == before {
		r.all.files(n, conn.Config, r.d)
	}
	if _, use := keyOf(n, "use"); use != nil && spec.ShapeOf(use) == spec.List && len(use.Content) == 0 {
		r.d.Report(use, "yaml.value", "use: is empty", "read, write, or both; left out = both")
	}
	conn.Use, conn.Description = common.Use, common.Description
	r.chain = append(r.chain, name)
	local := well && len(conn.Hosts()) == 0
	conn.Tunnel = r.tunnel(common.Tunnel)
	if conn.Tunnel != nil && local {
		at(r.d, common.Tunnel.SSH, "conn.tunnel", "a "+typ.Name+" connection stays on this machine: no tunnel leads to it", "")
	}
	r.chain = r.chain[:len(r.chain)-1]
	if typ == nil {
		return nil
	}
	return conn
}

// values reports what the connection's type says of the values of its keys, where they stand.
func (r *resolution) values(n *yaml.Node, conn *Resolved) {
	if conn.Type.Check == nil {
		return
	}
	for _, err := range conn.Type.Check(conn.Config) {
		if err == nil || errors.Is(err, connector.ErrRefused) && !r.refusals {
			continue
		}
		code, hint, at, report := "conn.value", "", n, r.d.Report
		if errors.Is(err, connector.ErrRefused) {
			code = "conn.refused"
		}
		key, _, _ := strings.Cut(err.Error(), ":")
		if _, value := keyOf(n, key); value != nil {
			at = value
		}
		if key == hostKeys {
			hint = "`headgate connection trust " + conn.Name + "` shows the server's keys and writes them"
			if len(at.Content) > 0 && at != n { // what is no fingerprint trusts nobody, and examples have such
				report = r.d.Warn
			}
		}
		report(at, code, err.Error(), hint)
	}
}

func typeOf(reg *connector.Registry, n *yaml.Node, d *spec.Decoder) *connector.Type {
	if spec.ShapeOf(n) != spec.String {
		return nil
	}
	if t := reg.Type(n.Value); t != nil {
		return t
	}
	if Later(n.Value) {
		d.Report(n, "flow.unsupported", NotYet("connection type "+n.Value), "")
		return nil
	}
	var names []string
	for _, t := range reg.Types {
		names = append(names, t.Name)
	}
	d.Report(n, "conn.type", "unknown connection type "+spec.Quote(n.Value), spec.DidYouMean(n.Value, names))
	return nil
}

// divide cuts the map n in two: the keys that all connections take, with what is most
// likely a misspelling of one, and the rest, which the connection's type must know.
func divide(n *yaml.Node, common, own []string) (commonNode, ownNode *yaml.Node) {
	a, b := *n, *n
	a.Content, b.Content = nil, nil
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		to := &b
		if slices.Contains(common, key) || !slices.Contains(own, key) && spec.Nearest(key, own) == "" && spec.Nearest(key, common) != "" {
			to = &a
		}
		to.Content = append(to.Content, n.Content[i], n.Content[i+1])
	}
	return &a, &b
}
