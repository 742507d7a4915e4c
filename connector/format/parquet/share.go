package parquet

import "sync/atomic"

const (
	// smallPages bounds the pages of all columns together that are decompressed in one go.
	smallPages = 16 << 20
	// readAhead bounds what all columns together have read and not decompressed.
	readAhead = 8 << 20
)

// share is what a column may take of memory that is bounded for all of them: files have thousands
// of columns.
type share struct {
	bound   int          // columns that may be asked for
	asked   atomic.Int32 // those that have been
	settled atomic.Int32 // those that had been when a batch was done; 0 = none is
}

// settle says that a batch is done: who has not asked for a column so far will hardly do so later.
func (s *share) settle() { s.settled.Store(s.asked.Load()) }

// of is a column's share of n bytes. It supposes that all columns are asked for until it knows better:
// memory that the first ones took would not come back.
func (s *share) of(n int) int {
	columns := int(s.settled.Load())
	if columns == 0 {
		columns = s.bound
	}
	return n / max(1, columns)
}
