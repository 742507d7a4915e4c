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
	if c == nil {
		if cursor == nil {
			return nil
		}
		return s.Fail(fmt.Errorf("no schema `%s` to keep a cursor in", at.Schema))
	}
	defer c.close() // rolls back
	if err = c.exec(ctx, "BEGIN"); err == nil {
		err = s.keep(ctx, c, at, flow, cursor)
	}
	if err == nil {
		err = c.exec(ctx, "COMMIT")
	}
	return s.Fail(err)
}

func (s *sink) keep(ctx context.Context, c *conn, at sqldb.Name, flow string, cursor json.RawMessage) error {
	_, run, err := c.state(ctx, s.Dialect, at, flow)
	switch {
	case err != nil:
		return err
	case cursor != nil:
		return c.storeState(ctx, s.Dialect, at, connector.State{Flow: flow, Run: run, Cursor: cursor})
	}
	there, err := c.exists(ctx, s.Dialect, at.Beside(sqldb.StateTable))
	if err != nil || !there {
		return err
	}
	_, err = c.query(ctx, sqldb.ForgetCursor(s.Dialect, at), &flow)
	return err
}

// beside connects, and finds the schema of the table; the connection is nil when there is none.
func (s *sink) beside(ctx context.Context, readOnly bool) (*conn, sqldb.Name, error) {
	name, err := s.Dialect.ParseName(s.Req.Table)
	if err != nil {
		return nil, name, err
	}
	c, err := s.at.connect(ctx, readOnly)
	if err != nil {
		return nil, name, err
	}
	rel, err := c.find(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		var schema string
		var there bool
		if schema, there, err = c.schemaOf(ctx, name.Schema); err == nil && there {
			return c, sqldb.Name{Schema: schema, Table: name.Table}, nil
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
	c, err := s.connected(ctx)
	if err != nil {
		return nil, s.Fail(err)
	}
	p, err := s.PositionAt(ctx, c.query, cursor, tie)
	return p, s.Fail(err)
}
