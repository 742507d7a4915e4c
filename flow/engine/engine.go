package engine

import (
	"sync/atomic"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/flow/state"
)

// Options is what a run needs besides its plan.
type Options struct {
	State       state.Store
	Workers     int             // 0 = GOMAXPROCS
	FullRefresh bool            // ignore the stored cursor
	Stop        <-chan struct{} // closed by the first signal: finish the batches under way, then stop
	Meter       *Meter          // counts while the run goes on; nil = nobody looks
	RejectsDir  string          // folder for rejects/<run>.jsonl
}

// Meter counts a run while it goes on. Read it from any goroutine.
type Meter struct {
	RowsRead, RowsWritten, RowsRejected atomic.Int64
	BytesRead                           atomic.Int64 // of the input as stored
	BytesTotal                          atomic.Int64 // -1 unknown
	Splits, SplitsDone                  atomic.Int64
}

// Status is how a run ended.
type Status string

// The ways a run ends. Partial means that rejects were quarantined.
const (
	Succeeded   Status = "succeeded"
	Partial     Status = "partial"
	Failed      Status = "failed"
	Interrupted Status = "interrupted"
	Empty       Status = "empty"
	Skipped     Status = "skipped"
)

// Report is what a run did. RowsRead is always RowsWritten + RowsFiltered +
// RowsDeduped + RowsRejected.
type Report struct {
	Run          string `json:"run"`
	Flow         string `json:"flow"`
	Status       Status `json:"status"`
	RowsRead     int64  `json:"rows_read"`
	RowsWritten  int64  `json:"rows_written"`
	RowsFiltered int64  `json:"rows_filtered"`
	RowsDeduped  int64  `json:"rows_deduped"`
	RowsRejected int64  `json:"rows_rejected"`
	BytesRead    int64  `json:"bytes_read"`
	BytesWritten int64  `json:"bytes_written"`
	DurationMS   int64  `json:"duration_ms"`
	PeakRSS      int64  `json:"peak_rss_bytes"`
	Splits       int    `json:"splits"`
	Attempts     int    `json:"attempts,omitempty"` // how often the run was tried

	// Committed says whether the rows written are visible in the target.
	Committed bool     `json:"committed"`
	Outputs   []string `json:"outputs,omitempty"` // final names
	Rejects   string   `json:"rejects,omitempty"` // the file with the rejected rows
	Notes     []string `json:"notes,omitempty"`

	// FilesRead and FilesWritten have checksums, when the plan asks for them.
	FilesRead    []connector.FileSum `json:"files_read,omitempty"`
	FilesWritten []connector.FileSum `json:"files_written,omitempty"`
}
