package sqltest

import (
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/record"
)

// Server is what the suites need to know of a kind of database.
type Server struct {
	// Base is the database of a key, the same for the same key.
	Base func(t testing.TB, key string) Base
	// Left lists what is in the database of a key, or in its folder.
	Left func(t testing.TB, key string) []string
	// Sequence is what stands after FROM for numbers in a column i.
	Sequence func(from, to int) string
	Moment   string // a type of moments, to the microsecond
	Zone     string // after such a moment, where it needs one to be in UTC
	Analyze  string // statement after which the server knows how many rows t has
	NotNull  string // in the reject of a NULL where there may be none
	Beside   bool   // splits are read beside each other

	// For the suites of faults: where it listens, how it is killed and comes back, and what
	// its protocol sends for COMMIT.
	Address string
	Kill    func()
	Restart func(t testing.TB)
	Commit  string
}

// RunSource runs the contract of sources.
func (s Server) RunSource(t *testing.T) {
	conntest.RunSource(t, conntest.SourceHarness{
		Make: func(t testing.TB, dir string, rows conntest.Rows) {
			s.Base(t, dir).Load(t, connector.SinkRequest{Table: "t"}, rows)
		},
		Open: func(t testing.TB, dir string, declared []record.Field, piece int) connector.Source {
			return s.Base(t, dir).Source(t, connector.SourceRequest{Table: "t", Columns: declared, BatchRows: piece})
		},
		Pieces: []int{1, 2, 7, 1000},
	})
}

// RunSink runs the contract of sinks for the modes that need no key.
func (s Server) RunSink(t *testing.T) {
	for _, mode := range []string{"", "replace", "truncate"} {
		t.Run("mode "+mode, func(t *testing.T) { s.RunMode(t, connector.SinkRequest{Table: "t", Mode: mode}) })
	}
}

// RunMode runs the contract of sinks.
func (s Server) RunMode(t *testing.T, req connector.SinkRequest) {
	conntest.RunSink(t, conntest.SinkHarness{
		Open: func(t testing.TB, dir string) connector.Sink { return s.Base(t, dir).Sink(t, req) },
		Visible: func(t testing.TB, dir string, sch *record.Schema) ([][]string, bool) {
			return s.Base(t, dir).Visible(t, "t", sch.Fields)
		},
		Left: s.Left,
		Adds: req.Mode == "", State: true,
	})
}
