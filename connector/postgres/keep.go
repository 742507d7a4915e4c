package postgres

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
	if err != nil || c == nil {
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
	if c == nil {
		if cursor == nil {
			return nil
		}
		return s.fail(fmt.Errorf("no schema `%s` to keep a cursor in", at.Schema))
	}
	defer c.close() // rolls back
	if err = c.exec(ctx, "BEGIN"); err == nil {
		err = s.keep(ctx, c, at, flow, cursor)
	}
	if err == nil {
		err = c.exec(ctx, "COMMIT")
	}
	return s.fail(err)
}

func (s *sink) keep(ctx context.Context, c *conn, at sqldb.Name, flow string, cursor json.RawMessage) error {
	_, run, err := c.state(ctx, s.sql, at, flow)
	switch {
	case err != nil:
		return err
	case cursor != nil:
		return c.storeState(ctx, s.sql, at, connector.State{Flow: flow, Run: run, Cursor: cursor})
	}
	there, err := c.exists(ctx, s.sql, at.Beside(sqldb.StateTable))
	if err != nil || !there {
		return err
	}
	_, err = c.query(ctx, sqldb.ForgetCursor(s.sql, at), &flow)
	return err
}

// beside connects, and finds the schema of the table; the connection is nil when there is none.
func (s *sink) beside(ctx context.Context, readOnly bool) (*conn, sqldb.Name, error) {
	name, err := s.sql.ParseName(s.req.Table)
	if err != nil {
		return nil, name, err
	}
	c, err := s.at.connect(ctx, readOnly)
	if err != nil {
		return nil, name, err
	}
	rel, err := c.find(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		var there bool
		if name.Schema, there, err = c.schemaOf(ctx, name.Schema); err == nil && there {
			return c, name, nil
		}
	}
	if err != nil || rel.oid == "" {
		c.close()
		return nil, name, err
	}
	return c, rel.name, nil
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
	if m.Cursor, err = c.typed(ctx, s.keyset.Cursor, cursor); err == nil && tie != "" {
		m.Tie = new(string)
		*m.Tie, err = c.typed(ctx, s.keyset.Tie, tie)
	}
	if err != nil {
		return nil, s.fail(err)
	}
	p, err := s.position(ctx, c, m)
	return p, s.fail(err)
}

// typed is a value as the server writes it, which must be one of the column's type.
func (c *conn) typed(ctx context.Context, t sqldb.Term, value string) (string, error) {
	if t.Column == "" {
		return "", errors.New("the flow has no tie_breaker")
	}
	cast := t.Cast
	if cast == "" {
		cast = "%s::text"
	}
	text, _, err := c.one(ctx, "SELECT ("+fmt.Sprintf(cast, "$1")+")::text", &value)
	if err != nil {
		return "", fmt.Errorf("`%s`: %w", t.Column, err)
	}
	return text, nil
}
