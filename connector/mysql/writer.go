package mysql

import (
	"context"
	"fmt"
	"strings"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// writer loads rows in the open transaction.
type writer struct {
	s      *sink
	tail   string   // of the LOAD DATA
	insert string   // the head of an INSERT
	merge  []string // what follows, when rows are staged
	most   int      // bytes of a row
	rows   int64
	bytes  int64
	sealed bool
	closed bool
}

// Names of savepoints: of a writer, and of a batch.
const (
	writerPoint = sqldb.OwnPrefix + "writer"
	batchPoint  = sqldb.OwnPrefix + "batch"
)

// sinkBatch is what a batch is made of: each is a LOAD DATA of its own, with a savepoint and a
// look at the warnings, which are several round trips.
const sinkBatch = 1 << 20

// rowRoom is what a row needs of max_allowed_packet besides its cells; cells grow by
// what an INSERT adds to them.
const rowRoom = 4096

// Open starts a writer. A savepoint lets Close take back what a failed attempt did.
func (s *sink) Open(ctx context.Context, _ *connector.Session, _ connector.Split) (connector.Writer, error) {
	if s.conn == nil {
		return nil, s.Fail(fmt.Errorf("no transaction is open: %w", connector.ErrNothingStaged))
	}
	w := &writer{s: s, most: max(s.conn.packet-rowRoom-16*len(s.cells), rowRoom)}
	w.statements()
	if err := s.conn.exec(ctx, "SAVEPOINT "+writerPoint); err != nil {
		return nil, s.Fail(err)
	}
	return w, nil
}

// statements writes what a batch is loaded with. Bytes come in hex: as they are they
// would be taken for text of the file's character set.
func (w *writer) statements() {
	s := w.s
	var names, set []string
	cols := make([]string, len(s.cells))
	for i := range s.cells {
		c := &s.cells[i]
		names = append(names, c.column)
		cols[i] = s.Dialect.Ident(c.column)
		if convert := map[form]string{formBytes: "UNHEX(@c%d)", formBit: "CAST(@c%d AS UNSIGNED)"}[c.form]; convert != "" {
			set = append(set, cols[i]+" = "+fmt.Sprintf(convert, i))
			cols[i] = fmt.Sprintf("@c%d", i)
		}
	}
	into, how := s.Dialect.Table(s.Plan.Into), "INSERT"
	if s.staged {
		into, how = stageTable, "REPLACE" // the last row of a key counts
		w.tail = "REPLACE "
	}
	w.insert = how + " INTO " + into + " (" + s.Dialect.Idents(names) + ") VALUES "
	w.tail += "INTO TABLE " + into + ` CHARACTER SET utf8mb4 FIELDS TERMINATED BY '\t' ENCLOSED BY '' ESCAPED BY '\\' LINES STARTING BY '' TERMINATED BY '\n' (` + strings.Join(cols, ", ") + ")"
	if len(set) > 0 {
		w.tail += " SET " + strings.Join(set, ", ")
	}
	if !s.staged {
		return
	}
	w.merge = s.Plan.Merge(s.Dialect, stageTable)
	if s.Plan.Mode == sqldb.Mirror {
		w.merge = append(w.merge, "REPLACE"+strings.TrimPrefix(s.Plan.KeepKeys(s.Dialect, keysTable, stageTable), "INSERT"))
	}
	w.merge = append(w.merge, "DELETE FROM "+stageTable)
}

// Append loads a batch. Rows that the server refuses are rejected.
func (w *writer) Append(ctx context.Context, m *connector.Morsel) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e := m.Parts.(*encoded)
	b := &m.Batch
	n := len(e.rows)
	if n == 0 {
		return nil
	}
	if err := w.append(ctx, m, e); err != nil {
		return w.s.Fail(err)
	}
	w.rows += int64(len(b.Sel))
	w.bytes += int64(len(m.Out))
	return nil
}

