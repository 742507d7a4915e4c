// Package sqlite reads and writes SQLite databases, without cgo.
//
// A run is one transaction. Prepare begins it, rows are inserted as they come,
// Commit runs the closing statements, notes the run and its cursor in the table
// _headgate_state, and commits. Until then nobody sees a row, and after a crash
// SQLite rolls everything back: Seal holds no promise of its own, and Commit in
// another process than the one that inserted finds either the run's mark, and
// succeeds, or nothing, and returns connector.ErrNothingStaged. The database is
// locked against other writers as long as the run lasts.
//
// SQLite types values, not columns. A column's declared type says what its values
// should be; a value that is not is a bad cell, never a guess. In the other
// direction a value that a column's affinity would change (the text 007 in an
// INTEGER column) is rejected.
package sqlite

import (
	"context"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/sqldb"
)

// Config is what a SQLite connection takes.
type Config struct {
	Path string `key:"path" required:"true" help:"database file; relative to the project, or absolute"`
}

// Type is the registry entry.
func Type() *connector.Type {
	return &connector.Type{
		Name:    "sqlite",
		Summary: "tables of a SQLite database file",
		Config:  func() any { return &Config{} },
		Table: &connector.Table{
			NewSource: func(_ context.Context, env connector.Env, cfg any, req connector.SourceRequest) (connector.Source, error) {
				return newSource(env, cfg.(*Config), req), nil
			},
			NewSink: func(_ context.Context, env connector.Env, cfg any, req connector.SinkRequest) (connector.Sink, error) {
				return newSink(env, cfg.(*Config), req), nil
			},
			Modes: sqldb.Modes(),
			Describe: func(ctx context.Context, env connector.Env, cfg any, name string) ([]connector.Relation, error) {
				return newDatabase(env, cfg.(*Config)).describe(ctx, name)
			},
			Privileges: func(ctx context.Context, env connector.Env, cfg any, needs []connector.Need) (*connector.Privileges, error) {
				return newDatabase(env, cfg.(*Config)).privileges(ctx, needs)
			},
			WriteName: dialect().WriteName,
			OneWriter: true,
		},
	}
}

const dialectName = "SQLite"

// dialect is SQLite's. Column names fold ASCII case only, but two names that differ
// in the case of another letter are no better idea.
func dialect() *sqldb.Dialect {
	return &sqldb.Dialect{
		Name: dialectName, Quote: '"', FoldCase: true, MaxColumns: 2000,
		Upsert: sqldb.OnConflict, Join: sqldb.JoinExists, Distinct: "%s IS NOT %s", TextType: "TEXT", KeyTextType: "TEXT", ColumnType: columnType,
	}
}
