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
	many  *stmt       // nil when group is 1
	one   *stmt
	keep  *stmt   // of a mirror
	buf   uintptr // C memory for texts
	size  int
	rows  int64
	bytes int64 // bound
	// sealed and closed: what happens to the savepoint is settled.
	sealed, closed bool
}

const savepoint = sqldb.OwnPrefix + "writer"

// Open starts a writer. A savepoint lets Close take back what a failed attempt inserted.
func (s *sink) Open(ctx context.Context, _ *connector.Session, _ connector.Split) (connector.Writer, error) {
	if s.db == nil {
		return nil, s.Fail(fmt.Errorf("no transaction is open: %w", connector.ErrNothingStaged))
	}
	w := &writer{s: s}
	for _, i := range s.Plan.Fields() {
		c := &s.Plan.Columns[i]
		w.cells = append(w.cells, newCellStore(s.In.Fields[i], c.Name, c.Type, s.Plan.Load, i))
	}
	err := s.db.exec(ctx, "SAVEPOINT "+savepoint)
	if err == nil {
		err = w.prepare()
	}
	if err != nil {
		w.Close()
		return nil, s.Fail(err)
	}
	return w, nil
}

// prepare compiles the statements. Those that change one row take its cells by number.
func (w *writer) prepare() (err error) {
	s := w.s
	w.group = 1
	switch s.Plan.Mode {
	case sqldb.Update:
		w.one, err = s.db.prepare(w.update())
	case sqldb.Delete:
		w.one, err = s.db.prepare("DELETE FROM " + s.Dialect.Table(s.Plan.Into) + " WHERE " + w.sameKey())
	default:
		w.group = max(1, min(groupRows, maxParameters/len(w.cells)))
		if w.one, err = s.db.prepare(w.inserts(1)); err == nil {
			w.many, err = s.db.prepare(w.inserts(w.group))
		}
	}
	if err == nil && s.Plan.Mode == sqldb.Mirror {
		w.keep, err = s.db.prepare(w.keeps())
	}
	return err
}

// inserts is the statement that takes n rows. OR ABORT overrides what a constraint of
// the table says to do about a conflict: no row may vanish or replace another.
func (w *writer) inserts(n int) string {
	p, q := w.s.Plan, w.s.Dialect
	var cols []string
	for _, c := range w.cells {
		cols = append(cols, p.Columns[c.index].Name)
	}
	row := "(?" + strings.Repeat(",?", len(cols)-1) + ")"
	sql := fmt.Sprintf("INSERT OR ABORT INTO %s (%s) VALUES %s", q.Table(p.Into), q.Idents(cols), row+strings.Repeat(","+row, n-1))
	if p.Mode == sqldb.Upsert || p.Mode == sqldb.Mirror {
		sql += " " + p.Conflict(q)
	}
	return sql
}

// update is the statement that changes the row with a key.
func (w *writer) update() string {
	p, q := w.s.Plan, w.s.Dialect
	var set []string
	for i, c := range w.cells {
		if !c.key || len(p.KeyFields) == len(w.cells) {
			set = append(set, fmt.Sprintf("%s = ?%d", q.Ident(p.Columns[c.index].Name), i+1))
		}
	}
	return fmt.Sprintf("UPDATE OR ABORT %s SET %s WHERE %s", q.Table(p.Into), strings.Join(set, ", "), w.sameKey())
}

func (w *writer) sameKey() string {
	var same []string
	for i, c := range w.cells {
		if c.key {
			same = append(same, fmt.Sprintf("%s = ?%d", w.s.Dialect.Ident(w.s.Plan.Columns[c.index].Name), i+1))
		}
	}
	return strings.Join(same, " AND ")
}

// keeps is the statement that notes a key of a mirror.
func (w *writer) keeps() string {
	var places []string
	for _, f := range w.s.Plan.KeyFields {
		for i, c := range w.cells {
			if c.index == f {
				places = append(places, fmt.Sprintf("?%d", i+1))
			}
		}
	}
	return "INSERT OR IGNORE INTO " + keysTable + " VALUES (" + strings.Join(places, ", ") + ")"
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
		return w.s.Fail(err)
	}
	before := len(b.Rejects)
	for from := 0; from < enc.rows; {
		n := 1
		st := w.one
		if w.many != nil && enc.rows-from >= w.group {
			n, st = w.group, w.many
		}
		if err := w.insert(st, &enc, from, n, b); err != nil {
			return w.s.Fail(cancelled(ctx, err))
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
		return w.keepKeys(enc, from, n)
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

// keepKeys notes the keys of rows that are in.
func (w *writer) keepKeys(enc *encoded, from, n int) error {
	if w.keep == nil {
		return nil
	}
	for row := from; row < from+n; row++ {
		for c := range w.cells {
			if !w.cells[c].key {
				continue
			}
			if err := w.bind(w.keep, c+1, enc, row, c); err != nil {
				return err
			}
		}
		if err := w.keep.run(); err != nil {
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
		return r, w.s.Fail(fmt.Errorf("SQLite has rolled the transaction back"))
	}
	if err := w.s.db.exec(ctx, "RELEASE "+savepoint); err != nil {
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
	d := w.s.db
	if d == nil {
		return nil // rolled back as a whole
	}
	for _, st := range []*stmt{w.one, w.many, w.keep} {
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
	return w.s.Fail(d.exec(context.Background(), "ROLLBACK TO "+savepoint+"; RELEASE "+savepoint))
}
