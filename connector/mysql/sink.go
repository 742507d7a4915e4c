package mysql

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// sink loads a table in one transaction.
type sink struct {
	at  *server
	req connector.SinkRequest
	sql *sqldb.Dialect

	conn   *conn  // with the transaction open; nil before Prepare and after Commit
	own    string // the run that was prepared here
	spec   session
	in     *record.Schema
	load   *sqldb.Load
	plan   *sqldb.Plan
	rel    relation // the table, when it is there
	target sqldb.Name
	cells  []cellEncoder
	staged bool  // rows go through a temporary table
	empty  bool  // what is there goes before the rows come
	made   bool  // spec.Made may be there
	before int64 // rows of the table, when there is a guard
	result connector.Result
	rows   int64 // sealed
}

func newSink(at *server, req connector.SinkRequest) *sink {
	return &sink{at: at, req: req, sql: dialect(flavour{})}
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
	Flow   string     `json:"flow"`
	Run    string     `json:"run"`
	Lock   string     `json:"lock"` // held by the connection that has the transaction
	Target sqldb.Name `json:"target"`
	Made   string     `json:"made,omitempty"` // a table beside Target, or Target, that this session has made
}

// Prepare plans the load and, unless dry, makes and changes tables and begins the
// transaction with the statements of `before`.
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
	if s.conn, err = s.at.connect(ctx, dry); err != nil {
		return err
	}
	s.sql = dialect(s.conn.flavour)
	if s.load, err = sqldb.NewLoad(s.sql, s.req, s.in); err != nil {
		return err
	}
	if s.target, err = s.sql.ParseName(s.req.Table); err != nil {
		return err
	}
	s.target = s.conn.whole(s.target)
	s.spec = session{Flow: run.Flow, Run: run.ID, Lock: lockName("run", run.Flow, run.ID), Target: s.target}
	if !dry {
		if err := s.lock(ctx, run); err != nil {
			return err
		}
		if err := s.conn.tidy(ctx, s.sql, s.target, run.Flow); err != nil {
			return err
		}
	}
	if err := s.compare(ctx); err != nil {
		return err
	}
	s.spec.Target = s.target
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
	ses.Spec, err = json.Marshal(s.spec)
	return err
}

// lock takes the flow's lock, so that two runs of a flow do not write at the same time,
// whatever machines they are on, and the lock by which others find this connection.
func (s *sink) lock(ctx context.Context, run connector.Run) error {
	wait := strconv.Itoa(max(1, int(s.at.cfg.LockTimeout.Seconds())))
	for _, name := range []string{lockName("flow", run.Flow, s.at.cfg.Database), s.spec.Lock} {
		got, _, err := s.conn.one(ctx, "SELECT GET_LOCK("+literal(name)+", "+wait+")")
		if err != nil {
			return err
		}
		if got != "1" {
			return connector.Transient(connector.Mark(fmt.Errorf("another run of the flow %s is writing to this server", run.Flow), connector.ErrUnreachable))
		}
	}
	return nil
}

// compare plans for the table there is, or for a new one.
func (s *sink) compare(ctx context.Context) (err error) {
	s.rel, err = s.conn.find(ctx, s.target)
	switch {
	case errors.Is(err, fs.ErrNotExist) && s.load.Create != sqldb.CreateNever:
		return s.planNew(ctx)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w, and `create: never` forbids to make it", err)
	case err != nil:
		return err
	case s.rel.view:
		return fmt.Errorf("`%s` is a view, not a plain table", s.rel.name)
	}
	s.target = s.rel.name
	undoes, err := s.conn.transactional(ctx, s.rel.engine)
	if err != nil {
		return err
	}
	if !undoes {
		return fmt.Errorf("`%s` is kept by the engine %s, which cannot undo what it did: no load into it is safe; ALTER TABLE %s ENGINE=InnoDB", s.rel.name, s.rel.engine, s.sql.Table(s.rel.name))
	}
	cols, err := s.conn.columns(ctx, s.rel)
	if err != nil {
		return err
	}
	table, err := s.conn.table(ctx, s.rel, cols)
	if err != nil {
		return err
	}
	s.sql.Widen = func(have sqldb.Column, f record.Field) string {
		t := columnNamed(cols, have.Name)
		if t == nil || t.counted || t.Generated {
			return ""
		}
		decl := t.info.widen(f, t.indexed)
		if decl != "" {
			decl += t.attributes
		}
		return decl
	}
	if s.load.Mode == sqldb.Replace {
		return s.planReplace(ctx, table)
	}
	s.empty = s.load.Mode == sqldb.Truncate
	s.plan, err = sqldb.NewPlan(s.sql, s.load, s.in, s.target, table)
	return err
}

