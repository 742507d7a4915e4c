package mysql

import (
	"context"
	"encoding/json"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/sqldb"
)

// state is what is stored of a flow beside target: its cursor, nil for none, and its last
// committed run, "" for none.
func (c *conn) state(ctx context.Context, d *sqldb.Dialect, target sqldb.Name, flow string) (cursor json.RawMessage, run string, err error) {
	cursor, run, err = sqldb.State(ctx, c.query, d, target, flow)
	if isError(err, errNoTable, errNoDatabase) {
		err = nil
	}
	return cursor, run, err
}

// createState makes the state table, if it is not there. That commits what is open.
func (c *conn) createState(ctx context.Context, d *sqldb.Dialect, target sqldb.Name) error {
	there, err := c.exists(ctx, target.Beside(sqldb.StateTable))
	if err != nil || there {
		return err
	}
	if err := c.exec(ctx, sqldb.CreateState(d, target)); err != nil && !isError(err, errTableExists) {
		return err
	}
	return nil
}

// note notes the run in the open transaction. Making the table would commit that, so
// another connection makes it.
func (s *sink) note(ctx context.Context, st connector.State) error {
	there, err := s.conn.exists(ctx, s.target.Beside(sqldb.StateTable))
	if err != nil {
		return err
	}
	if !there {
		c, err := s.at.connect(ctx, false)
		if err != nil {
			return err
		}
		err = c.createState(ctx, s.Dialect, s.target)
		c.close()
		if err != nil {
			return err
		}
	}
	return sqldb.StoreState(ctx, s.conn.query, s.Dialect, s.target, st)
}
