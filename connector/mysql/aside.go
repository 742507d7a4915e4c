package mysql

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/sqldb"
)

// Kinds of tables beside the target: the one that is being filled, and the one whose place it took.
const (
	asideNew = "new_"
	asideOld = "old_"
)

// markOf is the comment of a table that a run has made. It tells whoever finds the table
// whether the run was committed.
func markOf(run string) string { return "headgate run " + run }

// asideName is a table beside target, always the same for a flow.
func asideName(kind, flow string, target sqldb.Name) sqldb.Name {
	return target.Beside(sqldb.OwnPrefix + kind + digest(flow, target.Table))
}

func (s *sink) aside(kind string) sqldb.Name { return asideName(kind, s.spec.Flow, s.target) }

// lockName is the name of a lock of the server: 64 characters at most.
func lockName(kind string, parts ...string) string {
	return "headgate " + kind + " " + digest(parts...)
}

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:12])
}

// planNew plans a table that is not there yet, and its database if that is not there either.
func (s *sink) planNew(ctx context.Context) (err error) {
	if s.Plan, err = sqldb.NewPlan(s.Dialect, s.Load, s.In, s.target, nil); err != nil {
		return err
	}
	changes := s.Plan.Changes
	into := s.target
	if len(s.Req.After) == 0 { // which may name the table
		into = s.aside(asideNew)
	}
	s.Plan.DDL, s.Plan.Notes = nil, nil
	if err := s.Plan.Create(s.Dialect, s.In, into); err != nil {
		return err
	}
	if err := s.mark(); err != nil {
		return err
	}
	_, there, err := s.conn.one(ctx, "SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?", &s.target.Schema)
	if err == nil && !there {
		database := "CREATE DATABASE IF NOT EXISTS " + s.Dialect.Ident(s.target.Schema) + " CHARACTER SET utf8mb4"
		changes = append([]string{database}, changes...)
		s.Plan.DDL = append([]string{database}, s.Plan.DDL...)
	}
	s.Plan.Changes = changes
	return err
}

// planReplace plans a table beside the old one. What hangs on the table itself rather than
// on its name cannot be carried over, and statements that come after see the name: then
// the table is emptied and filled instead, in the same transaction.
func (s *sink) planReplace(ctx context.Context, table *sqldb.Table) error {
	why, err := s.conn.bound(ctx, s.rel)
	if err != nil {
		return err
	}
	if why == "" && len(s.Req.After) > 0 {
		why = "there are statements in `after`"
	}
	if why != "" {
		s.empty = true
		s.Plan, err = sqldb.NewEmptied(s.Dialect, s.Load, s.In, table, why)
		return err
	}
	into, like := s.aside(asideNew), ""
	if sqldb.SameColumns(s.Dialect, s.In, table) {
		like = fmt.Sprintf("CREATE TABLE %s LIKE %s", s.Dialect.Table(into), s.Dialect.Table(s.target))
	}
	if s.Plan, err = sqldb.NewReplace(s.Dialect, s.Load, s.In, table, into, like); err != nil {
		return err
	}
	return s.mark()
}

// mark makes the plan's CREATE TABLE leave the run's mark.
func (s *sink) mark() error {
	if err := s.Dialect.CheckIdent(s.Plan.Into.Table); err != nil {
		return err
	}
	comment := " COMMENT=" + literal(markOf(s.spec.Run))
	if strings.HasSuffix(s.Plan.DDL[0], tableOptions) {
		s.Plan.DDL[0] += comment
	} else { // like another table
		s.Plan.DDL = slices.Insert(s.Plan.DDL, 1, "ALTER TABLE "+s.Dialect.Table(s.Plan.Into)+comment)
	}
	s.spec.Made = s.Plan.Into.Table
	return nil
}

