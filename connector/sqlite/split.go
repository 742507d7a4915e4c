package sqlite

import (
	"context"
	"encoding/json"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/sqldb"
)

// split is the Spec of a split: the rows with lo < cursor <= hi.
type split struct {
	Lo       *mark `json:"lo,omitempty"`
	Hi       *mark `json:"hi,omitempty"`
	Backfill bool  `json:"backfill,omitempty"` // lo <= cursor < hi
	Nulls    bool  `json:"nulls,omitempty"`    // those without a cursor, and no others
}

// Plan makes one split: SQLite reads in one piece. With a cursor it ends where the table ends now; rows without
// a cursor that are included are a split of their own.
func (s *source) Plan(ctx context.Context, cursor json.RawMessage) (*connector.SplitPlan, error) {
	p, err := s.plan(ctx, cursor)
	return p, s.Fail(err)
}

func (s *source) plan(ctx context.Context, cursor json.RawMessage) (*connector.SplitPlan, error) {
	d, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer d.close()
	plan := &connector.SplitPlan{}
	inc := s.Req.Incremental
	switch {
	case inc == nil:
		return plan, s.addSplit(plan, "all", split{}, d.estimate(s.Req.Table))
	case inc.From != "" || inc.To != "":
		return plan, s.addSplit(plan, "backfill", split{Lo: textMark(inc.From), Hi: textMark(inc.To), Backfill: true}, -1)
	case inc.Nulls == "include":
		if err := s.addSplit(plan, "nulls", split{Nulls: true}, -1); err != nil {
			return nil, err
		}
	}
	var rows split
	if rows.Lo, err = s.low(cursor); err != nil {
		return nil, err
	}
	if rows.Lo != nil {
		err := sqldb.CheckTieBreaker(s.Dialect, inc, rows.Lo.Cursor.text(), rows.Lo.Tie != nil, rows.Lo.By)
		if err == nil {
			err = s.checkTies(ctx, d, rows.Lo)
		}
		if err != nil {
			return nil, err
		}
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
	return plan, s.addSplit(plan, "all", rows, -1)
}

// textMark is a place as a person writes it; nil for none.
func textMark(s string) *mark {
	if s == "" {
		return nil
	}
	return &mark{Cursor: scalar{class: sqlite3.SQLITE_TEXT, s: s}}
}

func (s *source) addSplit(plan *connector.SplitPlan, id connector.SplitID, rows split, estimate int64) error {
	spec, err := json.Marshal(rows)
	plan.Splits = append(plan.Splits, connector.Split{ID: id, Name: s.Label(), Spec: spec, Rows: estimate, Bytes: -1})
	return err
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