// stateTable notes that our own table is going to be made.
func (s *sink) stateTable(ctx context.Context) error {
	there, err := s.conn.exists(ctx, s.target.Beside(sqldb.StateTable))
	if err == nil && !there {
		s.plan.Changes = append(s.plan.Changes, stateDDL(s.sql, s.target))
	}
	return err
}

// limits counts the rows that a guard compares with.
func (s *sink) limits(ctx context.Context) error {
	if s.req.MaxShrink == nil || s.rel.name.Table == "" {
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

// Commit changes what is left to change, notes the run, commits, and gives a new table its
// name.
func (s *sink) Commit(ctx context.Context, ses *connector.Session, _ []connector.Receipt, st connector.State) (*connector.Result, error) {
	if s.conn == nil {
		return s.committed(ctx, ses, st)
	}
	if err := s.finish(ctx, st); err != nil {
		return nil, s.fail(err)
	}
	c := s.conn
	err := c.exec(ctx, "COMMIT")
	if err == nil {
		err = c.swap(ctx, s.sql, s.spec)
	}
	lost := c.broken
	s.leave()
	switch {
	case err == nil:
		s.made = false
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
	}
	if err := s.statements(ctx, "after", s.req.After); err != nil {
		return err
	}
	if err := s.note(ctx, st); err != nil {
		return err
	}
	return s.open(ctx)
}

// deleteMissing is the second half of a mirror.
func (s *sink) deleteMissing(ctx context.Context) error {
	if s.req.MaxShrink != nil {
		now, err := s.count(ctx, "SELECT count(*) FROM "+s.sql.Table(s.plan.Into))
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

// committed finds out whether the run of a process that died is visible, and makes it so
// if only the new table's name was left to do. Whatever the run left behind on the
// server ends first, so that the answer holds.
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
	if err := c.swap(ctx, s.sql, spec); err != nil {
		return nil, s.fail(err)
	}
	return &connector.Result{Inserted: -1, Updated: -1, Deleted: -1, Outputs: []string{s.label()}}, nil
}

// recover connects and ends the connection of ses.
func (s *sink) recover(ctx context.Context, ses *connector.Session) (*conn, session, error) {
	var spec session
	if err := json.Unmarshal(ses.Spec, &spec); err != nil {
		return nil, spec, fmt.Errorf("session: %w", err)
	}
	c, err := s.at.connect(ctx, false)
	if err != nil {
		return nil, spec, err
	}
	s.sql = dialect(c.flavour)
	if err := c.endHolder(ctx, spec.Lock); err != nil {
		c.close()
		return nil, spec, err
	}
	return c, spec, nil
}

// Abort rolls back, and drops a table that was made.
func (s *sink) Abort(ctx context.Context, ses *connector.Session, _ []connector.Receipt) error {
	if s.own == ses.ID && !s.made {
		return s.Close()
	}
	s.leave()
	c, spec, err := s.recover(ctx, ses)
	if err != nil {
		return s.fail(err)
	}
	defer c.close()
	if err := c.drop(ctx, s.sql, spec); err != nil {
		return s.fail(err)
	}
	s.made = false
	return nil
}

// Close rolls back what is not committed. It drops the table that was made, if that is quickly done: the
// next run of the flow would.
func (s *sink) Close() error {
	c := s.conn
	s.leave()
	if c == nil || !s.made {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	if again, err := s.at.connect(ctx, false); err == nil {
		defer again.close()
		if again.endHolder(ctx, s.spec.Lock) == nil && again.drop(ctx, s.sql, s.spec) == nil {
			s.made = false
		}
	}
	return nil
}

// leave closes the connection: the server rolls back.
func (s *sink) leave() {
	if s.conn != nil {
		s.conn.close()
		s.conn = nil
	}
}
