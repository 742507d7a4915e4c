package connector

import (
	"context"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/connector/record"
)

// Type is a registry entry for a kind of connection: data and constructors. Store and
// Table exclude each other; a type without both serves as a tunnel only.
type Type struct {
	Name    string // as `type:` spells it
	Summary string
	// Config returns a pointer to a new struct of the keys a connection of this
	// type takes; package spec says which tags it carries.
	Config func() any
	// Store opens a store of bytes.
	Store func(ctx context.Context, env Env, cfg any) (Store, error)
	// NoRename says that Store.Rename never works, so that a flow which would move files after
	// its commit is told before.
	NoRename bool
	// Table opens rows.
	Table *Table
	// Tunnel opens a way to other machines; nil = the type is none.
	Tunnel func(ctx context.Context, env Env, cfg any) (Tunnel, error)
	// Test reaches the other side, logs in, and reports what it saw; it changes nothing
	// that stays. nil = there is nothing to reach.
	Test func(ctx context.Context, env Env, cfg any) (*Probe, error)
	// Check says what is wrong with the values of the keys, alone and beside each other, without
	// a network, a store or the day's date. An error starts with the key that is at fault and a
	// colon; one that is marked ErrRefused tells of what no run would be allowed to do. Errors that
	// are nil count as none. nil = there is nothing to check.
	Check func(cfg any) []error
	// HostKeys asks an SSH server who it is, without a credential and without logging in:
	// what `connection trust` shows. nil = the type has no host keys; one that has them takes
	// those to trust under the key host_keys.
	HostKeys func(ctx context.Context, env Env, cfg any) ([]HostKey, error)
}

// Table is a connector whose unit is the row.
type Table struct {
	NewSource func(ctx context.Context, env Env, cfg any, req SourceRequest) (Source, error) // nil = cannot be read
	NewSink   func(ctx context.Context, env Env, cfg any, req SinkRequest) (Sink, error)     // nil = cannot be written
	Modes     []string                                                                       // load modes it offers
	// Describe lists what a connection has: all relations without their columns, or, with
	// a name, that one with them. nil = the type cannot tell.
	Describe func(ctx context.Context, env Env, cfg any, name string) ([]Relation, error)
	// Privileges compares what the login may do with what flows need; it changes nothing. nil = the
	// type cannot tell.
	Privileges func(ctx context.Context, env Env, cfg any, needs []Need) (*Privileges, error)
	// WriteName is a part of a table's name as a flow must write it, in quotes where it needs
	// them; nil = as it is.
	WriteName func(part string) string
	// OneWriter says that a database takes the rows of one sink at a time.
	OneWriter bool
	// BatchBytes is how much of its source a batch should be made of for a sink that pays for
	// each of them; 0 = it does not matter.
	BatchBytes int
}

// Relation is a table, a view or the like.
type Relation struct {
	Name    string           `json:"name"`             // as a flow writes it
	Schema  string           `json:"schema,omitempty"` // that it lies in; "" where there are none
	Table   string           `json:"table"`            // its own name, as it is
	Near    bool             `json:"near"`             // a flow may name it without its schema
	Kind    string           `json:"kind"`             // table, view, ...
	Rows    int64            `json:"rows"`             // estimate, -1 unknown
	Columns []RelationColumn `json:"columns,omitempty"`
	Indexes []string         `json:"indexes,omitempty"` // for people
}

// Whole reports whether it has rows of its own, and all of them: a view and a partition do not.
func (r Relation) Whole() bool { return r.Kind == "table" || r.Kind == "partitioned table" }

// RelationColumn is a column of a Relation.
type RelationColumn struct {
	Name    string `json:"name"`
	Type    string `json:"type"`    // as the database spells it
	As      string `json:"read_as"` // the type that a flow gets
	NotNull bool   `json:"not_null,omitempty"`
	Key     int    `json:"key,omitempty"` // place in the primary key from 1; 0 = not in it
}

