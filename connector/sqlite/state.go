package sqlite

import (
	"context"
	"encoding/json"
	"time"

	"github.com/headgate/headgate/connector"
)

// ownPrefix begins the names of our own tables.
const ownPrefix = "_headgate_"

const stateTable = ownPrefix + "state"

// createState makes the table that remembers the last committed run of each flow.
const createState = `CREATE TABLE ` + stateTable + ` (flow TEXT PRIMARY KEY NOT NULL, run TEXT NOT NULL, cursor TEXT, committed_at TEXT NOT NULL)`

func (d *db) hasTable(name string) (bool, error) {
	found, err := d.queryText("SELECT name FROM sqlite_schema WHERE type = 'table' AND name = ?", name)
	return len(found) > 0, err
}

// storedCursor is the flow's cursor, nil when none is stored.
func (d *db) storedCursor(flow string) (json.RawMessage, error) {
	text, err := d.stateColumn("cursor", flow)
	if err != nil || text == "" {
		return nil, err
	}
	return json.RawMessage(text), nil
}

// storedRun is the flow's last committed run, "" when there is none.
func (d *db) storedRun(flow string) (string, error) { return d.stateColumn("run", flow) }

func (d *db) stateColumn(column, flow string) (string, error) {
	if ok, err := d.hasTable(stateTable); !ok || err != nil {
		return "", err
	}
	found, err := d.queryText("SELECT "+column+" FROM "+stateTable+" WHERE flow = ?", flow)
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0], nil
}

// storeState notes the run and, when it has one, its cursor.
func (d *db) storeState(ctx context.Context, st connector.State) error {
	ok, err := d.hasTable(stateTable)
	if err == nil && !ok {
		err = d.exec(ctx, createState)
	}
	if err != nil {
		return err
	}
	s, err := d.prepare("INSERT INTO " + stateTable + ` (flow, run, cursor, committed_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (flow) DO UPDATE SET run = excluded.run, cursor = coalesce(excluded.cursor, cursor), committed_at = excluded.committed_at`)
	if err != nil {
		return err
	}
	defer s.close()
	if st.Cursor != nil {
		err = s.bindString(3, string(st.Cursor))
	}
	for i, text := range map[int]string{1: st.Flow, 2: st.Run, 4: time.Now().UTC().Format(time.RFC3339)} {
		if err == nil {
			err = s.bindString(i, text)
		}
	}
	if err != nil {
		return err
	}
	return s.run()
}
