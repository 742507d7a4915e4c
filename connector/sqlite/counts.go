package sqlite

import (
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/headgate/headgate/connector"
)

// counts tells inserted rows from updated ones: an upsert does not say. They lie in C
// memory, since a callback of SQLite writes them.
type counts struct {
	db *db
	at uintptr // inserted, updated
}

const countWords = 2

func newCounts(d *db) counts {
	c := counts{db: d, at: libc.Xcalloc(d.tls, countWords, 8)}
	hook := countChange
	sqlite3.Xsqlite3_update_hook(d.tls, d.handle, *(*uintptr)(unsafe.Pointer(&hook)), c.at)
	return c
}

// countChange is called for every row that changes.
func countChange(_ *libc.TLS, at uintptr, op int32, _, _ uintptr, _ int64) {
	n := (*[countWords]int64)(pointer(at))
	switch op {
	case sqlite3.SQLITE_INSERT:
		n[0]++
	case sqlite3.SQLITE_UPDATE:
		n[1]++
	}
}

// get and set serve statements that are undone after they have been counted.
func (c *counts) get() [countWords]int64  { return *(*[countWords]int64)(pointer(c.at)) }
func (c *counts) set(n [countWords]int64) { *(*[countWords]int64)(pointer(c.at)) = n }

// into sets what an upsert of rows did, unless the sum shows that SQLite did not report
// everything (a table WITHOUT ROWID) or more than that (triggers).
func (c *counts) into(r *connector.Result, rows int64) {
	if n := c.get(); n[0]+n[1] == rows {
		r.Inserted, r.Updated = n[0], n[1]
	}
}

func (c *counts) free() {
	if c.at == 0 {
		return
	}
	sqlite3.Xsqlite3_update_hook(c.db.tls, c.db.handle, 0, 0)
	libc.Xfree(c.db.tls, c.at)
	c.at = 0
}
