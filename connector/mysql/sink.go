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
	sqldb.Sink
	at *server

	conn   *conn  // with the transaction open; nil before Prepare and after Commit
	own    string // the run that was prepared here
	spec   session
	rel    relation // the table, when it is there
	target sqldb.Name
	cells  []cellEncoder
	staged bool // rows go through a temporary table
	empty  bool // what is there goes before the rows come
	made   bool // spec.Made may be there
}

func newSink(at *server, req connector.SinkRequest) *sink {
	return &sink{at: at, Sink: sqldb.Sink{Connection: at.name, Req: req, Dialect: dialect(flavour{})}}
}

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
	if s.conn, err = s.at.connect(ctx, dry); err != nil {
		return err
	}
	s.Dialect = dialect(s.conn.flavour)
	if s.Load, err = sqldb.NewLoad(s.Dialect, s.Req, s.In); err != nil {
		return err
	}
	if s.target, err = s.Dialect.ParseName(s.Req.Table); err != nil {
		return err
	}
	s.target = s.conn.whole(s.target)
	s.spec = session{Flow: run.Flow, Run: run.ID, Lock: lockName("run", run.Flow, run.ID), Target: s.target}
	if !dry {
		if err := s.lock(ctx, run); err != nil {
			return err
		}
		if err := s.conn.tidy(ctx, s.Dialect, s.target, run.Flow); err != nil {
			return err
		}
	}
	if err := s.compare(ctx); err != nil {
		return err
	}
	s.spec.Target = s.target
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
	case errors.Is(err, fs.ErrNotExist):
		if err := s.MayCreate(err); err != nil {
			return err
		}
		return s.planNew(ctx)
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
		return fmt.Errorf("`%s` is kept by the engine %s, which cannot undo what it did: no load into it is safe; ALTER TABLE %s ENGINE=InnoDB", s.rel.name, s.rel.engine, s.Dialect.Table(s.rel.name))
	}
	cols, err := s.conn.columns(ctx, s.rel)
	if err != nil {
		return err
	}
	table, err := s.conn.table(ctx, s.rel, cols)
	if err != nil {
		return err
	}
	s.Dialect.Widen = func(have sqldb.Column, f record.Field) string {
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
	if s.Load.Mode == sqldb.Replace {
		return s.planReplace(ctx, table)
	}
	s.empty = s.Load.Mode == sqldb.Truncate
	s.Plan, err = sqldb.NewPlan(s.Dialect, s.Load, s.In, s.target, table)
	return err
}

// stateTable notes that our own table is going to be made.
func (s *sink) stateTable(ctx context.Context) error {
	there, err := s.conn.exists(ctx, s.target.Beside(sqldb.StateTable))
	if err == nil && !there {
		s.Plan.Changes = append(s.Plan.Changes, sqldb.CreateState(s.Dialect, s.target))
	}
	return err
}

// Commit changes what is left to change, notes the run, commits, and gives a new table its
// name.
func (s *sink) Commit(ctx context.Context, ses *connector.Session, _ []connector.Receipt, st connector.State) (*connector.Result, error) {
	if s.conn == nil {
		return s.committed(ctx, ses, st)
	}
	if err := s.finish(ctx, st); err != nil {
		return nil, s.Fail(err)
	}
	c := s.conn
	err := c.exec(ctx, "COMMIT")
	if err == nil {
		err = c.swap(ctx, s.Dialect, s.spec)
	}
	lost := c.broken
	s.leave()
	s.made = s.made && err != nil
	return s.Ended(err, lost, func() (*connector.Result, error) { return s.committed(ctx, ses, st) })
}

// finish does everything but the commit.
func (s *sink) finish(ctx context.Context, st connector.State) error {
	switch s.Plan.Mode {
	case sqldb.Mirror:
		if err := s.DeleteMissing(ctx, s.conn.query, s.conn.execCount, keysTable); err != nil {
			return err
		}
	case sqldb.Replace:
		if err := s.CheckReplaced(); err != nil {
			return err
		}
	}
	if err := s.statements(ctx, "after", s.Req.After); err != nil {
		return err
	}
	if err := s.note(ctx, st); err != nil {
		return err
	}
	return s.open(ctx)
}

// committed finds out whether the run of a process that died is visible, and makes it so
// if only the new table's name was left to do. Whatever the run left behind on the
// server ends first, so that the answer holds.
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
	if err == nil {
		err = c.swap(ctx, s.Dialect, spec)
	}
	return res, s.Fail(err)
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
	s.Dialect = dialect(c.flavour)
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
		return s.Fail(err)
	}
	defer c.close()
	if err := c.drop(ctx, s.Dialect, spec); err != nil {
		return s.Fail(err)
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
		if again.endHolder(ctx, s.spec.Lock) == nil && again.drop(ctx, s.Dialect, s.spec) == nil {
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
