package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/sqldb"
)

// database is a connection as configured.
type database struct {
	path string // of the file
	name string // for messages: the connection, or the file
}

func newDatabase(env connector.Env, cfg *Config) database {
	path := cfg.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(env.Project, path)
	}
	name := env.Connection
	if name == "" {
		name = cfg.Path
	}
	return database{path, name}
}

// openExisting opens a database that must be there.
func (d database) openExisting(ctx context.Context, flags int32) (*db, error) {
	info, err := os.Stat(d.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("open %s: %w%s", d.path, fs.ErrNotExist, sqldb.Suggest(filepath.Base(d.path), neighbours(d.path)))
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fmt.Errorf("open %s: is a folder, not a database", d.path)
	}
	c, err := d.open(ctx, flags)
	if flags == readOnly && isReadOnly(err) {
		// A program was killed in a transaction: whoever comes next rolls it back, which
		// takes the right to write.
		return d.open(ctx, readWrite)
	}
	return c, err
}

// isReadOnly reports whether SQLite had to write and might not.
func isReadOnly(err error) bool {
	var f *failure
	return errors.As(err, &f) && f.primary() == sqlite3.SQLITE_READONLY
}

// open opens the database and reads its first page, so that what is no database is
// found out here.
func (d database) open(ctx context.Context, flags int32) (*db, error) {
	c, err := openDB(d.path, flags)
	if err == nil {
		if err = c.patiently(ctx, func() error { return c.exec(ctx, "SELECT count(*) FROM sqlite_schema") }); err != nil {
			c.close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", d.path, err)
	}
	return c, nil
}

// neighbours lists the files beside path that may have been meant.
func neighbours(path string) []string {
	entries, _ := os.ReadDir(filepath.Dir(path))
	var names []string
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); !e.IsDir() && (ext == filepath.Ext(path) || ext == ".db" || ext == ".sqlite") {
			names = append(names, e.Name())
		}
	}
	return names
}

// busyTimeout is how long we wait for a lock that another program holds.
const busyTimeout = 10 * time.Second

// busyPause is the time between two tries.
const busyPause = 20 * time.Millisecond

// patiently runs try again while another program holds a lock. SQLite's own waiting
// cannot be cancelled.
func (d *db) patiently(ctx context.Context, try func() error) error {
	deadline := time.Now().Add(busyTimeout)
	for {
		err := try()
		if !isBusy(err) || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(busyPause):
		}
	}
}

func isBusy(err error) bool {
	var f *failure
	return errors.As(err, &f) && f.primary() == sqlite3.SQLITE_BUSY
}

// relation is a table or a view.
type relation struct {
	name string // as the database spells it
	kind string // table, view, virtual, shadow
}

// find looks a table or view up. The error names the nearest one there is.
func (d *db) find(name string) (relation, error) {
	all, err := d.relations()
	if err != nil {
		return relation{}, err
	}
	var names []string
	for _, r := range all {
		if strings.EqualFold(r.name, name) {
			return r, nil
		}
		if !strings.HasPrefix(r.name, "sqlite_") && !strings.HasPrefix(r.name, sqldb.OwnPrefix) {
			names = append(names, r.name)
		}
	}
	return relation{}, sqldb.NoTable(name, names)
}

func (d *db) relations() ([]relation, error) {
	rows, err := d.rows("SELECT name, type FROM pragma_table_list WHERE schema = 'main' ORDER BY name")
	var all []relation
	for _, r := range rows {
		all = append(all, relation{r[0].S, r[1].S})
	}
	return all, err
}

// tableColumns lists the columns of a table, without the hidden ones of virtual
// tables.
func (d *db) tableColumns(table string) ([]sqldb.Column, error) {
	rows, err := d.rows(`SELECT name, type, "notnull", dflt_value, pk, hidden >= 2 FROM pragma_table_xinfo(?) WHERE hidden <> 1`, &table)
	var cols []sqldb.Column
	for _, r := range rows {
		c := sqldb.Column{Name: r[0].S, Type: r[1].S, NotNull: r[2].S != "0" && r[3].Null, Generated: r[5].S == "1"}
		c.PrimaryKey, _ = strconv.Atoi(r[4].S)
		cols = append(cols, c)
	}
	return fillRowID(cols), err
}

// fillRowID drops NOT NULL from a lone INTEGER PRIMARY KEY: SQLite numbers it.
func fillRowID(cols []sqldb.Column) []sqldb.Column {
	if i := rowIDColumn(cols); i >= 0 {
		cols[i].NotNull = false
	}
	return cols
}

// rowIDColumn is the column that is another name of the rowid, -1 when none is.
func rowIDColumn(cols []sqldb.Column) int {
	found := -1
	for i, c := range cols {
		if c.PrimaryKey == 0 {
			continue
		}
		if found >= 0 || !strings.EqualFold(c.Type, "INTEGER") {
			return -1
		}
		found = i
	}
	return found
}
