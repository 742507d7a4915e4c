package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// writer copies rows in the open transaction.
type writer struct {
	s      *sink
	copy   string   // the COPY
	merge  []string // what follows it, when rows are staged
	again  []string // the same for a batch in which a key occurs twice
	ahead  ahead
	rows   int64
	bytes  int64
	sealed bool
	closed bool
}

// sinkBatch is what a batch is made of: each is a COPY of its own, and to begin and end
// one costs the server about as much as a thousand rows.
const sinkBatch = 1 << 20

// Names of savepoints: of a writer, and of a batch.
const (
	writerPoint = sqldb.OwnPrefix + "writer"
	batchPoint  = sqldb.OwnPrefix + "batch"
)

// Open starts a writer. A savepoint lets Close take back what a failed attempt did.
func (s *sink) Open(ctx context.Context, _ *connector.Session, _ connector.Split) (connector.Writer, error) {
	if s.conn == nil {
		return nil, s.Fail(fmt.Errorf("no transaction is open: %w", connector.ErrNothingStaged))
	}
	w := &writer{s: s, ahead: ahead{epoch: 1}}
	w.statements()
	err := s.conn.exec(ctx, "SAVEPOINT "+writerPoint)
	if err == nil {
		err = s.stage(ctx)
	}
	if err != nil {
		return nil, s.Fail(err)
	}
	return w, nil
}

// statements writes what a batch is loaded with.
func (w *writer) statements() {
	s := w.s
	var cols []string
	for _, i := range s.Plan.Fields() {
		cols = append(cols, s.Plan.Columns[i].Name)
	}
	into := s.Dialect.Table(s.Plan.Into)
	if s.staged {
		into = stageTable
	}
	w.copy = fmt.Sprintf("COPY %s (%s) FROM STDIN (FORMAT binary)", into, s.Dialect.Idents(cols))
	if !s.staged {
		return
	}
	last := stageTable
	if s.Plan.Keyed() {
		key := strings.Join(s.Plan.KeyValues(s.Dialect), ", ")
		last = fmt.Sprintf("(SELECT DISTINCT ON (%s) s.* FROM %s AS s ORDER BY %s, s.ctid DESC)", key, stageTable, key)
	}
	from := stageTable
	if s.Plan.Mode == sqldb.Update { // which would take any of two rows with the same key
		from = last
	}
	w.merge, w.again = s.Plan.Merge(s.Dialect, from), s.Plan.Merge(s.Dialect, last)
	if s.Plan.Mode == sqldb.Mirror {
		keep := s.Plan.KeepKeys(s.Dialect, keysTable, stageTable)
		w.merge, w.again = append(w.merge, keep), append(w.again, keep)
	}
}

// Append loads a batch, or waits for what became of it when it was sent. Rows that the server
// refuses are rejected.
func (w *writer) Append(ctx context.Context, m *connector.Morsel) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e := m.Parts.(*encoded)
	if len(e.rows) == 0 {
		return nil
	}
	b := &m.Batch
	before := len(b.Rejects)
	if err := w.take(ctx, m, e); err != nil {
		return w.s.Fail(err)
	}
	b.DropRejected(before)
	w.rows += int64(len(b.Sel))
	w.bytes += int64(len(m.Out))
	return nil
}

// bisect loads a batch but for the rows that are refused. What the server said of all of it, if it
// was asked before, is first.
func (w *writer) bisect(ctx context.Context, m *connector.Morsel, e *encoded, first error) error {
	load := func(from, to int) error {
		err := first
		first = nil
		return w.load(ctx, m.Out, e, from, to, err)
	}
	return sqldb.Bisect(len(e.rows), load, refusedRow, func(i int, err error) {
		column := ""
		if pe := serverError(err); pe != nil {
			column = pe.ColumnName
		}
		m.Batch.Reject(e.rows[i], record.Constraint, column, err.Error())
	})
}

// maxMessage is what the server takes in one message.
const maxMessage = 1<<30 - 1024

// errTooLarge says that rows do not fit a message. It is about the row when there is only one.
var errTooLarge = errors.New("the row is larger than the 1 GiB that PostgreSQL takes")

// load brings rows from up to to into the table, all of them or none. refused is why they did
// not go in when that was tried, or nil.
func (w *writer) load(ctx context.Context, out []byte, e *encoded, from, to int, refused error) error {
	message := out
	if to-from < len(e.rows) {
		e.part = append(append(e.part[:0], make([]byte, messageHead)...), out[e.starts[from]:e.end(out, to)]...)
		putHead(e.part)
		message = e.part
	}
	if len(message) > maxMessage {
		return errTooLarge
	}
	err := refused
	if err == nil {
		err = w.try(ctx, message, w.merge)
	}
	if isCode(err, "21000") && len(w.again) > 0 { // a key that occurs twice: the last row counts
		err = w.try(ctx, message, w.again)
	}
	return err
}

// batch is the statements that load a batch.
func (w *writer) batch(merge []string) string {
	sql := "SAVEPOINT " + batchPoint + "; " + w.copy
	for _, m := range merge {
		sql += "; " + m
	}
	sql += "; RELEASE SAVEPOINT " + batchPoint
	if w.s.staged {
		sql += "; TRUNCATE " + stageTable
	}
	return sql
}

func (w *writer) try(ctx context.Context, message []byte, merge []string) error {
	err := w.s.conn.copyIn(ctx, w.batch(merge), message)
	if err != nil {
		err = w.undo(ctx, err)
	}
	return err
}

// undo takes back a batch that failed with err.
func (w *writer) undo(ctx context.Context, err error) error {
	c := w.s.conn
	if c.pg.IsClosed() {
		return err
	}
	if e := c.exec(ctx, "ROLLBACK TO SAVEPOINT "+batchPoint+"; RELEASE SAVEPOINT "+batchPoint); e != nil {
		return fmt.Errorf("%w; and the batch could not be undone: %w", err, e)
	}
	return err
}

// Seal ends the writer. The rows become durable with the transaction.
func (w *writer) Seal(ctx context.Context) (connector.Receipt, error) {
	r := connector.Receipt{Rows: w.rows, Bytes: w.bytes}
	if !w.s.conn.inTransaction() {
		return r, w.s.Fail(fmt.Errorf("the server has rolled the transaction back"))
	}
	if err := w.s.conn.exec(ctx, "RELEASE SAVEPOINT "+writerPoint); err != nil {
		return r, w.s.Fail(err)
	}
	w.sealed = true
	w.s.Rows += w.rows
	return r, w.Close()
}

// Close takes back what was not sealed.
func (w *writer) Close() error {
	if w.closed {
		return nil
	}
	w.closed = true
	c := w.s.conn
	if w.sealed || c == nil || c.pg.IsClosed() {
		return nil // or the server rolls back as a whole
	}
	if w.forget(); c.pg.IsClosed() {
		return nil
	}
	return w.s.Fail(c.exec(context.Background(), "ROLLBACK TO SAVEPOINT "+writerPoint+"; RELEASE SAVEPOINT "+writerPoint))
}
