package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/sqldb"
)

// Our temporary tables. They end with the connection.
const (
	stageTable = "`" + sqldb.OwnPrefix + "stage`"
	keysTable  = "`" + sqldb.OwnPrefix + "keys`"
)

// runPoint is a savepoint at the start of the transaction: it is gone when that is.
const runPoint = sqldb.OwnPrefix + "run"

// build makes and changes the tables, and begins.
func (s *sink) build(ctx context.Context) error {
	s.Result = s.Uncounted()
	s.made = s.spec.Made != ""
	for _, sql := range s.Plan.DDL {
		if err := s.conn.exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	into, err := s.conn.find(ctx, s.Plan.Into)
	if err != nil {
		return err
	}
	cols, err := s.conn.columns(ctx, into)
	if err != nil {
		return err
	}
	if err := s.encoders(cols); err != nil {
		return err
	}
	if err := s.stage(ctx); err != nil {
		return err
	}
	if err := s.begin(ctx); err != nil {
		return err
	}
	if err := s.hold(ctx, into, cols); err != nil || !s.empty {
		return err
	}
	s.Result.Deleted, err = s.conn.execCount(ctx, "DELETE FROM "+s.Dialect.Table(s.target))
	return err
}

// begin starts the transaction. Without autocommit nothing is committed even if the server
// gives it up on its own.
func (s *sink) begin(ctx context.Context) error {
	level := "READ COMMITTED"
	if s.conn.byText { // which cannot replicate that
		level = "REPEATABLE READ"
	}
	for _, sql := range []string{"SET SESSION TRANSACTION ISOLATION LEVEL " + level, "SET autocommit = 0", "START TRANSACTION", "SAVEPOINT " + runPoint} {
		if err := s.conn.exec(ctx, sql); err != nil {
			return err
		}
	}
	return s.statements(ctx, "before", s.Req.Before)
}

// hold keeps the table as it is until the transaction ends, and makes sure that it still has the
// columns for which rows are written: the server would round what is meant for others. A statement about no rows
// takes the lock of one about some.
func (s *sink) hold(ctx context.Context, into relation, cols []tableColumn) error {
	var names []string
	for _, i := range s.Plan.Fields() {
		if s.Plan.IsKey(i) || !s.Plan.Keyed() {
			names = append(names, s.Plan.Columns[i].Name)
		}
	}
	table, list := s.Dialect.Table(s.Plan.Into), s.Dialect.Idents(names)
	sql := "INSERT INTO " + table + " (" + list + ") SELECT NULL" + strings.Repeat(", NULL", len(names)-1) + " FROM DUAL WHERE FALSE"
	if s.Plan.Keyed() {
		sql = "SELECT " + list + " FROM " + table + " WHERE FALSE"
	}
	if err := s.conn.exec(ctx, sql); err != nil {
		return err
	}
	now, err := s.conn.columns(ctx, into)
	if err == nil && !slices.Equal(now, cols) {
		err = connector.Transient(fmt.Errorf("the columns of %s were changed just now", into.name))
	}
	return err
}

// open makes sure that the transaction is still the one that was begun.
func (s *sink) open(ctx context.Context) error {
	err := s.conn.exec(ctx, "RELEASE SAVEPOINT "+runPoint)
	if isError(err, errNoSavepoint) {
		return fmt.Errorf("the transaction is over: the server has rolled it back, or a statement has committed it")
	}
	return err
}

// statements runs the flow's own statements.
func (s *sink) statements(ctx context.Context, which string, list []string) error {
	for i, sql := range list {
		if err := s.conn.exec(ctx, sql); err != nil {
			return fmt.Errorf("%s statement %d: %w", which, i+1, err)
		}
		err := s.conn.exec(ctx, "RELEASE SAVEPOINT "+runPoint)
		if isError(err, errNoSavepoint) {
			return fmt.Errorf("%s statement %d ended the transaction, as all do that make or change tables", which, i+1)
		}
		if err == nil {
			err = s.conn.exec(ctx, "SAVEPOINT "+runPoint)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// encoders finds out how each field is written.
func (s *sink) encoders(cols []tableColumn) error {
	s.cells = s.cells[:0]
	for _, i := range s.Plan.Fields() {
		c := &s.Plan.Columns[i]
		t := columnNamed(cols, c.Name)
		if t == nil {
			return fmt.Errorf("column `%s` is gone", c.Name)
		}
		e, err := newCellEncoder(s.In.Fields[i], t)
		if err != nil {
			return err
		}
		e.index, e.key = i, s.Plan.IsKey(i)
		c.Type = t.Type
		if t.info.textual() {
			c.Type += " CHARACTER SET " + t.info.charset + " COLLATE " + t.info.collation
			c.Compare = "CAST(%s AS BINARY)" // else a and A may be the same
		} else if t.info.data == "json" {
			c.Compare = "CAST(%s AS CHAR)"
		}
		c.Staged = c.Type
		if !e.key {
			c.Staged += " NULL"
		}
		s.cells = append(s.cells, e)
	}
	return nil
}

// stage makes the temporary tables that the mode needs. In the staging table a key occurs
// once, and in that of a mirror's keys it is found by its index.
func (s *sink) stage(ctx context.Context) error {
	s.staged = s.Plan.Keyed()
	if !s.staged {
		return nil
	}
	var key []string
	for _, i := range s.Plan.KeyFields {
		key = append(key, s.Plan.Columns[i].Name)
	}
	tail := ", PRIMARY KEY (" + s.Dialect.Idents(key) + "))" + tableOptions
	create := []string{s.Plan.Stage(s.Dialect, "CREATE TEMPORARY TABLE "+stageTable)}
	if s.Plan.Mode == sqldb.Mirror {
		create = append(create, s.Plan.StageKeys(s.Dialect, "CREATE TEMPORARY TABLE "+keysTable))
	}
	for _, sql := range create {
		if err := s.conn.exec(ctx, strings.TrimSuffix(sql, ")")+tail); err != nil {
			return fmt.Errorf("temporary table: %w", err)
		}
	}
	return nil
}
