package plan

import (
	"strings"

	"github.com/headgate/headgate/connector"
)

// pattern is a stream's name as it means tables.
type pattern struct {
	text          string
	schema, table string // table is all of it where there are no schemas
	exact         [2]bool
}

// parsePattern reads table, or schema.table. In each * stands for any characters; a part in quotes
// is as it is.
func parsePattern(s string) pattern {
	p := pattern{text: s}
	first, rest, quoted := cutPart(s)
	if rest == "" {
		p.table, p.exact[1] = first, quoted
		return p
	}
	p.schema, p.exact[0] = first, quoted
	p.table, _, p.exact[1] = cutPart(rest[1:])
	if !p.exact[1] {
		p.table = rest[1:]
	}
	return p
}

// cutPart takes the first part off a name; rest starts with the point, or is empty.
func cutPart(s string) (part, rest string, quoted bool) {
	if s != "" && (s[0] == '"' || s[0] == '`') {
		var b strings.Builder
		for i := 1; i < len(s); i++ {
			switch {
			case s[i] != s[0]:
				b.WriteByte(s[i])
			case i+1 < len(s) && s[i+1] == s[0]:
				b.WriteByte(s[0])
				i++
			case i+1 == len(s) || s[i+1] == '.':
				return b.String(), s[i+1:], true
			}
		}
	}
	if i := strings.IndexByte(s, '.'); i > 0 {
		return s[:i], s[i:], false
	}
	return s, "", false
}

// literal reports whether the pattern means one table.
func (p pattern) literal() bool {
	return (p.exact[0] || !strings.Contains(p.schema, "*")) && (p.exact[1] || !strings.Contains(p.table, "*"))
}

// weight is how exact the pattern is: one without * is more so than any other.
func (p pattern) weight() int {
	const most = 1 << 20
	if p.literal() {
		return most
	}
	return len(p.text) - strings.Count(p.text, "*")
}

// means reports whether the pattern matches r. Without a schema it matches what a flow may name without one.
func (p pattern) means(r connector.Relation) bool {
	if r.Schema == "" {
		return matches(p.text, r.Table, false) || p.schema == "" && p.exact[1] && p.table == r.Table
	}
	if p.schema == "" {
		return r.Near && matches(p.table, r.Table, p.exact[1])
	}
	return matches(p.schema, r.Schema, p.exact[0]) && matches(p.table, r.Table, p.exact[1])
}

// matches matches a part of a name.
func matches(pattern, name string, exact bool) bool {
	pieces := strings.Split(pattern, "*")
	if exact || len(pieces) == 1 {
		return pattern == name
	}
	rest, ok := strings.CutPrefix(name, pieces[0])
	if !ok {
		return false
	}
	last := len(pieces) - 1
	for _, piece := range pieces[1:last] {
		_, after, found := strings.Cut(rest, piece)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, pieces[last])
}

// stem is what files are called by, without folder, extension and what is a pattern:
// orders of in/orders-*.csv.gz.
func stem(glob string) string {
	name := glob[strings.LastIndexByte(glob, '/')+1:]
	if i := strings.IndexAny(name, "*?[{."); i >= 0 {
		name = name[:i]
	}
	if trimmed := strings.TrimRight(name, "-_ "); trimmed != "" {
		return trimmed
	}
	return glob
}
