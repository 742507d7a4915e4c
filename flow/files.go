package flow

import (
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/spec"
)

// files warns of files in the project that config names, decoded from n, and that are not there. They
// may be put there later, but before a run.
func (c *Connections) files(n *yaml.Node, config any, d *spec.Decoder) {
	for _, b := range spec.Bindings(config) {
		if !b.File || b.Value == "" || !filepath.IsLocal(b.Value) {
			continue
		}
		name := filepath.Join(filepath.Dir(c.File), b.Value)
		if _, err := os.Stat(name); !os.IsNotExist(err) {
			continue
		}
		var there []string
		entries, _ := os.ReadDir(filepath.Dir(name)) // a folder that is missing has none
		for _, e := range entries {
			there = append(there, e.Name())
		}
		hint := ""
		if near := spec.Nearest(filepath.Base(name), there); near != "" {
			hint = "did you mean " + spec.Quote(filepath.ToSlash(filepath.Join(filepath.Dir(b.Value), near))) + "?"
		}
		if _, value := keyOf(n, b.Key); value != nil {
			d.Warn(value, "conn.file", b.Key+": no file "+spec.Quote(b.Value)+" in the project", hint)
		}
	}
}
