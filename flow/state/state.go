// Package state keeps what must survive a run: cursors, and the record of a run
// under way, so that the next one can finish or undo it.
package state

import (
	"encoding/json"
	"time"

	"github.com/headgate/headgate/connector"
)

// Phase is how far a run has come.
type Phase string

// The phases. A run is stored three times: when it begins, before its commit, and
// when it has ended; once more when its source wants to be told of the commit.
const (
	Begun     Phase = "begun"     // nothing is visible; undo it
	Sealed    Phase = "sealed"    // the commit was about to happen; finish it
	Committed Phase = "committed" // the source was about to be told; tell it
	Ended     Phase = "ended"
)

// Record is the stored state of one run.
type Record struct {
	Run      string               `json:"run"`
	Flow     string               `json:"flow"`
	Phase    Phase                `json:"phase"`
	Status   string               `json:"status,omitempty"` // when ended
	Started  time.Time            `json:"started"`
	Plan     *connector.SplitPlan `json:"plan,omitempty"`
	Session  *connector.Session   `json:"session,omitempty"`
	Receipts []connector.Receipt  `json:"receipts,omitempty"`
	// Committed says that the rows of Receipts are visible in the target.
	Committed bool            `json:"committed,omitempty"`
	Report    json.RawMessage `json:"report,omitempty"` // when ended
}

// Store keeps the records. Methods may be called from several processes at once.
type Store interface {
	// Lock takes the flow for this process; ErrBusy when another process has it.
	// The lock ends with unlock or with the process.
	Lock(flow string) (unlock func(), err error)
	// Cursor is what the flow's last committed run left; nil = none.
	Cursor(flow string) (json.RawMessage, error)
	// Put stores r durably, replacing what was stored for the same run. A record
	// that ends as committed with a plan that has a cursor moves the flow's cursor.
	Put(r *Record) error
	// Pending is the flow's last run if it has not ended; nil otherwise.
	Pending(flow string) (*Record, error)
}
