package mysql

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"sync"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/sqldb"
)

// want is a right that flows need. Of a soft one it only matters that nobody takes it away.
type want struct {
	right string
	on    sqldb.Name // Table "" = the database
	flows []string
	hard  bool
}

// grant is the statement that gives the right. What is not there yet can only be granted
// with the right to make it.
func (w *want) grant(level, login string, absent bool) string {
	right := w.right
	if absent && right != "CREATE" {
		right = "CREATE, " + right
	}
	return "GRANT " + right + " ON " + level + " TO " + login
}

// rights compares what a login may do with what flows need.
type rights struct {
	*grants
	conn  *conn
	sql   *sqldb.Dialect
	out   *connector.Privileges
	wants []*want

	absent []sqldb.Name // tables that are not there
}

// privileges looks at what the login may do, and at what the flows need.
func (s *server) privileges(ctx context.Context, needs []connector.Need) (*connector.Privileges, error) {
	c, err := s.connect(ctx, true)
	if err != nil {
		return nil, err
	}
	defer c.close()
	g, err := c.grants(ctx)
	if err != nil {
		return nil, fmt.Errorf("privileges of %s: %w", s.name, err)
	}
	r := &rights{grants: g, conn: c, sql: dialect(c.flavour)}
	r.out = &connector.Privileges{Login: g.login, Roles: slices.Concat([]string{}, g.roles), Rights: []connector.Privilege{}, Notes: []string{}}
	for _, n := range needs {
		if err := r.need(ctx, n); err != nil {
			return nil, fmt.Errorf("privileges of %s: flow %s: %w", s.name, n.Flow, err)
		}
	}
	r.compare()
	return r.out, nil
}

// want notes that a flow needs a right, or, unless hard, that it may use it.
func (r *rights) want(flow string, hard bool, on sqldb.Name, list ...string) {
	for _, right := range list {
		i := slices.IndexFunc(r.wants, func(w *want) bool { return w.right == right && w.on == on })
		if i < 0 {
			i = len(r.wants)
			r.wants = append(r.wants, &want{right: right, on: on})
		}
		w := r.wants[i]
		w.hard = w.hard || hard
		if hard && !slices.Contains(w.flows, flow) {
			w.flows = append(w.flows, flow)
		}
	}
}

// need adds what one flow needs.
func (r *rights) need(ctx context.Context, n connector.Need) error {
	switch {
	case n.Write != nil:
		return r.write(ctx, n.Flow, n.Write)
	case n.Read.Query != "":
		return r.query(ctx, n.Flow, n.Read)
	}
	name, err := r.sql.ParseName(n.Read.Table)
	if err != nil {
		return err
	}
	r.want(n.Flow, true, r.conn.whole(name), "SELECT")
	return nil
}

// query asks the server whether it would run a query: which tables it reads only the server knows,
// so nothing that is granted for reading counts as too much.
func (r *rights) query(ctx context.Context, flow string, req *connector.SourceRequest) error {
	for _, l := range r.levels {
		r.want(flow, false, sqldb.Name{Schema: l.database, Table: l.table}, "SELECT", "EXECUTE", "SHOW VIEW")
	}
	src := sqldb.Source{Req: *req, Dialect: r.sql}
	if err := src.TakeApart(); err != nil {
		return err
	}
	rows, err := r.conn.prepared(ctx, "SELECT * FROM "+src.From()+" LIMIT 0", src.Args().Values)
	if err == nil {
		return rows.Close()
	}
	if serverError(err) == nil {
		return err
	}
	r.out.Note("flow " + flow + ": its query: " + err.Error())
	if isError(err, errTableDenied, errColumnDenied) {
		r.refused(flow, serverError(err).Message)
	}
	return nil
}

// deniedTable is how a server says which table it does not let a login read.
var deniedTable = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("for table (?:`(.+)`\\.`(.+)`|'(.+)')$")
})

// refused is a query that the server refuses. It names the first table that is missing.
func (r *rights) refused(flow, message string) {
	said := deniedTable().FindStringSubmatch(message)
	if said == nil {
		r.out.Require("SELECT", "a table of its query", flow)
		return
	}
	name := sqldb.Name{Schema: said[1], Table: cmp.Or(said[2], said[3])}
	r.want(flow, true, r.conn.whole(name), "SELECT")
	r.out.Note("flow " + flow + ": the server names only the first right that its query lacks: try again after granting it")
}

