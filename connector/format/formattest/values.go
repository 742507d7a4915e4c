package formattest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/headgate/headgate/connector/record"
)

// kindValues is a column type and texts of values that are hard on formats.
type kindValues struct {
	name  string
	typ   record.Type
	texts []string
}

// everyKind has a column for every kind.
func everyKind() []kindValues {
	k := func(kind record.Kind) record.Type { return record.Type{Kind: kind} }
	return []kindValues{
		{"bool", k(record.Bool), []string{"true", "false"}},
		{"int", k(record.Int), []string{"0", "-1", "9223372036854775807", "-9223372036854775808", "12345678"}},
		{"float", k(record.Float), []string{"0", "-0", "0.1", "1e300", "5e-324", "-1.7976931348623157e308", "100000000000000000000", "9007199254740993"}},
		{"small", record.DecimalOf(9, 2), []string{"0", "0.01", "-0.01", "1234567.89", "-1234567.89", "5"}},
		{"large", record.DecimalOf(38, 10), []string{"0", "1234567890123456789012345678.0123456789", "-9999999999999999999999999999.9999999999"}},
		{"text", k(record.String), hardTexts()},
		{"bytes", k(record.Bytes), []string{"", "AAH/", "YWJj", "InF1b3RlZCI="}},
		{"date", k(record.Date), []string{"1970-01-01", "0001-01-01", "9999-12-31", "2024-02-29"}},
		{"time", k(record.Time), []string{"00:00:00", "23:59:59.999999", "12:30:00"}},
		{"timestamp", k(record.Timestamp), []string{"1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"}},
		{"json", k(record.JSON), []string{"1", `"a\nb"`, `{"a": [1, 2.50, null], "b": "x, \"y\""}`, "[]", `"7"`, "12345678901234567890.10", "{\n  \"line\": 1\n}"}},
		{"uuid", k(record.UUID), []string{"00000000-0000-0000-0000-000000000000", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"}},
	}
}

// hardTexts are strings that delimited and quoted formats get wrong.
func hardTexts() []string {
	return []string{
		"", "a", "007", " padded ", "\t", `"`, `""`, `"a"`, `a"b`, `5" pipe`, ",", ";", "|", "a,b", "a\tb",
		"\n", "\r\n", "\r", "a\nb", "a\r\nb", "a\r", "\na", `\`, `\"`, `\n`, "NULL", "null", "NaN", "true", "-", "=1+1",
		"#", "# no comment", "\u00e9", "\u65e5\u672c", "\U0001f986", "\ufeff", "\u2028", "\u0000", "\u0001", "\u001f", "\u007f", "'", "''",
		strings.Repeat("x", 300), strings.Repeat(`"`, 9), strings.Repeat("ab,\n\"", 50),
	}
}

// generated is n rows of every kind. The same seed makes the same rows. A quarter of the
// cells are NULL, except in the first row, so that every column has a value.
func generated(n int, seed uint64) (*record.Schema, *record.Batch) {
	r := rand.New(rand.NewPCG(seed, 1))
	b := &record.Batch{}
	b.Reset(n)
	schema := &record.Schema{}
	for _, kv := range everyKind() {
		schema.Fields = append(schema.Fields, record.Field{Name: kv.name, Type: kv.typ, Declared: true})
		c := b.NewColumn(kv.typ)
		b.Cols = append(b.Cols, c)
		for row := range int32(n) {
			v := c.Vector()
			if row > 0 && r.IntN(4) == 0 {
				v.Cells[row] = record.Null
				continue
			}
			s := kv.texts[r.IntN(len(kv.texts))]
			if kv.typ.Kind == record.String && r.IntN(2) == 0 {
				s = randomText(r)
			}
			v.ParseCell(b, row, b.AddText([]byte(s)))
			if v.Cells[row] != record.Value {
				panic(fmt.Sprintf("%s: %s", kv.name, v.Fault(row).Message))
			}
		}
	}
	return schema, b
}

// randomText joins pieces that matter to formats.
func randomText(r *rand.Rand) string {
	pieces := []string{`"`, `""`, ",", "\n", "\r\n", "\r", "a", "bc", " ", "\\", "\u00e9", "\t", "{", ":", "0"}
	var s strings.Builder
	for range r.IntN(8) {
		s.WriteString(pieces[r.IntN(len(pieces))])
	}
	return s.String()
}

// contents is the rows of b as cells.
func contents(b *record.Batch) [][]Cell {
	vectors := make([]*record.Vector, len(b.Cols))
	for i, c := range b.Cols {
		vectors[i] = c.Values(b, b.Sel)
	}
	var rows [][]Cell
	for _, row := range b.Sel {
		cells, _ := rowCells(b, vectors, row)
		rows = append(rows, cells)
	}
	return rows
}
