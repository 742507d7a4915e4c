package plan

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/blob"
	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/flow/step"
)

// Needs is what a flow names outside of itself, in one profile: what whoever approves the
// flow agrees to.
type Needs struct {
	Connections []ConnectionUse `json:"connections"` // those of tunnels included, by name
	Keys        []string        `json:"keys"`        // of `keys:`, by name
	Secrets     []SecretUse     `json:"secrets"`
	Hosts       []string        `json:"hosts"` // host or host:port
	// Digest changes with the flow's file and with the definition of any connection, key and
	// profile that the flow names, the contents of the files they name included. SHA-256 in hex.
	Digest string `json:"digest"`
}

// ConnectionUse is a connection that a flow needs.
type ConnectionUse struct {
	Name   string   `json:"name"`
	Type   string   `json:"type"`
	Hosts  []string `json:"hosts,omitempty"`
	Tunnel string   `json:"tunnel,omitempty"` // the connection that it goes through
}

// SecretUse is a secret that a flow needs, without its fields. Exactly one of Connection and Key
// is set.
type SecretUse struct {
	Name       string `json:"name"`
	Connection string `json:"connection,omitempty"`
	Key        string `json:"key,omitempty"`
	Profile    string `json:"profile,omitempty"`
}

// Uses lists what f names. It reads files of the project and nothing else. With a
// finding that is not a warning there is no result.
func Uses(f *flow.Flow, p *flow.Project, reg *connector.Registry, profile string) (*Needs, []flow.Diag) {
	if all, _ := p.Connections(); !all.HasProfile(profile) {
		return nil, []flow.Diag{f.Diag(flow.Pos{}, "conn.unknown", (&ProfileError{profile, all.ProfileNames()}).Error(), "")}
	}
	list := wholes(f, p, reg, profile)
	diags := findings(list)
	if serious(diags) {
		return nil, diags
	}
	c := &checker{flow: f, project: p, registry: reg, profile: profile, streams: list}
	u, err := c.needs()
	if err != nil {
		return nil, append(diags, f.Diag(flow.Pos{}, "yaml.read", err.Error(), ""))
	}
	return u, diags
}

// needs collects what a flow without findings names.
func (c *checker) needs() (*Needs, error) {
	u := &Needs{Connections: []ConnectionUse{}, Keys: []string{}, Secrets: []SecretUse{}, Hosts: []string{}}
	read := readIn(c.project.Dir)
	parts := []string{"headgate flow", string(c.flow.Bytes), c.profile}
	for _, conn := range c.connections() {
		def, err := conn.Definition(read)
		if err != nil {
			return nil, err
		}
		parts = append(parts, "connection", string(def))
		u.connection(conn, c.profile)
	}
	all, _ := c.project.Connections()
	u.Keys = append(u.Keys, c.keyNames()...)
	for _, name := range u.Keys {
		key, _ := all.ResolveKey(name)
		def, err := key.Definition(read)
		if err != nil {
			return nil, err
		}
		parts = append(parts, "key", string(def))
		u.secrets(key, SecretUse{Key: name, Profile: c.profile})
	}
	slices.Sort(u.Hosts)
	u.Hosts = slices.Compact(u.Hosts)
	u.Digest = digest(parts)
	return u, nil
}

// digest of texts, each with its length in front.
func digest(parts []string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p))))
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (u *Needs) connection(conn *flow.Resolved, profile string) {
	use := ConnectionUse{Name: conn.Name, Type: conn.Type.Name}
	use.Hosts = conn.Hosts()
	if conn.Tunnel != nil {
		use.Tunnel = conn.Tunnel.Name
		use.Hosts = use.Hosts[:len(use.Hosts)-len(conn.Tunnel.Hosts())]
	}
	u.Connections = append(u.Connections, use)
	u.Hosts = append(u.Hosts, use.Hosts...)
	u.secrets(conn.Config, SecretUse{Connection: conn.Name, Profile: profile})
}

// secrets adds the secrets that the fields of config refer to, each once.
func (u *Needs) secrets(config any, use SecretUse) {
	for _, ref := range spec.References(config, "secret") {
		use.Name, _, _ = strings.Cut(strings.TrimPrefix(ref, "secret:"), "#")
		if !slices.Contains(u.Secrets, use) {
			u.Secrets = append(u.Secrets, use)
		}
	}
}

// connections lists the connections of the flow with their tunnels, by name.
func (c *checker) connections() []*flow.Resolved {
	var list []*flow.Resolved
	add := func(conn *flow.Resolved) {
		for ; conn != nil; conn = conn.Tunnel {
			if !slices.ContainsFunc(list, func(r *flow.Resolved) bool { return r.Name == conn.Name }) {
				list = append(list, conn)
			}
		}
	}
	add(c.from)
	add(c.to)
	for _, s := range c.streams {
		add(s.from)
		add(s.to)
	}
	slices.SortFunc(list, func(a, b *flow.Resolved) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// keyNames lists the keys that the flow, and its connections, name.
func (c *checker) keyNames() []string {
	var names []string
	for _, layers := range []*blob.Layers{c.decode, c.encode} {
		if layers == nil {
			continue
		}
		for _, codec := range layers.Codecs {
			if codec.Config != nil {
				names = append(names, spec.References(codec.Config, "key")...)
			}
		}
	}
	for _, s := range c.steps {
		if k, ok := s.(step.KeyUser); ok {
			for _, key := range k.Keys() {
				names = append(names, key.Name)
			}
		}
	}
	for _, s := range c.streams {
		names = append(names, s.keyNames()...)
	}
	for _, conn := range c.connections() {
		names = append(names, spec.References(conn.Config, "key")...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// key checks that there is a key of that name, in the flow's file at n, and that it has
// one of uses, any when there are none.
func (c *checker) key(name string, n *yaml.Node, uses ...string) {
	all, _ := c.project.Connections()
	if !all.HasKey(name) {
		c.d.Report(n, "flow.key", "unknown key "+spec.Quote(name), spec.DidYouMean(name, all.KeyNames()))
		return
	}
	key, diags := all.ResolveKey(name)
	c.others = append(c.others, diags...)
	if len(uses) > 0 && !slices.Contains(uses, key.Use()) && !serious(diags) {
		c.d.Report(n, "flow.key", "key "+spec.Quote(name)+" is declared with `"+key.Use()+"`; this takes `"+strings.Join(uses, "` or `")+"`", "")
	}
}

// layerKeys checks the keys that the options of a layer name.
func (c *checker) layerKeys(l flow.Layer, config any) {
	if config == nil {
		return
	}
	for _, name := range spec.References(config, "key") {
		c.key(name, scalarOf(l.Node, name))
	}
}

// scalarOf finds the scalar with that value in n, else it is n.
func scalarOf(n *yaml.Node, value string) *yaml.Node {
	if found := findScalar(n, value); found != nil {
		return found
	}
	return n
}

func findScalar(n *yaml.Node, value string) *yaml.Node {
	if n == nil || n.Kind == yaml.ScalarNode && n.Value == value {
		return n
	}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			continue
		}
		if found := findScalar(child, value); found != nil {
			return found
		}
	}
	return nil
}