// write is what a sink needs: on its table, on the table of cursors beside it, and on
// the database where it makes tables.
func (r *rights) write(ctx context.Context, flow string, req *connector.SinkRequest) error {
	name, err := r.sql.ParseName(req.Table)
	if err != nil {
		return err
	}
	name = r.conn.whole(name)
	database := sqldb.Name{Schema: name.Schema}
	if len(req.Before)+len(req.After) > 0 {
		r.out.Notes = append(r.out.Notes, "flow "+flow+": what its own statements (`before`, `after`) need is not compared")
	}
	_, err = r.conn.find(ctx, name)
	absent := errors.Is(err, fs.ErrNotExist)
	if err != nil && !absent {
		return err
	}
	if absent {
		r.absent = append(r.absent, name)
	}
	mode := cmp.Or(req.Mode, sqldb.Append)
	r.want(flow, true, name, sqldb.Rights(mode)...)
	if req.MaxShrink != nil {
		r.want(flow, true, name, "SELECT")
	}
	if req.Evolve == sqldb.AddColumns || req.Evolve == sqldb.WidenColumns {
		r.want(flow, true, name, "ALTER")
	}
	// A new table is filled under a name of its own, and then renamed.
	renames := mode == sqldb.Replace || req.Create != sqldb.CreateNever
	r.want(flow, mode == sqldb.Replace || absent && renames, database, "SELECT", "INSERT", "CREATE", "ALTER", "DROP")
	if renames {
		r.want(flow, absent, database, sqldb.Rights(mode)...)
	}
	if sqldb.Keyed(mode) {
		r.want(flow, true, database, "CREATE TEMPORARY TABLES")
	}
	state := name.Beside(sqldb.StateTable)
	r.want(flow, true, state, "SELECT", "INSERT", "UPDATE")
	there, err := r.conn.exists(ctx, state)
	r.want(flow, !there, state, "CREATE")
	if !there {
		r.absent = append(r.absent, state)
	}
	return err
}

// compare says what is missing, and what nobody needs.
func (r *rights) compare() {
	for _, w := range r.wants {
		if !w.hard || r.within(w) {
			continue
		}
		on := "table " + w.on.String()
		level := r.sql.Table(w.on)
		if w.on.Table == "" {
			on, level = "database "+w.on.Schema, r.sql.Ident(w.on.Schema)+".*"
		}
		p := connector.Privilege{Right: w.right, On: on, For: w.flows}
		solid := false
		for _, l := range r.levels {
			if l.covers(w.on.Schema, w.on.Table) && l.has(w.right) {
				p.Has = true
				if slices.Contains(l.rights, w.right) && !l.everywhere() {
					solid = true
				} else {
					p.Via = cmp.Or(p.Via, l.name)
				}
			}
		}
		if solid {
			p.Via = ""
		} else {
			p.Fix = w.grant(level, r.login, slices.Contains(r.absent, w.on))
		}
		r.out.Rights = append(r.out.Rights, p)
	}
	for _, l := range r.levels {
		for _, right := range l.rights {
			if !r.needed(l, right) {
				r.excess(l, right, l.revoke(right, r.login))
			}
		}
		if l.passesOn {
			r.excess(l, "GRANT OPTION", l.revoke("GRANT OPTION", r.login))
		}
		for _, right := range l.columns {
			r.out.Notes = append(r.out.Notes, fmt.Sprintf("%s is granted on columns of %s: that is not compared", right, l.name))
		}
	}
	if len(r.roles) > 0 {
		r.out.Notes = append(r.out.Notes, "what the roles have is compared as far as the server shows it to this login")
	}
}

// within reports whether flows need the right on the whole database, and so not on the table besides.
func (r *rights) within(w *want) bool {
	return w.on.Table != "" && slices.ContainsFunc(r.wants, func(all *want) bool {
		return all.hard && all.right == w.right && all.on == sqldb.Name{Schema: w.on.Schema}
	})
}

func (r *rights) excess(l level, right, fix string) {
	on := "the server"
	if !l.everywhere() {
		on = l.name
	}
	r.out.Rights = append(r.out.Rights, connector.Privilege{Right: right, On: on, Has: true, For: []string{}, Fix: fix})
}

// needed reports whether some flow uses a right that is granted on a level. What is granted on the
// whole server is more than that.
func (r *rights) needed(l level, right string) bool {
	if l.everywhere() {
		return false
	}
	return slices.ContainsFunc(r.wants, func(w *want) bool {
		return w.right == right && (w.on.Schema == l.database && w.on.Table == l.table || l.covers(w.on.Schema, w.on.Table))
	})
}
