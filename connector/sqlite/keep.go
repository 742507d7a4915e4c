package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/sqldb"
)

// Kept implements connector.Keeper.
func (s *sink) Kept(ctx context.Context, flow string) (cursor json.RawMessage, run string, err error) {
	d, err := s.at.openExisting(ctx, readOnly)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	defer d.close()
	cursor, run, err = d.state(ctx, flow)
	return cursor, run, s.Fail(err)
}

// Keep implements connector.Keeper.
func (s *sink) Keep(ctx context.Context, flow string, cursor json.RawMessage) error {
	d, err := s.at.openExisting(ctx, readWrite)
	if errors.Is(err, fs.ErrNotExist) && cursor == nil {
		return nil
	}
	if err != nil {
		return err
	}
	defer d.close() // rolls back
	if err := d.patiently(ctx, func() error { return d.exec(ctx, "BEGIN IMMEDIATE") }); err != nil {
		return s.Fail(err)
	}
	if err := d.keep(ctx, flow, cursor); err != nil {
		return s.Fail(err)
	}
	return s.Fail(d.patiently(ctx, func() error { return d.exec(ctx, "COMMIT") }))
}

func (d *db) keep(ctx context.Context, flow string, cursor json.RawMessage) error {
	_, run, err := d.state(ctx, flow)
	switch {
	case err != nil:
		return err
	case cursor != nil:
		return d.storeState(ctx, connector.State{Flow: flow, Run: run, Cursor: cursor})
	}
	there, err := d.hasTable(sqldb.StateTable)
	if err != nil || !there {
		return err
	}
	_, err = d.rows(sqldb.ForgetCursor(dialect(), sqldb.Name{}), &flow)
	return err
}

// Position implements connector.Positioner.
func (s *source) Position(_ context.Context, cursor, tie string) (json.RawMessage, error) {
	inc := s.Req.Incremental
	m := textMark(cursor)
	if inc == nil || m == nil {
		return nil, fmt.Errorf("read %s: it is not read by a cursor, or the cursor is empty", s.Label())
	}
	values := map[string]string{inc.Cursor: cursor}
	if tie != "" && inc.TieBreaker == "" {
		return nil, fmt.Errorf("read %s: the flow has no tie_breaker", s.Label())
	}
	if tie != "" {
		values[inc.TieBreaker] = tie
		m.Tie, m.By = &scalar{class: sqlite3.SQLITE_TEXT, s: tie}, inc.TieBreaker
	}
	for column, value := range values {
		if i := s.Schema.Index(column); i >= 0 {
			if err := sqldb.CheckCursor(column, s.Schema.Fields[i].Type, value); err != nil {
				return nil, s.Fail(err)
			}
		}
	}
	return json.Marshal(m)
}
