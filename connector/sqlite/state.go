package sqlite

import (
	"context"
	"encoding/json"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/sqldb"
)

func (d *db) hasTable(name string) (bool, error) {
	found, err := d.queryText("SELECT name FROM sqlite_schema WHERE type = 'table' AND name = ?", name)
	return len(found) > 0, err
}

// state is what is stored of a flow: its cursor, nil for none, and its last committed run, ""
// for none.
func (d *db) state(ctx context.Context, flow string) (cursor json.RawMessage, run string, err error) {
	if ok, err := d.hasTable(sqldb.StateTable); !ok || err != nil {
		return nil, "", err
	}
	return sqldb.State(ctx, d.query, dialect(), sqldb.Name{}, flow)
}

// storeState notes the run and, when it has one, its cursor.
func (d *db) storeState(ctx context.Context, st connector.State) error {
	ok, err := d.hasTable(sqldb.StateTable)
	if err == nil && !ok {
		err = d.exec(ctx, sqldb.CreateState(dialect(), sqldb.Name{}))
	}
	if err != nil {
		return err
	}
	return sqldb.StoreState(ctx, d.query, dialect(), sqldb.Name{}, st)
}
