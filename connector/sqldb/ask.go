package sqldb

import (
	"context"
	"io/fs"
	"strconv"
)

// Text is a cell that a database answers. S is "" for NULL.
type Text struct {
	S    string
	Null bool
}

// Ask runs a statement on a connection and yields its rows. A parameter that is nil is NULL.
type Ask func(ctx context.Context, sql string, args ...*string) ([][]Text, error)

// One is the first cell of a query; ok is false when there is no row, or it is NULL.
func (ask Ask) One(ctx context.Context, sql string, args ...*string) (s string, ok bool, err error) {
	rows, err := ask(ctx, sql, args...)
	if err != nil || len(rows) == 0 || len(rows[0]) == 0 {
		return "", false, err
	}
	return rows[0][0].S, !rows[0][0].Null, nil
}

// Count is the number that a query yields.
func (ask Ask) Count(ctx context.Context, sql string, args ...*string) (int64, error) {
	n, _, err := ask.One(ctx, sql, args...)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(n, 10, 64)
}

// NoTable is the error for a table that is not there, where known are those that are. It
// is an fs.ErrNotExist.
func NoTable(name string, known []string) error { return &noTable{name, Suggest(name, known)} }

type noTable struct{ name, suggestion string }

func (e *noTable) Error() string        { return "no table or view `" + e.name + "`" + e.suggestion }
func (e *noTable) Is(target error) bool { return target == fs.ErrNotExist }
