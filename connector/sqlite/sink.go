package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// sink loads a table in one transaction.
type sink struct {
	at  database
	req connector.SinkRequest
	sql *sqldb.Dialect

	db     *db // with the transaction open; nil before Prepare and after Commit
	plan   *loadPlan
	in     *record.Schema
	made   bool // we made the database file
	result connector.Result
	count  counts
	rows   int64 // sealed
	before int64 // rows of the table, when there is a guard
}

func newSink(env connector.Env, cfg *Config, req connector.SinkRequest) *sink {
	return &sink{at: newDatabase(env, cfg), req: req, sql: dialect()}
}

func (s *sink) label() string { return s.at.name + ":" + s.req.Table }

func (s *sink) fail(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("write %s: %w", s.label(), err)
}

// PerSplit is false: one transaction takes all rows.
func (s *sink) PerSplit() bool { return false }

// session is the Spec of a session.
type session struct {
	Made bool `json:"made,omitempty"` // the database file was made for this run
}

// Prepare plans the load and, unless dry, begins the transaction: the statements of
// `before`, then the table.
func (s *sink) Prepare(ctx context.Context, in *record.Schema, run connector.Run, dry bool) (*connector.Session, error) {
	s.in = in
	ses := &connector.Session{ID: run.ID}
	err := s.prepare(ctx, ses, run, dry)
	if err != nil {
		s.Close()
		return nil, s.fail(err)
	}
	if dry {
		s.Close()
	}
	return ses, nil
}

