package runcmd

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/flow"
	"github.com/headgate/headgate/flow/engine"
)

// started is the first event of a run.
type started struct {
	Event string    `json:"event"` // run.started
	Run   string    `json:"run"`
	Flow  string    `json:"flow"`
	Time  time.Time `json:"time"`
}

// progress tells how far a run has come, every few seconds.
type progress struct {
	Event        string    `json:"event"` // run.progress
	Run          string    `json:"run"`
	Flow         string    `json:"flow"`
	Time         time.Time `json:"time"`
	RowsRead     int64     `json:"rows_read"`
	RowsWritten  int64     `json:"rows_written"`
	RowsRejected int64     `json:"rows_rejected"`
	BytesRead    int64     `json:"bytes_read"`
	BytesTotal   int64     `json:"bytes_total"` // -1: unknown
}

// rejected says where the rejected rows of a run are.
type rejected struct {
	Event string `json:"event"` // run.rejected
	Run   string `json:"run"`
	Flow  string `json:"flow"`
	Rows  int64  `json:"rows"`
	File  string `json:"file"`
}

// streamFinished says how one stream of a flow ended.
type streamFinished struct {
	Event    string `json:"event"` // stream.finished
	Run      string `json:"run"`   // the whole
	Flow     string `json:"flow"`
	Streamed `json:"stream"`
}

// Finished is the last event of a run, and its receipt.
type Finished struct {
	Event string `json:"event"` // run.finished
	engine.Report
	Streams  []Streamed  `json:"streams,omitempty"` // of a flow that is many, in order
	Exit     int         `json:"exit"`
	Error    *ui.Failure `json:"error,omitempty"`
	Findings []flow.Diag `json:"findings,omitempty"` // what is wrong with the files, when that is why
}

// writeReceipts writes the receipts of the runs so far, one line each, in one step.
func writeReceipts(name string, list []Finished) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	enc := json.NewEncoder(f)
	for _, r := range list {
		if err == nil {
			err = enc.Encode(r)
		}
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
