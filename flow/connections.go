package flow

import (
	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/spec"
)

// Connections is a project's connections.yaml.
type Connections struct {
	File  string
	Bytes []byte

	List     []Connection
	Profiles []Profile

	keys []namedKey
}

// Connection is a named connection, its keys not decoded yet: see Resolve.
type Connection struct {
	Name Text
	Node *yaml.Node
}

// Profile changes connections for one environment.
type Profile struct {
	Name        Text
	Connections []Connection
}

type connectionsKeys struct {
	Version     int                       `key:"version" required:"true" help:"version of the file format: 1"`
	Connections spec.Ordered[*yaml.Node]  `key:"connections" help:"the connections by name"`
	Keys        spec.Ordered[*yaml.Node]  `key:"keys" help:"cryptographic keys by name"`
	Profiles    spec.Ordered[profileKeys] `key:"profiles" help:"what differs in an environment, by the name that --env takes"`
}

type profileKeys struct {
	Connections spec.Ordered[*yaml.Node] `key:"connections" help:"the keys that differ, by connection; another type replaces the connection"`
}

// connectionKeys are the keys that every connection takes besides those of its type.
type connectionKeys struct {
	Type        Text        `key:"type" required:"true" help:"what it connects to"`
	Use         []string    `key:"use" enum:"read,write" help:"what flows may do with it, where reading files includes their on_success; left out = both"`
	Description string      `key:"description" help:"what it is for"`
	Tunnel      *tunnelKeys `key:"tunnel" help:"reach it through another connection: {ssh: NAME}"`
}

// LoadConnections reads connections.yaml. It reports what concerns the file as a whole; Check
// and Resolve report what concerns a connection. The result is nil when the file cannot be read or is
// not a YAML map.
func LoadConnections(path, display string) (*Connections, []Diag) {
	data, finding := readFile(path)
	if finding != nil {
		return nil, file{display: display}.diags([]spec.Finding{*finding})
	}
	return LoadConnectionsBytes(data, display)
}

// LoadConnectionsBytes is LoadConnections for a file in memory.
func LoadConnectionsBytes(data []byte, display string) (*Connections, []Diag) {
	c := &Connections{File: display, Bytes: data}
	root, d := parse(data, "connections")
	if root == nil {
		return nil, c.diags(d.Findings)
	}
	var k connectionsKeys
	d.Decode(root, &k)
	if key, v := keyOf(root, "version"); key != nil && spec.ShapeOf(v) == spec.Int && k.Version != 1 {
		d.Report(v, "flow.version", "version "+spec.Clip(v.Value)+" is not known", "write `version: 1`")
	}
	c.List = connectionsOf(k.Connections)
	for _, e := range k.Keys {
		c.keys = append(c.keys, namedKey{entryName(e), e.Value})
	}
	for _, e := range k.Profiles {
		c.Profiles = append(c.Profiles, Profile{Name: entryName(e), Connections: connectionsOf(e.Value.Connections)})
	}
	c.checkNames(d)
	return c, c.diags(d.Findings)
}

func connectionsOf(entries spec.Ordered[*yaml.Node]) []Connection {
	list := make([]Connection, len(entries))
	for i, e := range entries {
		list[i] = Connection{Name: entryName(e), Node: e.Value}
	}
	return list
}

func entryName[T any](e spec.Entry[T]) Text {
	return Text{Value: e.Key, Pos: Pos{e.Line, e.Column}}
}

func (c *Connections) checkNames(d *spec.Decoder) {
	for _, conn := range c.List {
		if !connectionName.MatchString(conn.Name.Value) {
			at(d, conn.Name, "conn.name", spec.Quote(conn.Name.Value)+" cannot name a connection", "use letters, digits, - and _")
		}
	}
	for _, k := range c.keys {
		if !connectionName.MatchString(k.name.Value) {
			at(d, k.name, "conn.name", spec.Quote(k.name.Value)+" cannot name a key", "use letters, digits, - and _")
		}
	}
	for _, p := range c.Profiles {
		if !connectionName.MatchString(p.Name.Value) {
			at(d, p.Name, "conn.name", spec.Quote(p.Name.Value)+" cannot name a profile", "use letters, digits, - and _")
		}
		for _, conn := range p.Connections {
			if find(c.List, conn.Name.Value) == nil {
				at(d, conn.Name, "conn.unknown", "profile "+spec.Clip(p.Name.Value)+" changes a connection that does not exist: "+spec.Quote(conn.Name.Value),
					spec.DidYouMean(conn.Name.Value, c.Names()))
			}
		}
	}
}

// Names lists the connections in the order of the file.
func (c *Connections) Names() []string {
	if c == nil {
		return nil
	}
	names := make([]string, len(c.List))
	for i := range c.List {
		names[i] = c.List[i].Name.Value
	}
	return names
}

// ProfileNames lists the profiles in the order of the file.
func (c *Connections) ProfileNames() []string {
	if c == nil {
		return nil
	}
	names := make([]string, len(c.Profiles))
	for i := range c.Profiles {
		names[i] = c.Profiles[i].Name.Value
	}
	return names
}

func find(list []Connection, name string) *Connection {
	for i := range list {
		if list[i].Name.Value == name {
			return &list[i]
		}
	}
	return nil
}

func (c *Connections) diags(findings []spec.Finding) []Diag {
	return file{display: c.File, bytes: c.Bytes, guarded: true}.diags(findings)
}
