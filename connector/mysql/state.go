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
	if isError(err, errNoTable) {
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

// storeState notes the run and, when it has one, its cursor, in the open transaction.
// Making the table would commit that, so another connection makes it.
func (s *sink) storeState(ctx context.Context, st connector.State) error {
	there, err := s.conn.exists(ctx, s.target.Beside(sqldb.StateTable))
	if err == nil && !there {
		err = s.createState(ctx)
	}
	if err != nil {
		return err
	}
	var cursor *string
	if st.Cursor != nil {
		text := string(st.Cursor)
		cursor = &text
	}
	at := time.Now().UTC().Format(time.RFC3339)
	_, err = s.conn.query(ctx, sqldb.WriteState(s.sql, s.target), &st.Flow, &st.Run, cursor, &at)
	return err
}

func (s *sink) createState(ctx context.Context) error {
	c, err := s.at.connect(ctx, false)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.exec(ctx, s.stateDDL()); err != nil && !isError(err, errTableExists) {
		return err
	}
	return nil
}

// stateDDL is the CREATE of the state table. A flow's name is told from others by its bytes.
func (s *sink) stateDDL() string {
	return sqldb.CreateState(s.sql, s.target) + tableOptions + " COLLATE utf8mb4_bin"
}