func (s *sink) prepare(ctx context.Context, ses *connector.Session, run connector.Run, dry bool) error {
	load, err := sqldb.NewLoad(s.sql, s.req, s.in)
	if err != nil {
		return err
	}
	d, err := s.open(ctx, ses, dry)
	if err != nil {
		return err
	}
	if s.db = d; d == nil { // not there, and not to be made
		s.plan, err = planLoad(nil, s.sql, load, s.in)
		return s.report(ses, err)
	}
	if !dry {
		if err := s.begin(ctx); err != nil {
			return err
		}
	}
	if s.plan, err = planLoad(d, s.sql, load, s.in); err != nil {
		return err
	}
	if ses.Cursor, err = d.storedCursor(run.Flow); err != nil {
		return err
	}
	if err := s.report(ses, nil); err != nil || dry {
		return err
	}
	for _, sql := range s.plan.DDL {
		if err := d.exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	s.result = connector.Result{Inserted: -1, Updated: -1, Deleted: -1, Outputs: []string{s.label()}}
	if load.Mode == sqldb.Truncate && s.plan.Exists {
		if err := d.exec(ctx, "DELETE FROM "+s.sql.Table(s.plan.Target)); err != nil {
			return err
		}
		s.result.Deleted = d.changes()
	}
	if err := s.limits(ctx); err != nil {
		return err
	}
	s.count = newCounts(d)
	ses.Spec, err = json.Marshal(session{Made: s.made})
	return err
}

// report copies the plan's findings into the session.
func (s *sink) report(ses *connector.Session, err error) error {
	if err != nil {
		return err
	}
	ses.Changes = append(ses.Changes, s.plan.Changes...)
	ses.Notes = append(ses.Notes, s.plan.Notes...)
	return nil
}

// open opens the database; nil when it is not there and is not to be made.
func (s *sink) open(ctx context.Context, ses *connector.Session, dry bool) (*db, error) {
	_, err := os.Stat(s.at.path)
	if !errors.Is(err, fs.ErrNotExist) {
		flags := int32(readWrite)
		if dry {
			flags = readOnly
		}
		return s.at.openExisting(ctx, flags)
	}
	if s.req.Create == sqldb.CreateNever {
		return nil, nil
	}
	ses.Changes = append(ses.Changes, "create database "+s.at.path)
	if dry {
		return nil, nil
	}
	if err := os.MkdirAll(filepath.Dir(s.at.path), 0o777); err != nil {
		return nil, err
	}
	s.made = true
	return s.at.open(ctx, readWrite)
}

// begin starts the transaction and sets the connection up for one.
func (s *sink) begin(ctx context.Context) error {
	// Renaming a table must not fail because a view names the table it replaces.
	for _, sql := range []string{"PRAGMA legacy_alter_table = ON", "PRAGMA cache_size = -" + cacheKiB} {
		if err := s.db.exec(ctx, sql); err != nil {
			return err
		}
	}
	if err := s.db.patiently(ctx, func() error { return s.db.exec(ctx, "BEGIN IMMEDIATE") }); err != nil {
		return err
	}
	return s.statements(ctx, "before", s.req.Before)
}

// cacheKiB is how much of a transaction is kept in memory before it spills into the
// file. Once it does, nobody else can read the database.
const cacheKiB = "8192"

// statements runs the flow's own statements.
func (s *sink) statements(ctx context.Context, which string, list []string) error {
	for i, sql := range list {
		if err := s.db.exec(ctx, sql); err != nil {
			return fmt.Errorf("%s statement %d: %w", which, i+1, err)
		}
		if !s.db.inTransaction() {
			return fmt.Errorf("%s statement %d ended the transaction", which, i+1)
		}
	}
	return nil
}

// Commit runs the closing statements, notes the run and commits.
func (s *sink) Commit(ctx context.Context, ses *connector.Session, _ []connector.Receipt, st connector.State) (*connector.Result, error) {
	if s.db == nil {
		return s.committed(ctx, st)
	}
	if err := s.commit(ctx, st); err != nil {
		return nil, s.fail(err)
	}
	s.made = false
	s.Close()
	return &s.result, nil
}

func (s *sink) commit(ctx context.Context, st connector.State) error {
	if !s.db.inTransaction() {
		return errors.New("SQLite has rolled the transaction back")
	}
	s.result.Inserted, s.result.Updated = s.rows, 0
	if err := s.complete(ctx); err != nil {
		return err
	}
	for _, sql := range s.plan.swap {
		if err := s.db.exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	if err := s.statements(ctx, "after", s.req.After); err != nil {
		return err
	}
	if err := s.db.storeState(ctx, st); err != nil {
		return err
	}
	return s.db.patiently(ctx, func() error { return s.db.exec(ctx, "COMMIT") })
}

// complete changes what is left to change once all rows are in, and counts.
func (s *sink) complete(ctx context.Context) error {
	switch s.plan.Mode {
	case sqldb.Upsert:
		s.result.Inserted, s.result.Updated = -1, -1
		s.count.into(&s.result, s.rows)
	case sqldb.Update:
		s.result.Inserted, s.result.Updated = 0, -1
	case sqldb.Delete:
		s.result.Inserted = 0
	case sqldb.Replace:
		return s.plan.CheckShrink(s.before, s.rows)
	case sqldb.Mirror:
		s.result.Inserted, s.result.Updated = -1, -1
		s.count.into(&s.result, s.rows)
		return s.deleteMissing(ctx)
	}
	return nil
}

// deleteMissing is the second half of a mirror.
func (s *sink) deleteMissing(ctx context.Context) error {
	if s.req.MaxShrink != nil {
		now, err := s.db.count("SELECT count(*) FROM " + s.sql.Table(s.plan.Target))
		if err != nil {
			return err
		}
		gone, err := s.db.count(s.plan.CountMissing(s.sql, keysTable))
		if err != nil {
			return err
		}
		if err := s.plan.CheckShrink(s.before, now-gone); err != nil {
			return err
		}
	}
	if err := s.db.exec(ctx, s.plan.DeleteMissing(s.sql, keysTable)); err != nil {
		return err
	}
	s.result.Deleted = s.db.changes()
	return nil
}

// keysTable has the keys of the rows that a mirror has seen.
const keysTable = `temp."` + ownPrefix + `keys"`

// limits makes the table of keys of a mirror, and counts the rows that a guard compares with.
func (s *sink) limits(ctx context.Context) (err error) {
	if s.plan.Mode == sqldb.Mirror {
		key := make([]string, len(s.plan.KeyFields))
		for i, f := range s.plan.KeyFields {
			key[i] = s.plan.Columns[f].Name
		}
		sql := s.plan.StageKeys(s.sql, "CREATE TABLE "+keysTable) +
			"; CREATE UNIQUE INDEX temp." + s.sql.Ident(ownPrefix+"key") + " ON " + s.sql.Ident(ownPrefix+"keys") + " (" + s.sql.Idents(key) + ")"
		if err := s.db.exec(ctx, sql); err != nil {
			return err
		}
	}
	if s.req.MaxShrink != nil && s.plan.Exists {
		s.before, err = s.db.count("SELECT count(*) FROM " + s.sql.Table(s.plan.Target))
	}
	return err
}

// count is the number that a query yields.
func (d *db) count(sql string) (int64, error) {
	found, err := d.queryText(sql)
	if err != nil || len(found) == 0 {
		return 0, err
	}
	return strconv.ParseInt(found[0], 10, 64)
}

// committed answers a Commit for a transaction that is not ours any more.
func (s *sink) committed(ctx context.Context, st connector.State) (*connector.Result, error) {
	d, err := s.at.openExisting(ctx, readOnly)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, s.fail(connector.ErrNothingStaged)
	}
	if err != nil {
		return nil, s.fail(err)
	}
	defer d.close()
	run, err := d.storedRun(st.Flow)
	switch {
	case err != nil:
		return nil, s.fail(err)
	case run != st.Run:
		return nil, s.fail(connector.ErrNothingStaged)
	}
	return &connector.Result{Inserted: -1, Updated: -1, Deleted: -1, Outputs: []string{s.label()}}, nil
}

// Abort rolls back. After a crash SQLite does so itself, when the database is next
// opened; then only an empty file of ours may be left.
func (s *sink) Abort(ctx context.Context, ses *connector.Session, _ []connector.Receipt) error {
	var spec session
	if len(ses.Spec) > 0 && json.Unmarshal(ses.Spec, &spec) == nil && spec.Made && s.db == nil {
		s.made = true
		if d, err := s.at.openExisting(ctx, readWrite); err == nil {
			d.close()
		}
	}
	return s.Close()
}

// Close rolls back what is not committed, and removes a database file that was made
// for nothing.
func (s *sink) Close() error {
	if s.db != nil {
		s.count.free()
		s.db.close() // rolls back
		s.db = nil
	}
	if !s.made {
		return nil
	}
	s.made = false
	info, err := os.Stat(s.at.path)
	if err != nil || info.Size() > 0 {
		return nil
	}
	return os.Remove(s.at.path)
}

func (d *db) inTransaction() bool { return sqlite3.Xsqlite3_get_autocommit(d.tls, d.handle) == 0 }

// changes is how many rows the last statement changed.
func (d *db) changes() int64 { return sqlite3.Xsqlite3_changes64(d.tls, d.handle) }
