package postgres_test

import (
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
)

// A column whose type changes between the look at a table and its reading: eight bytes of
// the one are eight bytes of the other.
func TestTypeChangesBeforeReading(t *testing.T) {
	d := start(t)
	b := d.base(t)
	b.SQL(t, b.name, "CREATE TABLE t (id bigint, at timestamptz); INSERT INTO t VALUES (1, now())")
	for _, change := range []string{"ALTER TABLE t ALTER id TYPE double precision", "ALTER TABLE t ALTER at TYPE timestamp"} {
		s := b.Source(t, connector.SourceRequest{Table: "t"})
		if _, err := s.Discover(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.SQL(t, b.name, change)
		plan, err := s.Plan(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Open(t.Context(), plan.Splits[0]); err == nil || !strings.Contains(err.Error(), "was changed") || !connector.IsTransient(err) {
			t.Errorf("%s: %v", change, err)
		}
		s.Close()
	}
}
