package engine

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"unicode/utf8"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spool"
	"github.com/headgate/headgate/flow"
)

// Rejected is one row that left the flow, as the rejects file has it.
type Rejected struct {
	Run     string      `json:"run"`
	Flow    string      `json:"flow"`
	File    string      `json:"file,omitempty"`
	Line    int64       `json:"line,omitempty"`
	Column  string      `json:"column,omitempty"`
	Code    record.Code `json:"code"`
	Message string      `json:"message"`
	// Record is the row as it was read; RecordBytes when it is not UTF-8.
	Record      string `json:"record,omitempty"`
	RecordBytes []byte `json:"record_base64,omitempty"`
}

// RejectedError is a run that ended because of a row.
type RejectedError struct {
	Row    Rejected
	Reason string // "" = the flow takes no rejects; else which limit was passed
}

// Error puts the position first, as compilers do.
func (e *RejectedError) Error() string {
	where := ""
	if e.Row.File != "" {
		where = e.Row.File + ": "
		if e.Row.Line > 0 {
			where = fmt.Sprintf("%s:%d: ", e.Row.File, e.Row.Line)
		}
	}
	if e.Row.Column != "" {
		where += "column " + e.Row.Column + ": "
	}
	msg := fmt.Sprintf("%s%s (%s)", where, e.Row.Message, e.Row.Code)
	if e.Reason != "" {
		msg = e.Reason + "; the last one: " + msg
	}
	return msg
}

// rejects receives the rejected rows of a run, in the order of the rows.
type rejects struct {
	run, flow string
	rules     flow.Errors
	path      string // of the file, when rows are kept
	hold      bool   // rows are not known to be right yet: keep them out of the file until publish

	count int64
	held  spool.Spool
	file  *os.File
	w     *bufio.Writer
}

// take accounts for the rejected rows of b. An error ends the run.
func (r *rejects) take(b *record.Batch) error {
	if len(b.Rejects) == 0 {
		return nil
	}
	slices.SortStableFunc(b.Rejects, func(x, y record.Reject) int { return int(x.Row) - int(y.Row) })
	for _, rej := range b.Rejects {
		r.count++
		switch {
		case r.rules.Rows == "quarantine":
			if err := r.keep(r.describe(b, rej)); err != nil {
				return err
			}
		case r.rules.Rows != "skip":
			return &RejectedError{Row: r.describe(b, rej)}
		}
		if r.rules.MaxRows >= 0 && r.count > r.rules.MaxRows {
			return &RejectedError{Row: r.describe(b, rej),
				Reason: fmt.Sprintf("more than %d rows rejected (errors.max_rows)", r.rules.MaxRows)}
		}
	}
	return nil
}

func (r *rejects) describe(b *record.Batch, rej record.Reject) Rejected {
	pos := b.Origin.Position(b, rej.Row)
	out := Rejected{Run: r.run, Flow: r.flow, File: pos.File, Line: pos.Line,
		Column: rej.Column, Code: rej.Code, Message: rej.Message}
	if raw := b.Origin.Record(b, rej.Row); utf8.Valid(raw) {
		out.Record = string(raw)
	} else {
		out.RecordBytes = slices.Clone(raw)
	}
	return out
}

// keep writes one row.
func (r *rejects) keep(row Rejected) error {
	if r.w == nil {
		if err := r.open(); err != nil {
			return err
		}
	}
	enc := json.NewEncoder(r.w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(row); err != nil {
		return fmt.Errorf("write rejects: %w", err)
	}
	return nil
}

func (r *rejects) open() error {
	if r.hold {
		r.w = bufio.NewWriterSize(&r.held, 64<<10)
		return nil
	}
	if err := r.create(); err != nil {
		return err
	}
	r.w = bufio.NewWriterSize(r.file, 64<<10)
	return nil
}

// create makes the file. Rows may hold personal data: it is for its owner alone.
func (r *rejects) create() error {
	if err := os.MkdirAll(filepath.Dir(r.path), 0o700); err != nil {
		return fmt.Errorf("write rejects: %w", err)
	}
	f, err := os.OpenFile(r.path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write rejects: %w", err)
	}
	r.file = f
	return nil
}

// settle checks the share of rejected rows once all are known.
func (r *rejects) settle(read int64) error {
	if r.rules.MaxRate >= 0 && read > 0 && float64(r.count) > float64(r.rules.MaxRate)*float64(read) {
		return fmt.Errorf("%d of %d rows rejected, more than %g %% (errors.max_rate)", r.count, read, float64(r.rules.MaxRate)*100)
	}
	return nil
}

// publish makes the file durable, with what was held back until now. It may be called twice.
func (r *rejects) publish() error {
	if r.w == nil {
		return nil
	}
	err := r.w.Flush()
	if err == nil && r.hold {
		if err = r.create(); err == nil {
			err = r.held.CopyTo(r.file)
		}
	}
	if err == nil {
		err = r.file.Sync()
	}
	if e := r.close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("write rejects: %w", err)
	}
	return nil
}

// close forgets what is still held back. It may be called twice.
func (r *rejects) close() error {
	r.held.Close()
	r.w = nil
	if r.file == nil {
		return nil
	}
	f := r.file
	r.file = nil
	return f.Close()
}
