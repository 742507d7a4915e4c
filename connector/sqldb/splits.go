package sqldb

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/headgate/headgate/connector"
)

// Piece is the Spec of a split: the rows that are in both.
type Piece struct {
	Span *Span `json:"span,omitempty"`
	Cut  Cut   `json:"cut,omitzero"`
	Seen Seen  `json:"seen,omitempty"` // rows of a lag that are not read again
}

// ParsePiece reads the Spec of a split.
func ParsePiece(sp connector.Split) (p Piece, err error) {
	if err = json.Unmarshal(sp.Spec, &p); err != nil {
		err = fmt.Errorf("split: %w", err)
	}
	return p, err
}

// MaxSplits is how many splits a source is cut into at most.
const MaxSplits = 1000

// defaultRows is how many rows a split aims at.
const defaultRows = 1_000_000

// Pieces is how many splits a source of so many rows is cut into.
func (s *Source) Pieces(rows int64) int64 {
	target := s.Req.Split.TargetRows
	if target <= 0 {
		target = defaultRows
	}
	return min((rows+target-1)/target, MaxSplits)
}

// PlanSplits lists the splits of what is new since cursor. rows is how many rows there are about, -1
// unknown; cut is asked for ranges that all rows are in, where the source is to be cut.
func (s *Source) PlanSplits(ctx context.Context, ask Ask, cursor json.RawMessage, rows int64, cut func() ([]Cut, error)) (*connector.SplitPlan, error) {
	spans, next, err := s.spans(ctx, ask, cursor)
	if err != nil {
		return nil, err
	}
	cuts := []Cut{{}}
	if s.Req.Split != nil && len(spans) > 0 {
		if cuts, err = cut(); err != nil {
			return nil, err
		}
	}
	plan := &connector.SplitPlan{Cursor: next}
	for _, sp := range spans {
		for _, cut := range cuts {
			sp.Cut = cut
			spec, err := json.Marshal(sp)
			if err != nil {
				return nil, err
			}
			n := strconv.Itoa(len(plan.Splits) + 1)
			split := connector.Split{ID: connector.SplitID("split-" + n), Name: s.Label(), Spec: spec, Rows: -1, Bytes: -1}
			if len(spans)*len(cuts) > 1 {
				split.Name += " #" + n
			}
			if rows >= 0 {
				split.Rows = rows / int64(len(cuts))
			}
			plan.Splits = append(plan.Splits, split)
		}
	}
	return plan, nil
}
