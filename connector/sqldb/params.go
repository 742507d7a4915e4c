package sqldb

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Query is a flow's query with its parameters numbered, or as question marks.
type Query struct {
	SQL   string
	Names []string // of the parameters, in the order of their places
}

// ParseQuery finds the parameters of a query, written :name, and makes it fit to stand
// in parentheses. Literals, quoted names and comments are left alone. It refuses what is more than
// one statement.
func (d *Dialect) ParseQuery(sql string) (Query, error) {
	p := queryParser{d: d, in: sql}
	err := p.parse()
	if err == nil && strings.TrimSpace(p.out.String()) == "" {
		err = errors.New("the query is empty")
	}
	return Query{SQL: p.out.String(), Names: p.names}, err
}

// CheckArgs makes sure that every parameter has a value and every value a parameter.
func (q Query) CheckArgs(args map[string]any) error {
	known := make([]string, 0, len(args))
	for name := range args {
		known = append(known, name)
	}
	slices.Sort(known)
	for _, name := range q.Names {
		if _, ok := args[name]; !ok {
			return fmt.Errorf("no value for the parameter :%s%s", name, Suggest(name, known))
		}
	}
	for _, name := range known {
		if !slices.Contains(q.Names, name) {
			return fmt.Errorf("the query has no parameter :%s", name)
		}
	}
	return nil
}

type queryParser struct {
	d     *Dialect
	in    string
	at    int
	out   strings.Builder
	names []string
	ended bool // a semicolon was seen
}

func (p *queryParser) parse() error {
	for p.at < len(p.in) {
		if n := p.blank(); n > 0 {
			p.copy(n)
			continue
		}
		if p.ended {
			return errors.New("the query is more than one statement")
		}
		c := p.in[p.at]
		if c == ';' {
			p.ended = true
			p.at++
			continue
		}
		if c == ':' && p.parameter() {
			continue
		}
		n, err := p.token(c)
		if err != nil {
			return err
		}
		p.copy(n)
	}
	return nil
}

func (p *queryParser) copy(n int) {
	p.out.WriteString(p.in[p.at : p.at+n])
	p.at += n
}

// blank is the length of the white space or comment here.
func (p *queryParser) blank() int {
	s := p.in[p.at:]
	switch {
	case strings.IndexByte(" \t\r\n\f\v", s[0]) >= 0:
		return 1
	case strings.HasPrefix(s, "--"), p.d.HashComments && s[0] == '#':
		if end := strings.IndexByte(s, '\n'); end >= 0 {
			return end
		}
		return len(s)
	case strings.HasPrefix(s, "/*"):
		return commentEnd(s)
	}
	return 0
}

// commentEnd is the length of a comment, which may hold others.
func commentEnd(s string) int {
	depth := 0
	for i := 0; i+1 < len(s); i++ {
		switch s[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

// token is the length of the literal, name or sign here.
func (p *queryParser) token(c byte) (int, error) {
	s := p.in[p.at:]
	switch {
	case c == '\'' || c == '"' || c == '`' && p.d.Quote == '`':
		return quoted(s, p.d.EscapedStrings && c != '`')
	case (c == 'e' || c == 'E') && len(s) > 1 && s[1] == '\'':
		n, err := quoted(s[1:], true)
		return n + 1, err
	case c == '$' && p.d.DollarQuotes:
		return dollarQuoted(s)
	case c == ':' && strings.HasPrefix(s, "::"):
		return 2, nil
	case wordByte(c):
		n := 1
		for n < len(s) && (wordByte(s[n]) || s[n] == '$') {
			n++
		}
		return n, nil
	}
	return 1, nil
}

// parameter writes the place of a parameter, if there is one here.
func (p *queryParser) parameter() bool {
	s := p.in[p.at+1:]
	n := 0
	for n < len(s) && wordByte(s[n]) && (n > 0 || s[n] < '0' || s[n] > '9') {
		n++
	}
	if n == 0 {
		return false
	}
	name := s[:n]
	i := slices.Index(p.names, name)
	if i < 0 || !p.d.Numbered {
		i = len(p.names)
		p.names = append(p.names, name)
	}
	place := "?"
	if p.d.Numbered {
		place = fmt.Sprintf("$%d", i+1)
	}
	p.out.WriteString(place)
	p.at += 1 + n
	return true
}

func wordByte(c byte) bool {
	return c == '_' || c >= 0x80 || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// quoted is the length of a literal or name that starts with its quote.
func quoted(s string, escapes bool) (int, error) {
	for i := 1; i < len(s); i++ {
		switch {
		case escapes && s[i] == '\\':
			i++
		case s[i] == s[0] && i+1 < len(s) && s[i+1] == s[0]:
			i++
		case s[i] == s[0]:
			return i + 1, nil
		}
	}
	return 0, fmt.Errorf("a quote %c is not closed", s[0])
}

// dollarQuoted is the length of $tag$...$tag$, or 1 when s is something else.
func dollarQuoted(s string) (int, error) {
	n := 1
	for n < len(s) && wordByte(s[n]) {
		n++
	}
	if n == len(s) || s[n] != '$' {
		return 1, nil
	}
	tag := s[:n+1]
	end := strings.Index(s[len(tag):], tag)
	if end < 0 {
		return 0, fmt.Errorf("the literal %s is not closed", tag)
	}
	return end + 2*len(tag), nil
}
