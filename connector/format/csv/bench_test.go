package csv

import (
	"bytes"
	"testing"

	"github.com/headgate/headgate/connector/format/formattest"
)

func BenchmarkCSVDecode(b *testing.B) {
	data := formattest.OrdersCSV(100_000)
	all := defaults(",")
	all.Quoting = "all"
	quoted, err := formattest.Copy(CSV(), defaults(","), all, data)
	if err != nil {
		b.Fatal(err)
	}
	inputs := map[string]struct {
		data   []byte
		change func(*Options)
	}{
		"orders":  {data, func(*Options) {}},
		"crlf":    {bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")), func(*Options) {}},
		"quoted":  {quoted, func(*Options) {}},
		"careful": {data, func(o *Options) { o.Comment = "#" }},
		"stray":   {bytes.ReplaceAll(data, []byte("paid"), []byte(`5"`)), func(*Options) {}},
		"latin1":  {data, func(o *Options) { o.Encoding = "latin1" }},
	}
	for name, x := range inputs {
		o := defaults(",")
		x.change(o)
		in := formattest.Input{Format: CSV(), Config: o}
		b.Run(name+"/5 of 10", func(b *testing.B) {
			formattest.BenchmarkRead(b, in, x.data, "email", "country", "status", "amount", "quantity")
		})
		if name == "orders" {
			b.Run(name+"/none", func(b *testing.B) { formattest.BenchmarkRead(b, in, x.data) })
			b.Run(name+"/all", func(b *testing.B) { formattest.BenchmarkRead(b, in, x.data, formattest.OrderColumns()...) })
		}
	}
}

func BenchmarkCSVEncode(b *testing.B) {
	data := formattest.OrdersCSV(10_000)
	b.Run("raw", func(b *testing.B) { formattest.BenchmarkWrite(b, formattest.Input{Format: CSV()}, data, CSV()) })
	b.Run("examined", func(b *testing.B) { formattest.BenchmarkWrite(b, formattest.Input{Format: CSV()}, data, TSV()) })
}
