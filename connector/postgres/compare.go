package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/sqldb"
)

// compare says what is missing, and what nobody needs.
func (r *rights) compare(ctx context.Context) error {
	for _, w := range r.wants {
		if err := r.settle(ctx, w); err != nil {
			return err
		}
	}
	if r.database.owned {
		r.out.Note("the login owns the database, and with it whatever it likes there: a flow needs no more than what is granted to it")
	}
	for _, o := range r.objects {
		r.superfluous(o)
	}
	return nil
}

// settle compares one right that flows need with what the login has.
func (r *rights) settle(ctx context.Context, w *want) error {
	has, err := r.has(ctx, w)
	if err != nil || !w.hard {
		return err
	}
	p := connector.Privilege{Right: w.right, On: w.on.label(), Has: has, For: w.flows}
	solid := r.granted(w, &p)
	switch {
	case w.right == ownership && !solid:
		p.Fix = fmt.Sprintf("ALTER TABLE %s OWNER TO %s", w.on.name, r.login)
	case !solid:
		p.Fix = fmt.Sprintf("GRANT %s ON %s %s TO %s", r.withColumns(w), w.on.kind, w.on.name, r.login)
	}
	r.out.Rights = append(r.out.Rights, p)
	return nil
}

// withColumns is the right as it is to be granted: on the columns that are read, where the
// flows say which.
func (r *rights) withColumns(w *want) string {
	if len(w.cols) == 0 {
		return w.right
	}
	cols := slices.Clone(w.cols)
	slices.Sort(cols)
	return w.right + " (" + r.sql.Idents(slices.Compact(cols)) + ")"
}

// granted reports whether the right would stay if all were taken away that no flow needs:
// attributes, powerful roles and ownership. It notes where the right comes from.
func (r *rights) granted(w *want, p *connector.Privilege) bool {
	if list := r.held[keyOf(w.on.oid, w.right)]; len(list) > 0 {
		p.Via = via(list[0], r.out.Login)
		return true
	}
	switch {
	case w.on.owned && (w.right == ownership || w.on.kind != "TABLE" || r.mayOwn(w.on)):
		p.Via = "ownership"
		return true
	case w.on.owned:
		p.Via = "ownership"
	case r.super:
		p.Via = "SUPERUSER"
	case p.Has && len(w.cols) > 0:
		return true
	case p.Has && w.on.kind == "TABLE":
		return r.hasColumns(w, p)
	case p.Has:
		p.Via = "another role"
	}
	return false
}

// hasColumns reports whether the right is there for some columns: whether they are the flow's is
// seen when it is planned. Else it comes from a role that may do as much everywhere.
func (r *rights) hasColumns(w *want, p *connector.Privilege) bool {
	for key := range r.held {
		if strings.HasPrefix(key, keyOf(w.on.oid, w.right)+" (") {
			r.out.Note(fmt.Sprintf("%s on %s is granted for some columns only: `plan` says whether they do", w.right, w.on.label()))
			return true
		}
	}
	p.Via = "another role"
	return false
}

// mayOwn reports whether a flow may use the ownership of an object.
func (r *rights) mayOwn(o object) bool {
	return slices.ContainsFunc(r.wants, func(w *want) bool { return w.on.oid == o.oid && w.right == ownership })
}

// via is where a right comes from; "" = it is the login's own.
func via(h holding, login string) string {
	switch h.grantee {
	case login:
		return ""
	case "":
		return "PUBLIC"
	}
	return "role " + h.grantee
}

// has asks the server.
func (r *rights) has(ctx context.Context, w *want) (bool, error) {
	sql := "SELECT has_" + strings.ToLower(w.on.kind) + "_privilege($1::oid, $2)"
	args := []*string{&w.on.oid, &w.right}
	switch {
	case w.right == ownership:
		return w.on.owned || r.super, nil
	case len(w.cols) > 0:
		cols := r.sql.Idents(w.cols)
		cols = "{" + cols + "}"
		sql = `SELECT coalesce(bool_and(has_column_privilege($1::oid, a.attname, $2)), false) FROM pg_catalog.pg_attribute a
			WHERE a.attrelid = $1::oid AND a.attname = ANY ($3::text[]) AND NOT a.attisdropped`
		args = append(args, &cols)
	case w.on.kind == "TABLE" && (w.right == "INSERT" || w.right == "UPDATE" || w.right == "SELECT"):
		sql = "SELECT has_any_column_privilege($1::oid, $2)"
	}
	yes, _, err := r.conn.one(ctx, sql, args...)
	return yes == "t", err
}

// superfluous lists what the login has on an object and no flow needs.
func (r *rights) superfluous(o object) {
	if strings.Contains(o.name, "."+sqldb.OwnPrefix) || strings.Contains(o.name, `."`+sqldb.OwnPrefix) {
		return // our own, which go with their schema
	}
	if o.owned && o.kind != "DATABASE" && !r.mayOwn(o) && !(o.kind == "SCHEMA" && r.wanted(o, "CREATE")) {
		fix := fmt.Sprintf("ALTER %s %s OWNER TO %s", o.kind, o.name, r.heir)
		if r.heir == r.login {
			fix = ""
		}
		r.excess(ownership, o.label(), "", fix)
	}
	var rights []string
	for key := range r.held {
		if right, ok := strings.CutPrefix(key, o.oid+" "); ok {
			rights = append(rights, right)
		}
	}
	slices.Sort(rights)
	for _, right := range rights {
		base, _, columns := strings.Cut(right, " (")
		if r.wanted(o, base) && !(columns && r.wantedWhole(o, base)) {
			continue
		}
		for _, h := range r.held[keyOf(o.oid, right)] {
			if usual(o.kind, right, h) {
				continue
			}
			r.excess(right, o.label(), via(h, r.out.Login), fmt.Sprintf("REVOKE %s ON %s %s FROM %s", right, o.kind, o.name, h.quoted))
		}
	}
}

func (r *rights) wanted(o object, right string) bool {
	return slices.ContainsFunc(r.wants, func(w *want) bool { return w.on.oid == o.oid && w.right == right })
}

// wantedWhole reports whether a right is needed and held on the whole object, so that the same on
// some columns adds nothing.
func (r *rights) wantedWhole(o object, right string) bool {
	return r.wanted(o, right) && len(r.held[keyOf(o.oid, right)]) > 0
}

// usual are the rights without which nobody can log in, and those that everybody has on every
// database and schema: to take them away would be about others.
func usual(kind, right string, h holding) bool {
	if right == "CONNECT" {
		return true
	}
	return h.grantee == "" && (kind == "DATABASE" && right == "TEMPORARY" || kind == "SCHEMA" && right == "USAGE")
}
