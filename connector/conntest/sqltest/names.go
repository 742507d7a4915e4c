package sqltest

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/conntest"
)

// WantNames loads tables with these names, and with columns whose names mean something to somebody:
// of them odd and id are the key. The name of a table may end with the quote.
func (b Base) WantNames(t *testing.T, quote, odd, other string, tables ...string) {
	t.Helper()
	fields, key := "id int; "+odd+" int; SELECT string; %s int; "+other+" int", []string{odd, "id"}
	for _, table := range tables {
		keyed := table + "2"
		if name, quoted := strings.CutSuffix(table, quote); quoted {
			keyed = name + "2" + quote
		}
		for _, req := range []connector.SinkRequest{{Table: table}, {Table: table, Mode: "replace"}, {Table: table, Mode: "truncate"}, {Table: keyed, Mode: "upsert", Key: key}, {Table: keyed, Mode: "mirror", Key: key}} {
			second := "2|NULL|O'Brien; DROP TABLE t|5|6"
			if req.Key != nil {
				second = "2|9|O'Brien; DROP TABLE t|5|6"
			}
			rows := RowsOf(t, fields, "1|2|x|3|4", second)
			b.Load(t, req, rows)
			conntest.Same(t, req.Table+" "+req.Mode, b.Read(t, connector.SourceRequest{Table: req.Table}), rows.Cells)
		}
	}
}

// WantWidest loads a table with most columns, and one more is refused.
func (b Base) WantWidest(t *testing.T, most int) {
	t.Helper()
	var fields, cells []string
	for i := range most {
		fields, cells = append(fields, fmt.Sprintf("column_number_%d bool", i)), append(cells, strconv.FormatBool(i%3 == 0))
	}
	row := strings.Join(cells, "|")
	rows := RowsOf(t, strings.Join(fields, "; "), row, row)
	b.Load(t, connector.SinkRequest{Table: "t"}, rows)
	conntest.Same(t, "wide", b.Read(t, connector.SourceRequest{Table: "t"}), rows.Cells)
	rows = RowsOf(t, strings.Join(append(fields, "more int"), "; "))
	words := fmt.Sprintf("%d columns", most+1)
	b.Refused(t, connector.SinkRequest{Table: "u"}, rows, words)
	b.Refused(t, connector.SinkRequest{Table: "t", Evolve: "add_columns"}, rows, words)
}

// WantOneTransaction refuses statements before a load that end its transaction.
func (b Base) WantOneTransaction(t *testing.T, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		s := b.Sink(t, connector.SinkRequest{Table: "t", Before: []string{sql}})
		_, err := s.Prepare(t.Context(), conntest.Schema(t, "id int"), Run, false)
		WantError(t, err, "before statement 1 ended the transaction")
	}
}
