package mysql

import (
	"context"
	"slices"
	"strings"
)

// grants is what a login may do, as the server tells it.
type grants struct {
	login  string // `user`@`host`
	roles  []string
	levels []level
}

// level is what is granted on something: the whole server, databases, a table.
type level struct {
	name            string // as a GRANT has it: *.*, `shop`.*, `shop`.`orders`
	database, table string // patterns as of LIKE; "" = all
	rights          []string
	columns         []string // rights on columns only
	passesOn        bool
}

// useful are rights that some flow may need.
var useful = map[string]bool{"USAGE": true, "SELECT": true, "INSERT": true, "UPDATE": true, "DELETE": true, "CREATE": true, "ALTER": true, "DROP": true, "INDEX": true,
	"CREATE TEMPORARY TABLES": true, "LOCK TABLES": true, "EXECUTE": true, "SHOW VIEW": true}

// everything is the right to do all there is on a level.
const everything = "ALL PRIVILEGES"

func (l level) everywhere() bool { return l.database == "" }

// covers reports whether a table lies within the level.
func (l level) covers(database, table string) bool {
	return (l.database == "" || like(l.database, database)) && (l.table == "" || l.table == table)
}

func (l level) has(right string) bool {
	return slices.Contains(l.rights, right) || slices.Contains(l.rights, everything)
}

func (l level) revoke(right, login string) string {
	return "REVOKE " + right + " ON " + l.name + " FROM " + login
}

// grants asks the server what this login may do.
func (c *conn) grants(ctx context.Context) (*grants, error) {
	user, _, err := c.one(ctx, "SELECT CURRENT_USER()")
	if err != nil {
		return nil, err
	}
	rows, err := c.query(ctx, "SHOW GRANTS")
	if err != nil {
		return nil, err
	}
	at := strings.LastIndexByte(user, '@')
	if at < 0 {
		at = len(user)
		user += "@%"
	}
	g := &grants{login: backquoted(user[:at]) + "@" + backquoted(user[at+1:])}
	for _, r := range rows {
		g.add(r[0].S)
	}
	return g, nil
}

func backquoted(s string) string { return "`" + strings.ReplaceAll(s, "`", "``") + "`" }

// add reads a line of SHOW GRANTS. It holds the digest of the password, and goes nowhere else.
func (g *grants) add(line string) {
	rest, ok := strings.CutPrefix(line, "GRANT ")
	if !ok {
		return
	}
	list, rest, ok := strings.Cut(rest, " ON ")
	if !ok {
		if role, _, ok := strings.Cut(list, " TO "); ok {
			g.roles = append(g.roles, role)
		}
		return
	}
	on, tail, ok := strings.Cut(rest, " TO ")
	database, table, dotted := cutName(on)
	if !ok || !dotted { // on a routine, or of a proxy
		return
	}
	l := level{name: on, database: database, table: table, passesOn: strings.HasSuffix(tail, "WITH GRANT OPTION")}
	for _, right := range splitRights(list) {
		name, columns, partly := strings.Cut(right, " (")
		switch {
		case partly && strings.HasSuffix(columns, ")"):
			l.columns = append(l.columns, name)
		case name != "USAGE":
			l.rights = append(l.rights, name)
		}
	}
	g.levels = append(g.levels, l)
}

// cutName takes `database`.`table` apart; * is "".
func cutName(on string) (database, table string, ok bool) {
	part := func(s string) (name, rest string, ok bool) {
		if strings.HasPrefix(s, "*") {
			return "", s[1:], true
		}
		if !strings.HasPrefix(s, "`") {
			return "", s, false
		}
		for i := 1; i < len(s); i++ {
			if s[i] != '`' {
				continue
			}
			if i+1 < len(s) && s[i+1] == '`' {
				i++
				continue
			}
			return strings.ReplaceAll(s[1:i], "``", "`"), s[i+1:], true
		}
		return "", s, false
	}
	database, rest, ok := part(on)
	if !ok || !strings.HasPrefix(rest, ".") {
		return "", "", false
	}
	table, rest, ok = part(rest[1:])
	return database, table, ok && rest == ""
}

// splitRights takes a list apart whose items may have lists of columns.
func splitRights(list string) (rights []string) {
	depth, from := 0, 0
	for i := 0; i <= len(list); i++ {
		switch {
		case i == len(list) || list[i] == ',' && depth == 0:
			rights = append(rights, strings.TrimSpace(list[from:i]))
			from = i + 1
		case list[i] == '(':
			depth++
		case list[i] == ')':
			depth--
		}
	}
	return rights
}

// like matches as LIKE does: % is anything, _ one character, a backslash takes that away.
func like(pattern, s string) bool {
	p, i, star, from := 0, 0, -1, 0 // star: where to go on when s has to give the last % more
	for i < len(s) || p < len(pattern) {
		if p < len(pattern) && pattern[p] == '%' {
			p++
			star, from = p, i
			continue
		}
		width := 1
		if p+1 < len(pattern) && pattern[p] == '\\' {
			width = 2
		}
		if p < len(pattern) && i < len(s) && (width == 1 && pattern[p] == '_' || pattern[p+width-1] == s[i]) {
			p += width
			i++
			continue
		}
		if star < 0 || from >= len(s) {
			return false
		}
		from++
		p, i = star, from
	}
	return true
}
