package postgres

import (
	"context"
	"fmt"

	"github.com/headgate/headgate/connector/sqldb"
)

// Our temporary tables. They end with the transaction.
const (
	stageTable = `pg_temp."` + sqldb.OwnPrefix + `stage"`
	keysTable  = `pg_temp."` + sqldb.OwnPrefix + `keys"`
)

// build makes and changes the tables before the first row.
func (s *sink) build(ctx context.Context) error {
	s.Result = s.Uncounted()
	for _, sql := range s.Plan.DDL {
		if err := s.conn.exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	if s.rel.oid != "" && (s.Plan.Mode == sqldb.Truncate || s.inPlace) {
		n, err := s.conn.execCount(ctx, "DELETE FROM "+s.Dialect.Table(s.target))
		if err != nil {
			return err
		}
		s.Result.Deleted = n
	}
	into, err := s.conn.find(ctx, s.Plan.Into)
	if err != nil {
		return err
	}
	if err := s.encoders(ctx, into); err != nil {
		return err
	}
	return s.route(ctx, into)
}

// encoders finds out how each field is sent.
func (s *sink) encoders(ctx context.Context, into relation) error {
	cols, err := s.conn.columns(ctx, into)
	if err != nil {
		return err
	}
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
		c.Staged, c.Cast, c.Compare, c.Always = e.staged, e.cast, compareAs(t.info), t.Always
		s.cells = append(s.cells, e)
	}
	return nil
}

// compareAs is how two values of a type are compared that has no equality of its own.
func compareAs(t typeInfo) string {
	switch {
	case t.oid < firstOwnOID && equalTypes[t.oid], t.kind == 'e':
		return ""
	}
	return "%s::text"
}

// equalTypes are the types whose equality means that nothing differs. Other types have
// none, or one that takes different values for the same.
var equalTypes = map[uint32]bool{
	oidBool: true, oidBytea: true, oidInt2: true, oidInt4: true, oidInt8: true, oidOID: true, oidText: true, oidVarchar: true, oidName: true,
	oidDate: true, oidTime: true, oidTimestamp: true, oidTimestamptz: true, oidUUID: true, oidJSONB: true, oidFloat4: true, oidFloat8: true, oidNumeric: true,
}

// route decides whether rows go through a temporary table: where the mode, or a type without a
// binary form, needs one.
func (s *sink) route(ctx context.Context, into relation) error {
	s.staged = s.Plan.Keyed()
	for _, e := range s.cells {
		s.staged = s.staged || e.cast != ""
	}
	if s.staged {
		return nil
	}
	rls, _, err := s.conn.one(ctx, "SELECT row_security_active($1::oid)", &into.oid) // COPY refuses such a table
	s.staged = rls == "t"
	return err
}

// stage makes the temporary tables of a writer, in its savepoint: a table is emptied
// where it is, and not made anew, only in the subtransaction that made it.
func (s *sink) stage(ctx context.Context) error {
	if !s.staged {
		return nil
	}
	sql := s.Plan.Stage(s.Dialect, "CREATE TEMPORARY TABLE "+stageTable) + " ON COMMIT DROP"
	switch s.Plan.Mode {
	case sqldb.Mirror:
		sql += "; " + s.Plan.StageKeys(s.Dialect, "CREATE TEMPORARY TABLE "+keysTable) + " ON COMMIT DROP"
	case sqldb.Update, sqldb.Delete:
		// A batch is small, and nothing is known of it: the key's index is right.
		sql += "; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
	}
	return s.conn.exec(ctx, sql)
}
