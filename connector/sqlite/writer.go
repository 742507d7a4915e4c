package sqlite

import (
	"context"
	"fmt"
	"strings"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

const (
	// groupRows is how many rows one INSERT takes: from some dozens on, more do not
	// make it faster.
	groupRows = 64
	// maxParameters is what SQLite takes in one statement.
	maxParameters = 32766
)

// writer inserts rows into the open transaction.
type writer struct {
	s     *sink
	cells []cellStore // how each field is stored
	group int         // rows of many
	many  *stmt
	one   *stmt
	buf   uintptr // C memory for texts
	size  int
	rows  int64
	bytes int64 // bound
	// sealed and closed: what happens to the savepoint is settled.
	sealed, closed bool
}

const savepoint = ownPrefix + "writer"

// Open starts a writer. A savepoint lets Close take back what a failed attempt inserted.
func (s *sink) Open(ctx context.Context, _ *connector.Session, _ connector.Split) (connector.Writer, error) {
	if s.db == nil {
		return nil, s.fail(fmt.Errorf("no transaction is open: %w", connector.ErrNothingStaged))
	}
	w := &writer{s: s, group: max(1, min(groupRows, maxParameters/len(s.in.Fields)))}
	for i, f := range s.in.Fields {
		w.cells = append(w.cells, newCellStore(f, s.plan.columns[i], s.plan.decl[i], s.plan.load, i))
	}
	err := s.db.exec(ctx, "SAVEPOINT "+savepoint)
	if err == nil {
		w.one, err = s.db.prepare(s.plan.insert(s.sql, 1))
	}
	if err == nil {
		w.many, err = s.db.prepare(s.plan.insert(s.sql, w.group))
	}
	if err != nil {
		w.Close()
		return nil, s.fail(err)
	}
	return w, nil
}

// insert is the statement that takes n rows. OR ABORT overrides what a constraint of
// the table says to do about a conflict: no row may vanish or replace another.
func (p *loadPlan) insert(q *sqldb.Dialect, n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "INSERT OR ABORT INTO %s (%s) VALUES ", q.Ident(p.into), q.Idents(p.columns))
	row := "(?" + strings.Repeat(",?", len(p.columns)-1) + ")"
	b.WriteString(row + strings.Repeat(","+row, n-1))
	if p.load.Mode != sqldb.Upsert {
		return b.String()
	}
	var key, set []string
	for i, c := range p.columns {
		if isKey(p.load, i) {
			key = append(key, c)
		} else {
			set = append(set, q.Ident(c)+" = excluded."+q.Ident(c))
		}
	}
	b.WriteString(" ON CONFLICT (" + q.Idents(key) + ") DO ")
	if len(set) == 0 {
		b.WriteString("NOTHING")
	} else {
		b.WriteString("UPDATE SET " + strings.Join(set, ", "))
	}
	return b.String()
}

// Append inserts the rows. Those that break a rule of the table are rejected.
func (w *writer) Append(ctx context.Context, m *connector.Morsel) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	defer w.s.db.watch(ctx)()
	b := &m.Batch
	enc := encoded{data: m.Out, rows: len(b.Sel), cols: len(w.cells)}
	if err := w.copyText(enc.text()); err != nil {
		return w.s.fail(err)
	}
	before := len(b.Rejects)
	for from := 0; from < enc.rows; {
		n := 1
		st := w.one
		if enc.rows-from >= w.group {
			n, st = w.group, w.many
		}
		if err := w.insert(st, &enc, from, n, b); err != nil {
			return w.s.fail(cancelled(ctx, err))
		}
		from += n
	}
	b.DropRejected(before)
	w.rows += int64(len(b.Sel))
	w.bytes += int64(len(enc.data))
	return nil
}

// insert inserts n rows, and one by one those of a group that has a bad one.
func (w *writer) insert(st *stmt, enc *encoded, from, n int, b *record.Batch) error {
	p := 1
	for row := from; row < from+n; row++ {
		for c := range enc.cols {
			if err := w.bind(st, p, enc, row, c); err != nil {
				return err
			}
			p++
		}
	}
	counted := w.s.count.get()
	err := st.run()
	switch {
	case err == nil:
		return nil
	case !isConstraint(err) || !w.s.db.inTransaction():
		return err
	}
	w.s.count.set(counted)
	if n == 1 {
		b.Reject(b.Sel[from], record.Constraint, "", err.Error())
		return nil
	}
	for row := from; row < from+n; row++ {
		if err := w.insert(w.one, enc, row, 1, b); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) bind(st *stmt, p int, enc *encoded, row, c int) error {
	tag, x := enc.cell(row, c)
	switch tag {
	case tagInt:
		return st.bindInt(p, int64(x))
	case tagFloat:
		return st.bindFloat(p, floatOf(x))
	case tagText:
		off, n := textOf(x)
		return st.bindText(p, w.buf+uintptr(off), n)
	case tagBlob:
		off, n := textOf(x)
		return st.bindBlob(p, w.buf+uintptr(off), n)
	}
	return st.bindNull(p)
}

// copyText brings the texts of a morsel into memory that SQLite may read.
func (w *writer) copyText(text []byte) error {
	if need := len(text) + 1; need > w.size {
		w.size = need + need/4
		if w.buf != 0 {
			libc.Xfree(w.s.db.tls, w.buf)
		}
		if w.buf = libc.Xmalloc(w.s.db.tls, types.Size_t(w.size)); w.buf == 0 {
			return fmt.Errorf("out of memory: %d bytes", w.size)
		}
	}
	copy(unsafe.Slice((*byte)(pointer(w.buf)), w.size), text)
	return nil
}

// Seal ends the writer. The rows become durable with the transaction.
func (w *writer) Seal(ctx context.Context) (connector.Receipt, error) {
	r := connector.Receipt{Rows: w.rows, Bytes: w.bytes}
	if !w.s.db.inTransaction() {
		return r, w.s.fail(fmt.Errorf("SQLite has rolled the transaction back"))
	}
	if err := w.s.db.exec(ctx, "RELEASE "+savepoint); err != nil {
		return r, w.s.fail(err)
	}
	w.sealed = true
	w.s.rows += w.rows
	return r, w.Close()
}

// Close takes back what was not sealed.
func (w *writer) Close() error {
	if w.closed {
		return nil
	}
	w.closed = true
	d := w.s.db
	if d == nil {
		return nil // rolled back as a whole
	}
	for _, st := range []*stmt{w.one, w.many} {
		if st != nil {
			st.close()
		}
	}
	if w.buf != 0 {
		libc.Xfree(d.tls, w.buf)
	}
	if w.sealed || !d.inTransaction() {
		return nil
	}
	return w.s.fail(d.exec(context.Background(), "ROLLBACK TO "+savepoint+"; RELEASE "+savepoint))
}
