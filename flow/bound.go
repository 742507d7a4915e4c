package flow

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/spec"
)

// Bound is one fact that a secret is bound to: when it changes, the secret does not
// decrypt any more.
type Bound struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// ReadFile gives the contents of a file that a connection or a key names; a relative path
// starts at the project's folder.
type ReadFile func(path string) ([]byte, error)

// Binding lists what the connection's secrets are bound to: its type, what its config
// marks with bind tags, the contents of files as sha256:HEX, and its tunnel with all of
// that of the tunnel's own.
func (r *Resolved) Binding(read ReadFile) ([]Bound, error) {
	list, err := r.binding(read)
	if err != nil {
		return nil, fmt.Errorf("connection %s: %w", r.Name, err)
	}
	return list, nil
}

func (r *Resolved) binding(read ReadFile) ([]Bound, error) {
	own, err := boundOf(r.Config, read)
	if err != nil {
		return nil, err
	}
	list := append([]Bound{{"type", r.Type.Name}}, own...)
	if r.Tunnel == nil {
		return list, nil
	}
	list = append(list, Bound{"tunnel", r.Tunnel.Name})
	through, err := r.Tunnel.Binding(read)
	for _, b := range through {
		list = append(list, Bound{"tunnel." + b.Name, b.Value})
	}
	return list, err
}

// Binding lists what the key's secrets are bound to: its name, its use, and the contents
// of its public file.
func (k *Key) Binding(read ReadFile) ([]Bound, error) {
	own, err := boundOf(k, read)
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", k.Name.Value, err)
	}
	return append([]Bound{{"key", k.Name.Value}, {"use", k.Use()}}, own...), nil
}

// boundOf lists the bindings of a tagged struct, without those that are absent: a key that a
// later version adds must not unbind what is stored.
func boundOf(config any, read ReadFile) ([]Bound, error) {
	var list []Bound
	for _, b := range spec.Bindings(config) {
		if b.Value == "" {
			continue
		}
		if b.File {
			contents, err := read(b.Value)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", b.Key, err)
			}
			sum := sha256.Sum256(contents)
			b.Value = "sha256:" + hex.EncodeToString(sum[:])
		}
		list = append(list, Bound{b.Key, b.Value})
	}
	return list, nil
}

// Hosts lists where the connection goes, host or host:port, its tunnels last. A
// connection of this machine has none.
func (r *Resolved) Hosts() []string {
	var host, port string
	for _, b := range spec.Bindings(r.Config) {
		switch b.Key {
		case "host":
			host = b.Value
		case "port":
			port = b.Value
		case "url", "endpoint":
			if u, err := url.Parse(b.Value); err == nil && host == "" {
				host = u.Host
			}
		}
	}
	if host != "" && port != "" && port != "0" {
		host = net.JoinHostPort(host, port)
	}
	var list []string
	if host != "" {
		list = append(list, host)
	}
	if r.Tunnel != nil {
		list = append(list, r.Tunnel.Hosts()...)
	}
	return list
}

// Definition is everything that the connection is, as the profile has it, in one form
// for all ways to write it: files it names count with their contents, comments and the
// order of keys do not.
func (r *Resolved) Definition(read ReadFile) ([]byte, error) {
	bound, err := r.Binding(read)
	if err != nil {
		return nil, err
	}
	def := appendBound(appendNode(appendText(nil, r.Name), r.node), bound)
	for t := r.Tunnel; t != nil; t = t.Tunnel {
		def = appendNode(appendText(def, t.Name), t.node)
	}
	return def, nil
}

// Definition is Resolved.Definition for a key.
func (k *Key) Definition(read ReadFile) ([]byte, error) {
	bound, err := k.Binding(read)
	if err != nil {
		return nil, err
	}
	return appendBound(appendNode(appendText(nil, k.Name.Value), k.node), bound), nil
}

// appendText appends s with its length in front, so that no two lists of texts look alike.
func appendText(dst []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint64(dst, uint64(len(s))), s...)
}

func appendBound(dst []byte, list []Bound) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(len(list)))
	for _, b := range list {
		dst = appendText(appendText(dst, b.Name), b.Value)
	}
	return dst
}

// appendNode appends a YAML value with its shape, maps in the order of their keys.
func appendNode(dst []byte, n *yaml.Node) []byte {
	shape := spec.ShapeOf(n)
	dst = append(dst, byte(shape))
	switch shape {
	case spec.Null:
		return dst
	case spec.List:
		dst = binary.BigEndian.AppendUint64(dst, uint64(len(n.Content)))
		for _, item := range n.Content {
			dst = appendNode(dst, item)
		}
		return dst
	case spec.Map:
		pairs := (&spec.Decoder{}).Pairs(n)
		slices.SortFunc(pairs, func(a, b spec.Pair) int { return strings.Compare(a.Key.Value, b.Key.Value) })
		dst = binary.BigEndian.AppendUint64(dst, uint64(len(pairs)))
		for _, p := range pairs {
			dst = appendNode(appendText(dst, p.Key.Value), p.Value)
		}
		return dst
	}
	return appendText(dst, n.Value)
}
