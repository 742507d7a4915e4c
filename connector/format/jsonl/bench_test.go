package jsonl

import (
	"testing"

	"github.com/headgate/headgate/connector/format/csv"
	"github.com/headgate/headgate/connector/format/formattest"
	"github.com/headgate/headgate/connector/record"
)

func BenchmarkJSONLDecode(b *testing.B) {
	data := formattest.OrdersJSONL(100_000)
	in := formattest.Input{Format: Format()}
	b.Run("8 of 10", func(b *testing.B) {
		formattest.BenchmarkRead(b, in, data, formattest.OrderColumns()[1:9]...)
	})
	b.Run("2 of 10", func(b *testing.B) { formattest.BenchmarkRead(b, in, data, "amount", "status") })
}

func BenchmarkJSONLEncode(b *testing.B) {
	data := formattest.OrdersCSV(10_000)
	b.Run("strings", func(b *testing.B) { formattest.BenchmarkWrite(b, formattest.Input{Format: csv.CSV()}, data, Format()) })
	schema := formattest.Strings(formattest.OrderColumns())
	for i, t := range []record.Type{{Kind: record.Int}, {Kind: record.Int}, {}, {}, {}, record.DecimalOf(12, 2), {Kind: record.Int}, {Kind: record.Timestamp}} {
		if t.Kind != record.Invalid {
			schema.Fields[i].Type = t
		}
	}
	b.Run("typed", func(b *testing.B) {
		formattest.BenchmarkWrite(b, formattest.Input{Format: csv.CSV(), Schema: schema}, data, Format())
	})
}
