package sqlite

import (
	"context"
	"encoding/json"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/headgate/headgate/connector"
)

// split is the Spec of the one split: the rows with lo < cursor <= hi.
type split struct {
	Lo *mark `json:"lo,omitempty"`
	Hi *mark `json:"hi,omitempty"`
}

// Plan makes one split. With a cursor it ends where the table ends now.
func (s *source) Plan(ctx context.Context, cursor json.RawMessage) (*connector.SplitPlan, error) {
	p, err := s.plan(ctx, cursor)
	return p, s.fail(err)
}

func (s *source) plan(ctx context.Context, cursor json.RawMessage) (*connector.SplitPlan, error) {
	d, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer d.close()
	sp := connector.Split{ID: "all", Name: s.label(), Rows: -1, Bytes: -1}
	plan := &connector.SplitPlan{}
	var rows split
	if s.req.Incremental == nil {
		sp.Rows = d.estimate(s.req.Table)
	} else {
		if rows.Lo, err = s.low(cursor); err != nil {
			return nil, err
		}
		if rows.Hi, err = s.high(ctx, d, rows.Lo); err != nil {
			return nil, err
		}
		if rows.Hi == nil { // nothing new
			plan.Cursor = cursor
			return plan, nil
		}
		if plan.Cursor, err = json.Marshal(rows.Hi); err != nil {
			return nil, err
		}
	}
	if sp.Spec, err = json.Marshal(rows); err != nil {
		return nil, err
	}
	plan.Splits = []connector.Split{sp}
	return plan, nil
}

// estimate is the number of rows a table has at most, by its rowids; -1 unknown.
func (d *db) estimate(table string) int64 {
	if table == "" {
		return -1
	}
	q := dialect().Ident(table)
	rel, err := d.find(table)
	if err != nil || rel.kind != "table" {
		return -1
	}
	st, err := d.prepare("SELECT (SELECT max(rowid) FROM " + q + ") - (SELECT min(rowid) FROM " + q + ") + 1")
	if err != nil {
		return -1 // WITHOUT ROWID
	}
	defer st.close()
	if more, err := st.step(); !more || err != nil || st.class(0) == sqlite3.SQLITE_FLOAT {
		return -1
	}
	return st.int(0)
}
