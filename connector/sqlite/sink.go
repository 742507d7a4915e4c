package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// sink loads a table in one transaction.
type sink struct {
	sqldb.Sink
	at database

	db    *db      // with the transaction open; nil before Prepare and after Commit
	swap  []string // what puts a new table into the old one's place
	made  bool     // we made the database file
	count counts
}

func newSink(env connector.Env, cfg *Config, req connector.SinkRequest) *sink {
	at := newDatabase(env, cfg)
	return &sink{at: at, Sink: sqldb.Sink{Connection: at.name, Req: req, Dialect: dialect()}}
}

// session is the Spec of a session.
type session struct {
	Made bool `json:"made,omitempty"` // the database file was made for this run
}

// Prepare plans the load and, unless dry, begins the transaction: the statements of
// `before`, then the table.
func (s *sink) Prepare(ctx context.Context, in *record.Schema, run connector.Run, dry bool) (*connector.Session, error) {
	s.In = in
	ses := &connector.Session{ID: run.ID}
	err := s.prepare(ctx, ses, run, dry)
	if err != nil {
		s.Close()
		return nil, s.Fail(err)
	}
	if dry {
		s.Close()
	}
	return ses, nil
}

func (s *sink) prepare(ctx context.Context, ses *connector.Session, run connector.Run, dry bool) (err error) {
	if s.Load, err = sqldb.NewLoad(s.Dialect, s.Req, s.In); err != nil {
		return err
	}
	d, err := s.open(ctx, ses, dry)
	if err != nil {
		return err
	}
	if s.db = d; d == nil { // not there, and not to be made
		err = s.plan(nil)
		return s.report(ses, err)
	}
	if !dry {
		if err := s.begin(ctx); err != nil {
			return err
		}
	}
	if err = s.plan(d); err != nil {
		return err
	}
	if ses.Cursor, _, err = d.state(ctx, run.Flow); err != nil {
		return err
	}
	if err := s.report(ses, nil); err != nil || dry {
		return err
	}
	for _, sql := range s.Plan.DDL {
		if err := d.exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	s.Result = s.Uncounted()
	if s.Load.Mode == sqldb.Truncate && s.Plan.Exists {
		if s.Result.Deleted, err = d.execCount(ctx, "DELETE FROM "+s.Dialect.Table(s.Plan.Target)); err != nil {
			return err
		}
	}
	if err := s.mirrorKeys(ctx); err != nil {
		return err
	}
	if err := s.Limits(ctx, s.db.query); err != nil {
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
	ses.Changes = append(ses.Changes, s.Plan.Changes...)
	ses.Notes = append(ses.Notes, s.Plan.Notes...)
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
	if s.Req.Create == sqldb.CreateNever {
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
	return s.statements(ctx, "before", s.Req.Before)
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
		return nil, s.Fail(err)
	}
	s.made = false
	s.Close()
	return &s.Result, nil
}

func (s *sink) commit(ctx context.Context, st connector.State) error {
	if !s.db.inTransaction() {
		return errors.New("SQLite has rolled the transaction back")
	}
	s.Result.Inserted, s.Result.Updated = s.Rows, 0
	if err := s.complete(ctx); err != nil {
		return err
	}
	for _, sql := range s.swap {
		if err := s.db.exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	if err := s.statements(ctx, "after", s.Req.After); err != nil {
		return err
	}
	if err := s.db.storeState(ctx, st); err != nil {
		return err
	}
	return s.db.patiently(ctx, func() error { return s.db.exec(ctx, "COMMIT") })
}

// complete changes what is left to change once all rows are in, and counts.
func (s *sink) complete(ctx context.Context) error {
	switch s.Plan.Mode {
	case sqldb.Upsert:
		s.Result.Inserted, s.Result.Updated = -1, -1
		s.count.into(&s.Result, s.Rows)
	case sqldb.Update:
		s.Result.Inserted, s.Result.Updated = 0, -1
	case sqldb.Delete:
		s.Result.Inserted = 0
	case sqldb.Replace:
		return s.CheckReplaced()
	case sqldb.Mirror:
		s.Result.Inserted, s.Result.Updated = -1, -1
		s.count.into(&s.Result, s.Rows)
		return s.DeleteMissing(ctx, s.db.query, s.db.execCount, keysTable)
	}
	return nil
}

// keysTable has the keys of the rows that a mirror has seen.
const keysTable = `temp."` + sqldb.OwnPrefix + `keys"`

// mirrorKeys makes the table of keys of a mirror.
func (s *sink) mirrorKeys(ctx context.Context) error {
	if s.Plan.Mode != sqldb.Mirror {
		return nil
	}
	key := make([]string, len(s.Plan.KeyFields))
	for i, f := range s.Plan.KeyFields {
		key[i] = s.Plan.Columns[f].Name
	}
	return s.db.exec(ctx, s.Plan.StageKeys(s.Dialect, "CREATE TABLE "+keysTable)+
		"; CREATE UNIQUE INDEX temp."+s.Dialect.Ident(sqldb.OwnPrefix+"key")+" ON "+s.Dialect.Ident(sqldb.OwnPrefix+"keys")+" ("+s.Dialect.Idents(key)+")")
}

// committed answers a Commit for a transaction that is not ours any more.
func (s *sink) committed(ctx context.Context, st connector.State) (*connector.Result, error) {
	d, err := s.at.openExisting(ctx, readOnly)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, s.Fail(connector.ErrNothingStaged)
	}
	if err != nil {
		return nil, s.Fail(err)
	}
	defer d.close()
	_, run, err := d.state(ctx, st.Flow)
	if err != nil {
		return nil, s.Fail(err)
	}
	res, err := s.Found(run, st)
	return res, s.Fail(err)
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

// execCount is exec, and how many rows the last statement changed.
func (d *db) execCount(ctx context.Context, sql string) (int64, error) {
	if err := d.exec(ctx, sql); err != nil {
		return 0, err
	}
	return sqlite3.Xsqlite3_changes64(d.tls, d.handle), nil
}
