package postgres

import (
	"context"
	"encoding/json"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/sqldb"
)

// exists reports whether there is a table of that name.
func (c *conn) exists(ctx context.Context, d *sqldb.Dialect, n sqldb.Name) (bool, error) {
	quoted := d.Table(n)
	_, ok, err := c.one(ctx, "SELECT to_regclass($1)", &quoted)
	return ok, err
}

// state is what is stored of a flow beside target: its cursor, nil for none, and its last
// committed run, "" for none.
func (c *conn) state(ctx context.Context, d *sqldb.Dialect, target sqldb.Name, flow string) (cursor json.RawMessage, run string, err error) {
	there, err := c.exists(ctx, d, target.Beside(sqldb.StateTable))
	if err != nil || !there {
		return nil, "", err
	}
	return sqldb.State(ctx, c.query, d, target, flow)
}

// storeState notes the run and, when it has one, its cursor.
func (c *conn) storeState(ctx context.Context, d *sqldb.Dialect, target sqldb.Name, st connector.State) error {
	there, err := c.exists(ctx, d, target.Beside(sqldb.StateTable))
	if err == nil && !there {
		err = c.createState(ctx, d, target)
	}
	if err != nil {
		return err
	}
	return sqldb.StoreState(ctx, c.query, d, target, st)
}

// createState makes the table, unless another flow just did: it waits for that one.
func (c *conn) createState(ctx context.Context, d *sqldb.Dialect, target sqldb.Name) error {
	key := "headgate state " + target.Schema
	if _, err := c.query(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", &key); err != nil {
		return err
	}
	// What to_regclass said a moment ago it says again, although the other one has committed.
	name := sqldb.StateTable
	_, there, err := c.one(ctx, `SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2`, &target.Schema, &name)
	if err != nil || there {
		return err
	}
	return c.exec(ctx, sqldb.CreateState(d, target))
}
