package mysql

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/sqldb"
)

// Kept implements connector.Keeper.
func (s *sink) Kept(ctx context.Context, flow string) (cursor json.RawMessage, run string, err error) {
	c, at, err := s.beside(ctx, true)
	if err != nil {
		return nil, "", s.Fail(err)
	}
	defer c.close()
	cursor, run, err = c.state(ctx, s.Dialect, at, flow)
	return cursor, run, s.Fail(err)
}

// Keep implements connector.Keeper.
func (s *sink) Keep(ctx context.Context, flow string, cursor json.RawMessage) error {
	c, at, err := s.beside(ctx, false)
	if err != nil {
		return s.Fail(err)
	}
	defer c.close()
	return s.Fail(s.keep(ctx, c, at, flow, cursor))
}

func (s *sink) keep(ctx context.Context, c *conn, at sqldb.Name, flow string, cursor json.RawMessage) error {
	if cursor == nil {
		_, err := c.query(ctx, sqldb.ForgetCursor(s.Dialect, at), &flow)
		if isError(err, errNoTable, errNoDatabase) {
			return nil
		}
		return err
	}
	_, run, err := c.state(ctx, s.Dialect, at, flow)
	if err != nil {
		return err
	}
	if err := c.createState(ctx, s.Dialect, at); err != nil {
		return err
	}
	return sqldb.StoreState(ctx, c.query, s.Dialect, at, connector.State{Flow: flow, Run: run, Cursor: cursor})
}

// beside connects, and finds where the table's cursors lie. Neither it nor they need be there.
func (s *sink) beside(ctx context.Context, readOnly bool) (*conn, sqldb.Name, error) {
	name, err := s.Dialect.ParseName(s.Req.Table)
	if err != nil {
		return nil, name, err
	}
	c, err := s.at.connect(ctx, readOnly)
	if err != nil {
		return nil, name, err
	}
	s.Dialect = dialect(c.flavour)
	rel, err := c.find(ctx, name)
	if err == nil {
		return c, rel.name, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		c.close()
		return nil, name, err
	}
	return c, c.whole(name), nil
}

// Position implements connector.Positioner.
func (s *source) Position(ctx context.Context, cursor, tie string) (json.RawMessage, error) {
	c, err := s.connected(ctx)
	if err != nil {
		return nil, s.Fail(err)
	}
	if s.Keyset != nil {
		cursor = s.bound(cursor)
	}
	p, err := s.PositionAt(ctx, c.strictly, cursor, tie)
	return p, s.Fail(err)
}
