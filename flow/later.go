package flow

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/spec"
)

// later is what the file format has and this version does not do, by a key's path. When it does,
// its line goes.
type later struct {
	path    string
	warning bool // the flow runs all the same
}

var laterKeys = []later{
	{path: "source.request"},
	{path: "source.pagination"},
	{path: "source.records"},
	{path: "notify", warning: true},
}

var (
	laterSteps  = []string{"unnest", "flatten", "unpivot", "sort", "aggregate", "lookup", "route"}
	laterLayers = []string{"json", "xml", "fixed", "xlsx", "avro"}
	laterTypes  = []string{"rest"}
)

// Later reports whether a step, format, codec or connection type belongs to the file format but not
// to this version. Findings about names that are not known ask it first.
func Later(name string) bool {
	return slices.Contains(laterSteps, name) || slices.Contains(laterLayers, name) || slices.Contains(laterTypes, name)
}

// NotYet is the message for something that Later knows.
func NotYet(name string) string { return name + ": not supported by this version yet" }

func isLater(path string) bool {
	return slices.ContainsFunc(laterKeys, func(l later) bool { return l.path == path })
}

func checkLater(root *yaml.Node, d *spec.Decoder) {
	for _, l := range laterKeys {
		walkPath(root, strings.Split(l.path, "."), func(key *yaml.Node) {
			if l.warning {
				d.Warn(key, "flow.no_effect", key.Value+": nothing comes of it in this version yet", "")
				return
			}
			d.Report(key, "flow.unsupported", NotYet(key.Value), "")
		})
	}
}

// walkPath calls f for each key that a path leads to.
func walkPath(n *yaml.Node, path []string, f func(key *yaml.Node)) {
	if spec.ShapeOf(n) != spec.Map {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if path[0] != n.Content[i].Value {
			continue
		}
		if len(path) == 1 {
			f(n.Content[i])
			continue
		}
		walkPath(n.Content[i+1], path[1:], f)
	}
}
