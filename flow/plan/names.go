package plan

import (
	"path"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/glob"
	"github.com/headgate/headgate/flow"
)

// checkName checks the name of a file, or the pattern of several, as far as its ${{ }} allow:
// where it leads, and what it is made of.
func (c *checker) checkName(t flow.Text, code string, pattern bool) {
	name := withoutTemplates(t.Value)
	switch {
	case name == "-" || t.Value == "":
	case pattern && glob.Valid(name) != nil:
		c.report(t, code, glob.Valid(name).Error(), "")
	case strings.ContainsFunc(name, unicode.IsControl):
		c.report(t, code, "the name holds a control character", "")
	case leadsOut(name):
		c.report(t, code, "the name leads out of "+c.rootOf(code), "declare a connection whose path is its folder")
	case c.connectionOf(code) == "" && strings.HasPrefix(name, "/") && !c.inProject(name):
		c.report(t, code, "the name is outside the project", "declare a connection of type file whose path is its folder")
	}
}

// withoutTemplates has a letter for each ${{ }}.
func withoutTemplates(s string) string {
	for {
		before, rest, open := strings.Cut(s, "${{")
		_, after, closed := strings.Cut(rest, "}}")
		if !open || !closed {
			return s
		}
		s = before + "x" + after
	}
}

func leadsOut(name string) bool {
	clean := path.Clean(strings.TrimLeft(name, "/"))
	return clean == ".." || strings.HasPrefix(clean, "../")
}

// connectionOf is the connection of the source or the sink; "" = the project's own files.
func (c *checker) connectionOf(code string) string {
	if code == "flow.source" {
		return c.flow.Source.Connection.Value
	}
	return c.flow.Sink.Connection.Value
}

func (c *checker) rootOf(code string) string {
	if name := c.connectionOf(code); name != "" {
		return "the connection's folder"
	}
	return "the project"
}

// inProject reports whether an absolute name lies in the project's folder.
func (c *checker) inProject(name string) bool {
	dir, err := filepath.Abs(c.project.Dir)
	if err != nil {
		return true // a run finds out
	}
	rel, err := filepath.Rel(dir, name)
	return err == nil && filepath.IsLocal(rel)
}

// checkCodec checks that a codec can do what is asked of it with its options.
func (c *checker) checkCodec(at flow.Text, codec *connector.Codec, cfg any, key string) {
	writing, verb := key == "encode", "read"
	if writing {
		verb = "written"
	}
	if writing && codec.NewWriter == nil || !writing && codec.NewReader == nil {
		c.report(at, "flow.layers", codec.Name+" cannot be "+verb, "")
		return
	}
	if codec.Check == nil {
		return
	}
	if err := codec.Check(cfg, writing); err != nil {
		c.report(at, "flow.layers", err.Error(), "")
	}
}
