package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// sink loads a table in one transaction.
type sink struct {
	at  *server
	req connector.SinkRequest
	sql *sqldb.Dialect

	conn      *conn  // with the transaction open; nil before Prepare and after Commit
	own       string // the run that was prepared here
	in        *record.Schema
	load      *sqldb.Load
	plan      *sqldb.Plan
	rel       relation // the table, when it is there
	target    sqldb.Name
	replace   *replacement // of a table that exists
	inPlace   bool         // a replace that empties the table instead
	cells     []cellEncoder
	newSchema bool  // the table's schema is not there, or was made for it
	staged    bool  // rows go through a temporary table
	before    int64 // rows of the table, when there is a guard
	result    connector.Result
	rows      int64 // sealed
}

func newSink(at *server, req connector.SinkRequest) *sink {
	return &sink{at: at, req: req, sql: dialect()}
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

// session is the Spec of a session: the backend that has the transaction, and where its state lies.
type session struct {
	Backend string     `json:"backend"`
	Started string     `json:"started"` // since a backend's number comes again
	Target  sqldb.Name `json:"target"`
}

// Prepare plans the load and, unless dry, begins the transaction: the statements of
// `before`, then the tables.
func (s *sink) Prepare(ctx context.Context, in *record.Schema, run connector.Run, dry bool) (*connector.Session, error) {
	s.in = in
	ses := &connector.Session{ID: run.ID}
	err := s.prepare(ctx, ses, run, dry)
	if err != nil || dry {
		s.Close()
	}
	if err != nil {
		return nil, s.fail(err)
	}
	return ses, nil
}

func (s *sink) prepare(ctx context.Context, ses *connector.Session, run connector.Run, dry bool) (err error) {
	if s.load, err = sqldb.NewLoad(s.sql, s.req, s.in); err != nil {
		return err
	}
	if s.conn, err = s.at.connect(ctx, dry); err != nil {
		return err
	}
	if err := s.makeSchema(ctx, dry); err != nil {
		return err
	}
	if err := s.begin(ctx, run, dry); err != nil {
		return err
	}
	if err := s.compare(ctx, dry); err != nil {
		return err
	}
	if ses.Cursor, _, err = s.conn.state(ctx, s.sql, s.target, run.Flow); err != nil {
		return err
	}
	if err := s.stateTable(ctx); err != nil {
		return err
	}
	ses.Changes, ses.Notes = s.plan.Changes, s.plan.Notes
	if err := s.limits(ctx); err != nil || dry {
		return err
	}
	s.own = run.ID
	if err := s.build(ctx); err != nil {
		return err
	}
	spec := session{Target: s.target}
	row, err := s.conn.query(ctx, "SELECT pid, backend_start::text FROM pg_catalog.pg_stat_activity WHERE pid = pg_backend_pid()")
	if err != nil {
		return err
	}
	if len(row) == 1 {
		spec.Backend, spec.Started = row[0][0].s, row[0][1].s
	}
	ses.Spec, err = json.Marshal(spec)
	return err
}

// begin starts the transaction, and takes the flow's lock in it: two runs of a flow must not
// write at the same time, whatever machines they are on.
func (s *sink) begin(ctx context.Context, run connector.Run, dry bool) error {
	if err := s.conn.exec(ctx, "BEGIN"); err != nil || dry {
		return err
	}
	key := "headgate " + run.Flow
	if _, err := s.conn.query(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", &key); err != nil {
		if isCode(err, "55P03") {
			return fmt.Errorf("another run of the flow %s is writing to this database: %w", run.Flow, err)
		}
		return err
	}
	return s.statements(ctx, "before", s.req.Before)
}

// statements runs the flow's own statements.
func (s *sink) statements(ctx context.Context, which string, list []string) error {
	for i, sql := range list {
		if err := s.conn.exec(ctx, sql); err != nil {
			return fmt.Errorf("%s statement %d: %w", which, i+1, err)
		}
		if !s.conn.inTransaction() {
			return fmt.Errorf("%s statement %d ended the transaction", which, i+1)
		}
	}
	return nil
}

// compare plans for the table there is, or for a new one.
func (s *sink) compare(ctx context.Context, dry bool) error {
	name, err := s.sql.ParseName(s.req.Table)
	if err != nil {
		return err
	}
	s.rel, err = s.conn.find(ctx, name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && s.load.Create != sqldb.CreateNever:
		return s.compareNew(ctx, name)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w, and `create: never` forbids to make it", err)
	case err != nil:
		return err
	case s.rel.kind != "r" && s.rel.kind != "p":
		kind := map[string]string{"v": "a view", "m": "a materialized view", "f": "a foreign table"}[s.rel.kind]
		return fmt.Errorf("`%s` is %s, not a plain table", s.rel.name, kind)
	}
	if err := s.hold(ctx, dry); err != nil {
		return err
	}
	s.target = s.rel.name
	table, err := s.conn.table(ctx, s.rel)
	if err != nil {
		return err
	}
	if s.load.Mode == sqldb.Replace {
		return s.planReplace(ctx, table)
	}
	s.plan, err = sqldb.NewPlan(s.sql, s.load, s.in, s.target, table)
	return err
}

// hold keeps the table as it is until the transaction ends. A COPY in binary would take
// the bytes of one type for those of another.
func (s *sink) hold(ctx context.Context, dry bool) (err error) {
	if dry {
		return nil
	}
	how := "ROW EXCLUSIVE"
	if s.load.Mode == sqldb.Replace { // one at a time: two would wait for each other in the end
		how = "SHARE UPDATE EXCLUSIVE"
	}
	if err := s.conn.exec(ctx, "LOCK TABLE ONLY "+s.sql.Table(s.rel.name)+" IN "+how+" MODE"); err != nil {
		return err
	}
	s.rel, err = s.conn.find(ctx, s.rel.name) // as it is now
	return err
}

// compareNew plans for a table that is not there.
func (s *sink) compareNew(ctx context.Context, name sqldb.Name) (err error) {
	if !s.newSchema {
		if name.Schema, err = s.conn.schema(ctx, name.Schema); err != nil {
			return err
		}
	}
	s.target = name
	if s.plan, err = sqldb.NewPlan(s.sql, s.load, s.in, name, nil); err == nil && s.newSchema {
		s.plan.Changes = append([]string{s.createSchema(name)}, s.plan.Changes...)
	}
	return err
}

func (s *sink) createSchema(n sqldb.Name) string { return "CREATE SCHEMA " + s.sql.Ident(n.Schema) }

// makeSchema makes the schema of a new table before the transaction: several runs that need it
// must not wait for each other's end. A run that fails leaves it behind, empty. What a flow does before, it
// does itself.
func (s *sink) makeSchema(ctx context.Context, dry bool) error {
	name, err := s.sql.ParseName(s.req.Table)
	if err != nil || name.Schema == "" || s.load.Create == sqldb.CreateNever || !s.load.Adds() || len(s.req.Before) > 0 {
		return err
	}
	_, there, err := s.conn.schemaOf(ctx, name.Schema)
	if s.newSchema = err == nil && !there; !s.newSchema || dry {
		return err
	}
	err = s.conn.exec(ctx, s.createSchema(name))
	if isCode(err, "42P06", "23505") { // another run was faster
		s.newSchema, err = false, nil
	}
	return err
}

// stateTable notes that our own table is going to be made.
func (s *sink) stateTable(ctx context.Context) error {
	there, err := s.conn.exists(ctx, s.sql, s.target.Beside(sqldb.StateTable))
	if err == nil && !there {
		s.plan.Changes = append(s.plan.Changes, sqldb.CreateState(s.sql, s.target))
	}
	return err
}

// limits counts the rows that a guard compares with.
func (s *sink) limits(ctx context.Context) error {
	if s.req.MaxShrink == nil || s.rel.oid == "" {
		return nil
	}
	n, err := s.count(ctx, "SELECT count(*) FROM "+s.sql.Table(s.target))
	s.before = n
	return err
}

func (s *sink) count(ctx context.Context, sql string) (int64, error) {
	n, _, err := s.conn.one(ctx, sql)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(n, 10, 64)
}

// Commit changes what is left to change, notes the run and commits.
func (s *sink) Commit(ctx context.Context, ses *connector.Session, _ []connector.Receipt, st connector.State) (*connector.Result, error) {
	if s.conn == nil {
		return s.committed(ctx, ses, st)
	}
	if err := s.finish(ctx, st); err != nil {
		return nil, s.fail(err)
	}
	err := s.conn.exec(ctx, "COMMIT")
	lost := s.conn.pg.IsClosed()
	s.Close()
	switch {
	case err == nil:
		return &s.result, nil
	case !lost:
		return nil, s.fail(err)
	}
	// The answer is lost, and with it whether the server has committed.
	res, again := s.committed(ctx, ses, st)
	if again != nil {
		return nil, s.fail(fmt.Errorf("commit: %w", errors.Join(err, again)))
	}
	s.result.Outputs = res.Outputs
	return &s.result, nil
}

// finish does everything but the commit.
func (s *sink) finish(ctx context.Context, st connector.State) error {
	if !s.conn.inTransaction() {
		return errors.New("the server has rolled the transaction back")
	}
	if err := s.complete(ctx); err != nil {
		return err
	}
	if err := s.statements(ctx, "after", s.req.After); err != nil {
		return err
	}
	return s.conn.storeState(ctx, s.sql, s.target, st)
}

// complete changes the tables once all rows are in.
func (s *sink) complete(ctx context.Context) error {
	s.result.Outputs = []string{s.label()}
	switch s.plan.Mode {
	case sqldb.Mirror:
		if err := s.deleteMissing(ctx); err != nil {
			return err
		}
	case sqldb.Replace:
		if err := s.plan.CheckShrink(s.before, s.rows); err != nil {
			return err
		}
	case sqldb.Update, sqldb.Delete:
		return s.conn.exec(ctx, "SET LOCAL enable_hashjoin = DEFAULT; SET LOCAL enable_mergejoin = DEFAULT")
	}
	if s.replace != nil {
		return s.replace.swap(ctx, s.conn)
	}
	return nil
}

// deleteMissing is the second half of a mirror.
func (s *sink) deleteMissing(ctx context.Context) error {
	if err := s.conn.exec(ctx, "ANALYZE "+keysTable); err != nil {
		return err
	}
	if s.req.MaxShrink != nil {
		now, err := s.count(ctx, "SELECT count(*) FROM "+s.sql.Table(s.target))
		if err != nil {
			return err
		}
		gone, err := s.count(ctx, s.plan.CountMissing(s.sql, keysTable))
		if err != nil {
			return err
		}
		if err := s.plan.CheckShrink(s.before, now-gone); err != nil {
			return err
		}
	}
	n, err := s.conn.execCount(ctx, s.plan.DeleteMissing(s.sql, keysTable))
	s.result.Deleted = n
	return err
}

// committed finds out whether the run of a process that died is visible. Whatever it left behind on
// the server ends first, so that the answer holds.
func (s *sink) committed(ctx context.Context, ses *connector.Session, st connector.State) (*connector.Result, error) {
	c, spec, err := s.recover(ctx, ses)
	if err != nil {
		return nil, s.fail(err)
	}
	defer c.close()
	_, run, err := c.state(ctx, s.sql, spec.Target, st.Flow)
	switch {
	case err != nil:
		return nil, s.fail(err)
	case run != st.Run:
		return nil, s.fail(connector.ErrNothingStaged)
	}
	return &connector.Result{Inserted: -1, Updated: -1, Deleted: -1, Outputs: []string{s.label()}}, nil
}

// recover connects and ends the backend of ses.
func (s *sink) recover(ctx context.Context, ses *connector.Session) (*conn, session, error) {
	var spec session
	if err := json.Unmarshal(ses.Spec, &spec); err != nil {
		return nil, spec, fmt.Errorf("session: %w", err)
	}
	c, err := s.at.connect(ctx, false)
	if err != nil {
		return nil, spec, err
	}
	if err := c.endBackend(ctx, spec); err != nil {
		c.close()
		return nil, spec, err
	}
	return c, spec, nil
}

// endBackend ends the backend of a session, if it still runs, and waits until it is gone.
func (c *conn) endBackend(ctx context.Context, spec session) error {
	const find = " FROM pg_catalog.pg_stat_activity WHERE pid = $1::int4 AND backend_start::text = $2"
	if spec.Backend == "" {
		return nil
	}
	deadline := time.Now().Add(endPatience)
	sql := "SELECT pg_terminate_backend(pid)" + find
	for {
		rows, err := c.query(ctx, sql, &spec.Backend, &spec.Started)
		if err != nil || len(rows) == 0 {
			return err
		}
		if time.Now().After(deadline) {
			return connector.Mark(fmt.Errorf("the backend %s of the run that died does not end", spec.Backend), connector.ErrUnreachable)
		}
		sql = "SELECT 1" + find
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(endPause):
		}
	}
}

// endPatience is how long a backend may take to end, endPause how often we look.
const (
	endPatience = 20 * time.Second
	endPause    = 20 * time.Millisecond
)

// Abort rolls back: here, or on the server for a process that died or a connection that broke.
func (s *sink) Abort(ctx context.Context, ses *connector.Session, _ []connector.Receipt) error {
	own, broken := s.own == ses.ID, s.conn != nil && s.conn.pg.IsClosed()
	s.Close()
	if own && !broken {
		return nil
	}
	c, _, err := s.recover(ctx, ses)
	switch {
	case err == nil:
		c.close()
	case !own:
		return s.fail(err)
	}
	return nil // what we cannot reach, the server undoes when it notices
}

// Close rolls back what is not committed.
func (s *sink) Close() error {
	if s.conn != nil {
		s.conn.close()
		s.conn = nil
	}
	return nil
}