// swap gives the table that a committed session has made its name, and drops the one
// whose place it takes. Whatever of that is done already is left alone.
func (c *conn) swap(ctx context.Context, d *sqldb.Dialect, spec session) error {
	if spec.Made == "" {
		return nil
	}
	made, old := spec.Target.Beside(spec.Made), asideName(asideOld, spec.Flow, spec.Target)
	rel, err := c.find(ctx, made)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil && rel.comment == markOf(spec.Run) && made != spec.Target {
		if err := c.rename(ctx, d, made, spec.Target, old); err != nil {
			return fmt.Errorf("the rows are committed in %s, which could not take its place: %w", d.Table(made), err)
		}
	}
	return c.settle(ctx, d, spec.Target, old, markOf(spec.Run))
}

// rename exchanges the tables in one step.
func (c *conn) rename(ctx context.Context, d *sqldb.Dialect, made, target, old sqldb.Name) error {
	there, err := c.exists(ctx, target)
	if err != nil {
		return err
	}
	sql := "RENAME TABLE "
	if there {
		if err := c.exec(ctx, "DROP TABLE IF EXISTS "+d.Table(old)); err != nil {
			return err
		}
		sql += d.Table(target) + " TO " + d.Table(old) + ", "
	}
	return c.exec(ctx, sql+d.Table(made)+" TO "+d.Table(target))
}

// settle takes the mark off a table that has its name, and drops the old one.
func (c *conn) settle(ctx context.Context, d *sqldb.Dialect, target, old sqldb.Name, mark string) error {
	now, err := c.find(ctx, target)
	if err != nil {
		return err
	}
	before, err := c.find(ctx, old)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if now.comment == mark {
		if err := c.exec(ctx, "ALTER TABLE "+d.Table(target)+" COMMENT="+literal(before.comment)); err != nil {
			return err
		}
	}
	if err == nil {
		return c.exec(ctx, "DROP TABLE IF EXISTS "+d.Table(old))
	}
	return nil
}

// drop removes the table that a session has made, unless that was committed.
func (c *conn) drop(ctx context.Context, d *sqldb.Dialect, spec session) error {
	if spec.Made == "" {
		return nil
	}
	made := spec.Target.Beside(spec.Made)
	rel, err := c.find(ctx, made)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || rel.comment != markOf(spec.Run) {
		return err
	}
	if _, run, err := c.state(ctx, d, spec.Target, spec.Flow); err != nil || run == spec.Run {
		return err
	}
	return c.exec(ctx, "DROP TABLE IF EXISTS "+d.Table(made))
}

// tidy finishes or drops what an earlier run of the flow, of which nobody knows any more, left
// beside the target. The caller has the flow's lock.
func (c *conn) tidy(ctx context.Context, d *sqldb.Dialect, target sqldb.Name, flow string) error {
	rel, err := c.find(ctx, asideName(asideNew, flow, target))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, run, err := c.state(ctx, d, target, flow)
	if err != nil {
		return err
	}
	if run != "" && rel.comment == markOf(run) {
		return c.swap(ctx, d, session{Flow: flow, Run: run, Target: target, Made: rel.name.Table})
	}
	return c.exec(ctx, "DROP TABLE "+d.Table(rel.name))
}

// endHolder ends the connection that holds a lock, if there is one, and waits until it is
// gone: the server lets go of the lock once it has rolled back.
func (c *conn) endHolder(ctx context.Context, lock string) error {
	deadline := time.Now().Add(endPatience)
	killed := ""
	for {
		id, held, err := c.one(ctx, "SELECT IS_USED_LOCK("+literal(lock)+")")
		if err != nil || !held {
			return err
		}
		if id != killed {
			if err := c.exec(ctx, "KILL CONNECTION "+id); err != nil && !isError(err, errNoThread) {
				return err
			}
			killed = id
		}
		if time.Now().After(deadline) {
			return connector.Mark(fmt.Errorf("the connection %s of the run that died does not end", id), connector.ErrUnreachable)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(endPause):
		}
	}
}

// errNoThread is the error for a connection that is not there.
const errNoThread = 1094

// endPatience is how long a connection may take to end, endPause how often we look.
const (
	endPatience = 20 * time.Second
	endPause    = 20 * time.Millisecond
)