// Env is what the program lends a connector.
type Env struct {
	Project    string    // the project's folder; relative paths start here
	Connection string    // the connection's name, for messages; "" = the project's own files
	Stdin      io.Reader // what the name "-" reads; nil = not available
	Stdout     io.Writer // what the name "-" writes; nil = not available

	Secrets Secrets       // of Connection; nil = there is no store to take them from
	Keys    Keys          // of `keys:`; nil as above
	Network NetworkPolicy // for package netguard, which every connector dials through
	Tunnel  Dial          // through the connection's tunnel; nil = it has none
	Notice  func(Notice)  // tells the audit log; nil = nobody listens
	Retry   Retry         // the flow's rule; the zero value where it has none
}

// SourceRequest is what a flow asks of a table source.
type SourceRequest struct {
	Table   string         // or Query
	Query   string         // parameters are bound, see Args
	Args    map[string]any // named parameters of Query: string, int64, float64, bool, or nil
	Select  []string       // columns; empty = all
	Columns []record.Field // declared columns
	// NewColumn (ignore, add, fail) and MissingColumn (ignore, fail) say what to do when the columns
	// differ from the declared ones; empty = ignore and fail.
	NewColumn, MissingColumn string
	Incremental              *Incremental
	Split                    *SplitBy // nil = in one piece
	BatchRows                int      // rows of a morsel; 0 = the connector's default
	BatchBytes               int      // of a morsel, about; 0 = the connector's default
}

// SplitBy cuts a table by ranges of a column, all read from one snapshot.
type SplitBy struct {
	Column     string
	TargetRows int64 // of a piece, about; 0 = the connector's default
}

// Incremental reads only what is new since the cursor.
type Incremental struct {
	Cursor string // column whose values grow
	// TieBreaker is a column that orders rows with equal cursors, and never NULL. "" = none:
	// then rows that come later with the cursor of the last row read are an error.
	TieBreaker string
	Start      string // where the first run starts; "" = at the beginning
	// Lag reads again what is younger than this before the cursor, for rows that became
	// visible late. Rows that were read before are left out: they are told apart by
	// TieBreaker, which must then be there.
	Lag   time.Duration
	Nulls string // rows without a cursor: skip (also ""), fail, include (again in every run)
	// From and To bound a backfill, From <= cursor < To. The stored cursor then
	// neither counts nor moves. "" = no bound; both empty = no backfill.
	From, To string
}

// SinkRequest is what a flow asks of a table sink.
type SinkRequest struct {
	Table         string
	Mode          string   // append replace truncate upsert ...
	Key           []string // for upsert
	Create        string   // if_missing, never
	Evolve        string   // fail, add_columns, widen
	Before, After []string // statements
	MaxShrink     *float64 // refuse a replace or mirror that loses a larger share of the rows; nil = no guard
}

// Registry lists connection types, formats and codecs. It is filled once and
// then only read.
type Registry struct {
	Types   []*Type
	Formats []*Format
	Codecs  []*Codec
}

// Type finds a connection type by name; nil when there is none.
func (r *Registry) Type(name string) *Type {
	return find(r.Types, func(t *Type) bool { return t.Name == name })
}

// Format finds a format by name; nil when there is none.
func (r *Registry) Format(name string) *Format {
	return find(r.Formats, func(f *Format) bool { return f.Name == name })
}

// Codec finds a codec by name; nil when there is none.
func (r *Registry) Codec(name string) *Codec {
	return find(r.Codecs, func(c *Codec) bool { return c.Name == name })
}

// Layers reads a file name's extensions: the codecs outermost first, then the format, which is
// nil when the name does not tell it. "a.csv.gz" is gzip over csv.
func (r *Registry) Layers(name string) (codecs []*Codec, format *Format) {
	name = strings.ToLower(path.Base(name))
	for {
		ext := path.Ext(name)
		if ext == "" {
			return codecs, nil
		}
		name = strings.TrimSuffix(name, ext)
		if f := find(r.Formats, func(f *Format) bool { return slices.Contains(f.Extensions, ext) }); f != nil {
			return codecs, f
		}
		c := find(r.Codecs, func(c *Codec) bool { return slices.Contains(c.Extensions, ext) })
		if c == nil {
			return codecs, nil
		}
		codecs = append(codecs, c)
	}
}

func find[T any](list []*T, is func(*T) bool) *T {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i]
	}
	return nil
}
