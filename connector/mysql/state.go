package mysql

import (
	"context"
	"encoding/json"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/sqldb"
)

// state is what is stored of a flow beside target: its cursor, nil for none, and its last
// committed run, "" for none.
func (c *conn) state(ctx context.Context, d *sqldb.Dialect, target sqldb.Name, flow string) (cursor json.RawMessage, run string, err error) {
	rows, err := c.query(ctx, sqldb.ReadState(d, target), &flow)
	if isError(err, errNoTable, errNoDatabase) {
		return nil, "", nil
	}
	if err != nil || len(rows) == 0 {
		return nil, "", err
	}
	if !rows[0][1].null {
		cursor = json.RawMessage(rows[0][1].s)
	}
	return cursor, rows[0][0].s, nil
}

// storeState notes the run and, when it has one, its cursor, in the table that is there.
func (c *conn) storeState(ctx context.Context, d *sqldb.Dialect, target sqldb.Name, st connector.State) error {
	var cursor *string
	if st.Cursor != nil {
		text := string(st.Cursor)
		cursor = &text
	}
	at := time.Now().UTC().Format(time.RFC3339)
	_, err := c.query(ctx, sqldb.WriteState(d, target), &st.Flow, &st.Run, cursor, &at)
	return err
}

// createState makes the state table, if it is not there. That commits what is open.
func (c *conn) createState(ctx context.Context, d *sqldb.Dialect, target sqldb.Name) error {
	there, err := c.exists(ctx, target.Beside(sqldb.StateTable))
	if err != nil || there {
		return err
	}
	if err := c.exec(ctx, stateDDL(d, target)); err != nil && !isError(err, errTableExists) {
		return err
	}
	return nil
}

// stateDDL is the CREATE of the state table. A flow's name is told from others by its bytes.
func stateDDL(d *sqldb.Dialect, target sqldb.Name) string {
	return sqldb.CreateState(d, target) + tableOptions + " COLLATE utf8mb4_bin"
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
		err = c.createState(ctx, s.sql, s.target)
		c.close()
		if err != nil {
			return err
		}
	}
	return s.conn.storeState(ctx, s.sql, s.target, st)
}
