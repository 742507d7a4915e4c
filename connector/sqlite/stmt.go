package sqlite

import (
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// stmt is a compiled statement. Parameters are numbered from 1, columns from 0.
type stmt struct {
	db     *db
	handle uintptr
}

// close may be called twice.
func (s *stmt) close() {
	if s.handle != 0 {
		sqlite3.Xsqlite3_finalize(s.db.tls, s.handle)
		s.handle = 0
	}
}

// step runs the statement up to its next row, and reports whether there is one.
func (s *stmt) step() (bool, error) {
	switch rc := sqlite3.Xsqlite3_step(s.db.tls, s.handle); rc {
	case sqlite3.SQLITE_ROW:
		return true, nil
	case sqlite3.SQLITE_DONE:
		return false, nil
	default:
		return false, s.db.failure(rc)
	}
}

// run runs a statement without rows, ready to run again.
func (s *stmt) run() error {
	_, err := s.step()
	sqlite3.Xsqlite3_reset(s.db.tls, s.handle)
	return err
}

func (s *stmt) reset() { sqlite3.Xsqlite3_reset(s.db.tls, s.handle) }

func (s *stmt) check(rc int32) error {
	if rc != sqlite3.SQLITE_OK {
		return s.db.failure(rc)
	}
	return nil
}

func (s *stmt) bindNull(i int) error {
	return s.check(sqlite3.Xsqlite3_bind_null(s.db.tls, s.handle, int32(i)))
}

func (s *stmt) bindInt(i int, x int64) error {
	return s.check(sqlite3.Xsqlite3_bind_int64(s.db.tls, s.handle, int32(i), x))
}

func (s *stmt) bindFloat(i int, x float64) error {
	return s.check(sqlite3.Xsqlite3_bind_double(s.db.tls, s.handle, int32(i), x))
}

// bindString copies x.
func (s *stmt) bindString(i int, x string) error {
	p, err := libc.CString(x)
	if err != nil {
		return err
	}
	defer libc.Xfree(s.db.tls, p)
	return s.check(sqlite3.Xsqlite3_bind_text(s.db.tls, s.handle, int32(i), p, int32(len(x)), sqlite3.SQLITE_TRANSIENT))
}

// bindText binds n bytes of C memory that stay as they are until the statement has run.
func (s *stmt) bindText(i int, p uintptr, n int) error {
	return s.check(sqlite3.Xsqlite3_bind_text(s.db.tls, s.handle, int32(i), p, int32(n), sqlite3.SQLITE_STATIC))
}

// bindBlob is bindText for bytes.
func (s *stmt) bindBlob(i int, p uintptr, n int) error {
	return s.check(sqlite3.Xsqlite3_bind_blob(s.db.tls, s.handle, int32(i), p, int32(n), sqlite3.SQLITE_STATIC))
}

func (s *stmt) columns() int { return int(sqlite3.Xsqlite3_column_count(s.db.tls, s.handle)) }

func (s *stmt) columnName(i int) string {
	return libc.GoString(sqlite3.Xsqlite3_column_name(s.db.tls, s.handle, int32(i)))
}

// declared is the type a column was declared with in its table, "" for an expression.
func (s *stmt) declared(i int) string {
	p := sqlite3.Xsqlite3_column_decltype(s.db.tls, s.handle, int32(i))
	if p == 0 {
		return ""
	}
	return libc.GoString(p)
}

// class is the storage class of a cell.
func (s *stmt) class(i int) int32 { return sqlite3.Xsqlite3_column_type(s.db.tls, s.handle, int32(i)) }

func (s *stmt) int(i int) int64 { return sqlite3.Xsqlite3_column_int64(s.db.tls, s.handle, int32(i)) }

func (s *stmt) float(i int) float64 {
	return sqlite3.Xsqlite3_column_double(s.db.tls, s.handle, int32(i))
}

// bytes is the text or blob of a cell, in C memory that is valid until the next
// step.
func (s *stmt) bytes(i int) []byte {
	p := sqlite3.Xsqlite3_column_blob(s.db.tls, s.handle, int32(i))
	if p == 0 {
		return nil
	}
	n := sqlite3.Xsqlite3_column_bytes(s.db.tls, s.handle, int32(i))
	return unsafe.Slice((*byte)(pointer(p)), n)
}

// text is the text of a cell, numbers spelled out, "" for NULL.
func (s *stmt) text(i int) string {
	p := sqlite3.Xsqlite3_column_text(s.db.tls, s.handle, int32(i))
	if p == 0 {
		return ""
	}
	return libc.GoString(p)
}
