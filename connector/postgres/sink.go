package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// sink loads a table in one transaction.
type sink struct {
	sqldb.Sink
	at *server

	conn      *conn    // with the transaction open; nil before Prepare and after Commit
	own       string   // the run that was prepared here
	rel       relation // the table, when it is there
	target    sqldb.Name
	replace   *replacement // of a table that exists
	inPlace   bool         // a replace that empties the table instead
	cells     []cellEncoder
	newSchema bool // the table's schema is not there, or was made for it
	staged    bool // rows go through a temporary table
}

func newSink(at *server, req connector.SinkRequest) *sink {
	return &sink{at: at, Sink: sqldb.Sink{Connection: at.name, Req: req, Dialect: dialect()}}
}

// session is the Spec of a session: the backend that has the transaction, and where its state lies.
type session struct {
	Backend string     `json:"backend"`
	Started string     `json:"started"` // since a backend's number comes again
	Target  sqldb.Name `json:"target"`
}

// Prepare plans the load and, unless dry, begins the transaction: the statements of
// `before`, then the tables.
func (s *sink) Prepare(ctx context.Context, in *record.Schema, run connector.Run, dry bool) (*connector.Session, error) {
	s.In = in
	ses := &connector.Session{ID: run.ID}
	err := s.prepare(ctx, ses, run, dry)
	if err != nil || dry {
		s.Close()
	}
	if err != nil {
		return nil, s.Fail(err)
	}
	return ses, nil
}

func (s *sink) prepare(ctx context.Context, ses *connector.Session, run connector.Run, dry bool) (err error) {
	if s.Load, err = sqldb.NewLoad(s.Dialect, s.Req, s.In); err != nil {
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
	if ses.Cursor, _, err = s.conn.state(ctx, s.Dialect, s.target, run.Flow); err != nil {
		return err
	}
	if err := s.stateTable(ctx); err != nil {
		return err
	}
	ses.Changes, ses.Notes = s.Plan.Changes, s.Plan.Notes
	if err := s.Limits(ctx, s.conn.query); err != nil || dry {
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
		spec.Backend, spec.Started = row[0][0].S, row[0][1].S
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
	return s.statements(ctx, "before", s.Req.Before)
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
	name, err := s.Dialect.ParseName(s.Req.Table)
	if err != nil {
		return err
	}
	s.rel, err = s.conn.find(ctx, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := s.MayCreate(err); err != nil {
			return err
		}
		return s.compareNew(ctx, name)
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
	if s.Load.Mode == sqldb.Replace {
		return s.planReplace(ctx, table)
	}
	s.Plan, err = sqldb.NewPlan(s.Dialect, s.Load, s.In, s.target, table)
	return err
}

// hold keeps the table as it is until the transaction ends. A COPY in binary would take
// the bytes of one type for those of another.
func (s *sink) hold(ctx context.Context, dry bool) (err error) {
	if dry {
		return nil
	}
	table, how := s.Dialect.Table(s.rel.name), "ROW EXCLUSIVE"
	if s.Load.Mode == sqldb.Replace { // one at a time: two would wait for each other in the end
		how = "SHARE UPDATE EXCLUSIVE"
	}
	err = s.conn.exec(ctx, "SAVEPOINT "+holdPoint+"; LOCK TABLE ONLY "+table+" IN "+how+" MODE; RELEASE SAVEPOINT "+holdPoint)
	if isCode(err, "42501") && s.Load.Mode != sqldb.Replace {
		// It takes a right on the whole table, and the login may have some on columns. The server
		// takes the lock of an INSERT when it parses one, before it looks at rights.
		if err = s.conn.exec(ctx, "ROLLBACK TO SAVEPOINT "+holdPoint+"; RELEASE SAVEPOINT "+holdPoint); err == nil {
			_, err = s.conn.describe(ctx, "INSERT INTO "+table+" DEFAULT VALUES")
		}
	}
	if err != nil {
		return err
	}
	s.rel, err = s.conn.find(ctx, s.rel.name) // as it is now
	return err
}

// holdPoint is the savepoint before the table's lock.
const holdPoint = sqldb.OwnPrefix + "hold"

// compareNew plans for a table that is not there.
func (s *sink) compareNew(ctx context.Context, name sqldb.Name) (err error) {
	if !s.newSchema {
		if name.Schema, err = s.conn.schema(ctx, name.Schema); err != nil {
			return err
		}
	}
	s.target = name
	if s.Plan, err = sqldb.NewPlan(s.Dialect, s.Load, s.In, name, nil); err == nil && s.newSchema {
		s.Plan.Changes = append([]string{s.createSchema(name)}, s.Plan.Changes...)
	}
	return err
}

func (s *sink) createSchema(n sqldb.Name) string { return "CREATE SCHEMA " + s.Dialect.Ident(n.Schema) }

// makeSchema makes the schema of a new table before the transaction: several runs that need it
// must not wait for each other's end. A run that fails leaves it behind, empty. What a flow does before, it
// does itself.
func (s *sink) makeSchema(ctx context.Context, dry bool) error {
	name, err := s.Dialect.ParseName(s.Req.Table)
	if err != nil || name.Schema == "" || s.Load.Create == sqldb.CreateNever || !s.Load.Adds() || len(s.Req.Before) > 0 {
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
	there, err := s.conn.exists(ctx, s.Dialect, s.target.Beside(sqldb.StateTable))
	if err == nil && !there {
		s.Plan.Changes = append(s.Plan.Changes, sqldb.CreateState(s.Dialect, s.target))
	}
	return err
}

// Commit changes what is left to change, notes the run and commits.
func (s *sink) Commit(ctx context.Context, ses *connector.Session, _ []connector.Receipt, st connector.State) (*connector.Result, error) {
	if s.conn == nil {
		return s.committed(ctx, ses, st)
	}
	if err := s.finish(ctx, st); err != nil {
		return nil, s.Fail(err)
	}
	err := s.conn.exec(ctx, "COMMIT")
	lost := s.conn.pg.IsClosed()
	s.Close()
	return s.Ended(err, lost, func() (*connector.Result, error) { return s.committed(ctx, ses, st) })
}

// finish does everything but the commit.
func (s *sink) finish(ctx context.Context, st connector.State) error {
	if !s.conn.inTransaction() {
		return errors.New("the server has rolled the transaction back")
	}
	if err := s.complete(ctx); err != nil {
		return err
	}
	if err := s.statements(ctx, "after", s.Req.After); err != nil {
		return err
	}
	return s.conn.storeState(ctx, s.Dialect, s.target, st)
}

// complete changes the tables once all rows are in.
func (s *sink) complete(ctx context.Context) error {
	switch s.Plan.Mode {
	case sqldb.Mirror:
		if err := s.conn.exec(ctx, "ANALYZE "+keysTable); err != nil {
			return err
		}
		if err := s.DeleteMissing(ctx, s.conn.query, s.conn.execCount, keysTable); err != nil {
			return err
		}
	case sqldb.Replace:
		if err := s.CheckReplaced(); err != nil {
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

// committed finds out whether the run of a process that died is visible. Whatever it left behind on
// the server ends first, so that the answer holds.
func (s *sink) committed(ctx context.Context, ses *connector.Session, st connector.State) (*connector.Result, error) {
	c, spec, err := s.recover(ctx, ses)
	if err != nil {
		return nil, s.Fail(err)
	}
	defer c.close()
	_, run, err := c.state(ctx, s.Dialect, spec.Target, st.Flow)
	if err != nil {
		return nil, s.Fail(err)
	}
	res, err := s.Found(run, st)
	return res, s.Fail(err)
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
		return s.Fail(err)
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