func (w *writer) append(ctx context.Context, m *connector.Morsel, e *encoded) error {
	b := &m.Batch
	if w.s.conn.local {
		done, err := w.fast(ctx, m.Out, len(e.rows))
		if done || err != nil {
			return err
		}
	}
	before := len(b.Rejects)
	err := sqldb.Bisect(len(e.rows), func(from, to int) error {
		return w.attempt(ctx, func() error { return w.insertRows(ctx, m.Out, e, from, to) })
	}, refusedRow, func(i int, err error) {
		column := ""
		if se := serverError(err); se != nil {
			column = w.fieldOf(columnOf(se))
		}
		b.Reject(e.rows[i], record.Constraint, column, err.Error())
	})
	b.DropRejected(before)
	return err
}

// fieldOf is the field that goes into a column.
func (w *writer) fieldOf(column string) string {
	for i := range w.s.cells {
		if strings.EqualFold(w.s.cells[i].column, column) {
			return w.s.cells[i].field
		}
	}
	return ""
}

// suspect is a LOAD DATA with which something is wrong.
type suspect struct{ err error }

func (s suspect) Error() string { return s.err.Error() }
func (s suspect) Unwrap() error { return s.err }

// fast loads a batch by LOAD DATA. done is false when it has to be inserted to see which
// rows the server refuses; nothing of it is left then.
func (w *writer) fast(ctx context.Context, out []byte, n int) (done bool, err error) {
	c := w.s.conn
	err = w.attempt(ctx, func() error {
		took, err := c.load(ctx, w.tail, out)
		if err != nil {
			return err
		}
		warned, err := c.warning(ctx)
		switch {
		case err != nil:
			return err
		case warned != nil:
			return warned
		case took < int64(n):
			return suspect{fmt.Errorf("LOAD DATA took %d rows of %d", took, n)}
		}
		return w.merged(ctx)
	})
	if err == nil {
		return true, nil
	}
	if isError(err, errLocalForbidden, errLocalForbiddenOld, errLocalRejected) {
		c.local = false
		return false, nil
	}
	if _, about := refusedRow(err); about {
		return false, nil
	}
	if _, ok := err.(suspect); ok {
		return false, nil
	}
	return false, err
}

// merged brings staged rows into the table.
func (w *writer) merged(ctx context.Context) error {
	for _, sql := range w.merge {
		if err := w.s.conn.exec(ctx, sql); err != nil {
			if e := serverError(err); e != nil {
				e.row = -1 // rows of the statement, not of the batch
			}
			return err
		}
	}
	return nil
}

// attempt does something, all of it or nothing.
func (w *writer) attempt(ctx context.Context, do func() error) error {
	c := w.s.conn
	if err := c.exec(ctx, "SAVEPOINT "+batchPoint); err != nil {
		return err
	}
	err := do()
	if err == nil {
		return c.exec(ctx, "RELEASE SAVEPOINT "+batchPoint)
	}
	if c.broken || c.closed() || ctx.Err() != nil {
		return err
	}
	for _, sql := range []string{"ROLLBACK TO SAVEPOINT " + batchPoint, "RELEASE SAVEPOINT " + batchPoint} {
		if e := c.exec(ctx, sql); e != nil {
			return fmt.Errorf("the batch could not be undone: %w; it had failed: %s", e, err)
		}
	}
	return err
}

// Seal ends the writer. The rows become durable with the transaction.
func (w *writer) Seal(ctx context.Context) (connector.Receipt, error) {
	r := connector.Receipt{Rows: w.rows, Bytes: w.bytes}
	if err := w.s.conn.exec(ctx, "RELEASE SAVEPOINT "+writerPoint); err != nil {
		if isError(err, errNoSavepoint) {
			err = fmt.Errorf("the server has rolled the transaction back")
		}
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
	if w.sealed || c == nil || c.broken || c.closed() {
		return nil // or the server rolls back as a whole
	}
	for _, sql := range []string{"ROLLBACK TO SAVEPOINT " + writerPoint, "RELEASE SAVEPOINT " + writerPoint} {
		if err := c.exec(context.Background(), sql); err != nil {
			return w.s.Fail(err)
		}
	}
	return nil
}
