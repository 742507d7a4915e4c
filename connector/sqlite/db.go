package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/sqldb"
)

// db is one connection to a database, used from one goroutine at a time. It calls
// SQLite's C API as translated to Go: the driver of database/sql boxes every cell.
type db struct {
	tls    *libc.TLS
	handle uintptr
}

// Flags of openDB.
const (
	readOnly  = sqlite3.SQLITE_OPEN_READONLY
	readWrite = sqlite3.SQLITE_OPEN_READWRITE | sqlite3.SQLITE_OPEN_CREATE
)

// openDB opens the database file at path.
func openDB(path string, flags int32) (*db, error) {
	d := &db{tls: libc.NewTLS()}
	name, err := libc.CString(path)
	if err != nil {
		d.tls.Close()
		return nil, err
	}
	defer libc.Xfree(d.tls, name)
	out := d.tls.Alloc(8)
	rc := sqlite3.Xsqlite3_open_v2(d.tls, name, out, flags|sqlite3.SQLITE_OPEN_NOMUTEX, 0)
	d.handle = *(*uintptr)(pointer(out))
	d.tls.Free(8)
	if rc != sqlite3.SQLITE_OK {
		err := d.failure(rc)
		d.close()
		return nil, err
	}
	sqlite3.Xsqlite3_extended_result_codes(d.tls, d.handle, 1)
	d.refuseQuotedStrings()
	return d, nil
}

// refuseQuotedStrings makes a misspelt name in double quotes an error. By default
// SQLite takes it for a string.
func (d *db) refuseQuotedStrings() {
	const slot = 8
	args := d.tls.Alloc(2 * slot)
	defer d.tls.Free(2 * slot)
	sqlite3.Xsqlite3_db_config(d.tls, d.handle, sqlite3.SQLITE_DBCONFIG_DQS_DML, libc.VaList(args, int32(0), uintptr(0)))
}

// close releases the connection. It may be called twice.
func (d *db) close() {
	if d.tls == nil {
		return
	}
	if d.handle != 0 {
		sqlite3.Xsqlite3_close_v2(d.tls, d.handle)
	}
	d.tls.Close()
	d.tls, d.handle = nil, 0
}

// failure is an error of SQLite.
type failure struct {
	code int // extended
	text string
}

func (f *failure) Error() string { return f.text }

// primary is the code without its extension.
func (f *failure) primary() int { return f.code & 0xff }

// failure makes the error of the last call.
func (d *db) failure(rc int32) error {
	f := &failure{code: int(rc)}
	if d.handle == 0 {
		f.text = libc.GoString(sqlite3.Xsqlite3_errstr(d.tls, rc))
		return f
	}
	if ext := sqlite3.Xsqlite3_extended_errcode(d.tls, d.handle); ext&0xff == rc&0xff {
		f.code = int(ext)
	}
	f.text = libc.GoString(sqlite3.Xsqlite3_errmsg(d.tls, d.handle))
	switch f.primary() {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return connector.Transient(fmt.Errorf("%w: %w: another program has locked it for more than %s", connector.ErrUnreachable, f, busyTimeout))
	case sqlite3.SQLITE_FULL:
		f.text = "no space left on device"
	}
	return f
}

// isConstraint reports whether err says that a row breaks a rule of the table.
func isConstraint(err error) bool {
	var f *failure
	if !errors.As(err, &f) {
		return false
	}
	switch f.primary() {
	case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG:
		return true
	}
	return false
}

// watch interrupts the connection when ctx ends, until the result is called.
func (d *db) watch(ctx context.Context) (stop func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	finished := make(chan struct{})
	end := context.AfterFunc(ctx, func() {
		defer close(finished)
		sqlite3.Xsqlite3_interrupt(d.tls, d.handle)
	})
	return func() {
		if !end() {
			<-finished
		}
	}
}

// exec runs the statements in sql and discards their rows.
func (d *db) exec(ctx context.Context, sql string) error {
	defer d.watch(ctx)()
	for {
		st, rest, err := d.prepareFirst(sql)
		if err != nil || st == nil {
			return cancelled(ctx, err)
		}
		for more := true; more && err == nil; {
			more, err = st.step()
		}
		st.close()
		if err != nil {
			return cancelled(ctx, err)
		}
		sql = rest
	}
}

// cancelled is the context's error when that is why SQLite stopped.
func cancelled(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// prepare compiles one of our own statements.
func (d *db) prepare(sql string) (*stmt, error) {
	st, _, err := d.prepareFirst(sql)
	return st, err
}

// prepareFirst compiles the first statement in sql, nil when there is none.
func (d *db) prepareFirst(sql string) (st *stmt, rest string, err error) {
	if strings.ContainsRune(sql, 0) {
		return nil, "", errors.New("the statement contains a zero byte")
	}
	text, err := libc.CString(sql)
	if err != nil {
		return nil, "", err
	}
	defer libc.Xfree(d.tls, text)
	out := d.tls.Alloc(16)
	defer d.tls.Free(16)
	tail := out + 8
	rc := sqlite3.Xsqlite3_prepare_v3(d.tls, d.handle, text, int32(len(sql)+1), sqlite3.SQLITE_PREPARE_PERSISTENT, out, tail)
	if rc != sqlite3.SQLITE_OK {
		return nil, "", d.failure(rc)
	}
	rest = sql[*(*uintptr)(pointer(tail))-text:]
	if handle := *(*uintptr)(pointer(out)); handle != 0 {
		st = &stmt{db: d, handle: handle}
	}
	return st, rest, nil // no statement: nothing but blanks and comments, up to the end
}

// query is rows as sqldb asks for them.
func (d *db) query(_ context.Context, sql string, args ...*string) ([][]sqldb.Text, error) {
	return d.rows(sql, args...)
}

// rows runs a statement and yields its rows as texts. A parameter that is nil is NULL.
func (d *db) rows(sql string, args ...*string) ([][]sqldb.Text, error) {
	st, err := d.prepare(sql)
	if err != nil {
		return nil, err
	}
	defer st.close()
	for i, a := range args {
		if a == nil {
			err = st.bindNull(i + 1)
		} else {
			err = st.bindString(i+1, *a)
		}
		if err != nil {
			return nil, err
		}
	}
	var rows [][]sqldb.Text
	for {
		more, err := st.step()
		if !more || err != nil {
			return rows, err
		}
		row := make([]sqldb.Text, st.columns())
		for i := range row {
			row[i] = sqldb.Text{S: st.text(i), Null: st.class(i) == sqlite3.SQLITE_NULL}
		}
		rows = append(rows, row)
	}
}

// queryText is the first column of each row.
func (d *db) queryText(sql string, args ...string) ([]string, error) {
	places := make([]*string, len(args))
	for i := range args {
		places[i] = &args[i]
	}
	rows, err := d.rows(sql, places...)
	var all []string
	for _, r := range rows {
		all = append(all, r[0].S)
	}
	return all, err
}
