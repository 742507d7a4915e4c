package sqldb

import (
	"fmt"
	"strings"
)

// OwnPrefix begins the names of our own tables.
const OwnPrefix = "_headgate_"

// Name is the name of a table.
type Name struct {
	Schema string // "" = the connection's default
	Table  string
}

// String is the name as a flow writes it.
func (n Name) String() string {
	if n.Schema == "" {
		return n.Table
	}
	return n.Schema + "." + n.Table
}

// Beside is another table of the same schema.
func (n Name) Beside(table string) Name { return Name{n.Schema, table} }

// Table is n as an identifier of a statement.
func (d *Dialect) Table(n Name) string {
	if n.Schema == "" {
		return d.Ident(n.Table)
	}
	return d.Ident(n.Schema) + "." + d.Ident(n.Table)
}

// ParseName reads a table's name as a flow writes it: table, or schema.table. A part that
// holds a point stands in the dialect's quotes, doubled inside.
func (d *Dialect) ParseName(s string) (Name, error) {
	var parts []string
	for rest := s; ; {
		part, tail, err := d.cutPart(rest)
		if err != nil {
			return Name{}, fmt.Errorf("table %s: %w", s, err)
		}
		parts = append(parts, part)
		if tail == "" {
			break
		}
		rest = tail[1:]
	}
	most := 1
	if d.Schemas {
		most = 2
	}
	if len(parts) > most {
		return Name{}, fmt.Errorf("table %s: %d parts, %s has %d at most", s, len(parts), d.Name, most)
	}
	for _, p := range parts {
		if err := d.CheckIdent(p); err != nil {
			return Name{}, fmt.Errorf("table %s: %w", s, err)
		}
	}
	n := Name{Table: parts[len(parts)-1]}
	if len(parts) == 2 {
		n.Schema = parts[0]
	}
	if strings.HasPrefix(strings.ToLower(n.Table), OwnPrefix) {
		return Name{}, fmt.Errorf("tables called %s… are headgate's own", OwnPrefix)
	}
	return n, nil
}

// WriteName is one part of a name as ParseName reads it.
func (d *Dialect) WriteName(part string) string {
	if part != "" && (part[0] == d.Quote || d.Schemas && strings.IndexByte(part, '.') >= 0) {
		return d.Ident(part)
	}
	return part
}

// cutPart takes the first part off a name; tail starts with the point, or is empty.
func (d *Dialect) cutPart(s string) (part, tail string, err error) {
	if s == "" || s[0] != d.Quote {
		if !d.Schemas {
			return s, "", nil
		}
		i := strings.IndexByte(s, '.')
		if i < 0 {
			return s, "", nil
		}
		return s[:i], s[i:], nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] != d.Quote:
			b.WriteByte(s[i])
		case i+1 < len(s) && s[i+1] == d.Quote:
			b.WriteByte(d.Quote)
			i++
		case i+1 == len(s) || s[i+1] == '.':
			return b.String(), s[i+1:], nil
		default:
			return "", "", fmt.Errorf("text after the closing quote")
		}
	}
	return "", "", fmt.Errorf("the quote is not closed")
}
