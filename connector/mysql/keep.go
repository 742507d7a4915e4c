package mysql

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/sqldb"
)

// Kept implements connector.Keeper.
func (s *sink) Kept(ctx context.Context, flow string) (cursor json.RawMessage, run string, err error) {
	c, at, err := s.beside(ctx, true)
	if err != nil {
		return nil, "", s.fail(err)
	}
	defer c.close()
	cursor, run, err = c.state(ctx, s.sql, at, flow)
	return cursor, run, s.fail(err)
}

// Keep implements connector.Keeper.
func (s *sink) Keep(ctx context.Context, flow string, cursor json.RawMessage) error {
	c, at, err := s.beside(ctx, false)
	if err != nil {
		return s.fail(err)
	}
	defer c.close()
	return s.fail(s.keep(ctx, c, at, flow, cursor))
}

func (s *sink) keep(ctx context.Context, c *conn, at sqldb.Name, flow string, cursor json.RawMessage) error {
	if cursor == nil {
		_, err := c.query(ctx, sqldb.ForgetCursor(s.sql, at), &flow)
		if isError(err, errNoTable, errNoDatabase) {
			return nil
		}
		return err
	}
	_, run, err := c.state(ctx, s.sql, at, flow)
	if err != nil {
		return err
	}
	if err := c.createState(ctx, s.sql, at); err != nil {
		return err
	}
	return c.storeState(ctx, s.sql, at, connector.State{Flow: flow, Run: run, Cursor: cursor})
}

// beside connects, and finds where the table's cursors lie. Neither it nor they need be there.
func (s *sink) beside(ctx context.Context, readOnly bool) (*conn, sqldb.Name, error) {
	name, err := s.sql.ParseName(s.req.Table)
	if err != nil {
		return nil, name, err
	}
	c, err := s.at.connect(ctx, readOnly)
	if err != nil {
		return nil, name, err
	}
	s.sql = dialect(c.flavour)
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
	if s.keyset == nil || cursor == "" {
		return nil, s.fail(errors.New("it is not read by a cursor, or the cursor is empty"))
	}
	c, err := s.connected(ctx)
	if err != nil {
		return nil, s.fail(err)
	}
	m := sqldb.Mark{}
	if m.Cursor, err = c.typed(ctx, s.keyset.Cursor, s.ordering[0], s.bound(cursor)); err == nil && tie != "" {
		if len(s.ordering) < 2 {
			return nil, s.fail(errors.New("the flow has no tie_breaker"))
		}
		m.Tie = new(string)
		*m.Tie, err = c.typed(ctx, s.keyset.Tie, s.ordering[1], tie)
	}
	if err != nil {
		return nil, s.fail(err)
	}
	p, err := s.position(ctx, c, m)
	return p, s.fail(err)
}

// typed is a value as the server writes it, which must be one of the column's type: what the
// server only makes one, with a warning, is none.
func (c *conn) typed(ctx context.Context, t sqldb.Term, o order, value string) (string, error) {
	text, ok, err := c.one(ctx, "SELECT "+fmt.Sprintf(o.text, "x.v")+" FROM (SELECT "+fmt.Sprintf(o.cast, "?")+" AS v) AS x", &value)
	if err != nil {
		return "", fmt.Errorf("`%s`: %w", t.Column, err)
	}
	warned, err := c.warning(ctx)
	if err != nil {
		return "", err
	}
	if !ok || warned != nil {
		return "", fmt.Errorf("`%s`: %q is not a value of it", t.Column, value)
	}
	return text, nil
}
