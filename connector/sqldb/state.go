package sqldb

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/headgate/headgate/connector"
)

// StateTable is the table that remembers the last committed run of each flow. It lies
// beside the table that the flow loads, so that both change in one transaction.
const StateTable = OwnPrefix + "state"

// CreateState makes the state table beside target.
func CreateState(d *Dialect, target Name) string {
	return fmt.Sprintf("CREATE TABLE %s (%s %s NOT NULL PRIMARY KEY, %s %s NOT NULL, %s %s, %s %s NOT NULL)"+d.TableOptions, d.Table(target.Beside(StateTable)),
		d.Ident("flow"), d.KeyTextType, d.Ident("run"), d.TextType, d.Ident("cursor"), d.TextType, d.Ident("committed_at"), d.TextType)
}

// ReadState selects the run and the cursor of a flow, its one parameter.
func ReadState(d *Dialect, target Name) string {
	return fmt.Sprintf("SELECT %s FROM %s WHERE %s = %s", d.Idents([]string{"run", "cursor"}), d.Table(target.Beside(StateTable)),
		d.Ident("flow"), (&Args{Dialect: d}).next())
}

// WriteState notes a run. Its parameters are flow, run, cursor and the time. A cursor that is NULL
// leaves the stored one alone.
func WriteState(d *Dialect, target Name) string {
	table, a := d.Table(target.Beside(StateTable)), &Args{Dialect: d}
	flow, run, cursor, at := d.Ident("flow"), d.Ident("run"), d.Ident("cursor"), d.Ident("committed_at")
	insert := fmt.Sprintf("INSERT INTO %s (%s, %s, %s, %s) VALUES (%s, %s, %s, %s)", table, flow, run, cursor, at, a.next(), a.next(), a.next(), a.next())
	if d.Upsert == OnConflict {
		return insert + fmt.Sprintf(" ON CONFLICT (%s) DO UPDATE SET %s = excluded.%s, %s = coalesce(excluded.%s, %s.%s), %s = excluded.%s",
			flow, run, run, cursor, cursor, d.Ident(StateTable), cursor, at, at)
	}
	return insert + fmt.Sprintf(" ON DUPLICATE KEY UPDATE %s = VALUES(%s), %s = coalesce(VALUES(%s), %s), %s = VALUES(%s)",
		run, run, cursor, cursor, cursor, at, at)
}

// State is what is stored of a flow beside target, in a state table that is there: its cursor,
// nil for none, and its last committed run, "" for none.
func State(ctx context.Context, ask Ask, d *Dialect, target Name, flow string) (cursor json.RawMessage, run string, err error) {
	rows, err := ask(ctx, ReadState(d, target), &flow)
	if err != nil || len(rows) == 0 {
		return nil, "", err
	}
	if !rows[0][1].Null {
		cursor = json.RawMessage(rows[0][1].S)
	}
	return cursor, rows[0][0].S, nil
}

// StoreState notes a run and, when it has one, its cursor, in a state table that is there.
func StoreState(ctx context.Context, ask Ask, d *Dialect, target Name, st connector.State) error {
	var cursor *string
	if st.Cursor != nil {
		text := string(st.Cursor)
		cursor = &text
	}
	at := time.Now().UTC().Format(time.RFC3339)
	_, err := ask(ctx, WriteState(d, target), &st.Flow, &st.Run, cursor, &at)
	return err
}
