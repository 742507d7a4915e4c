package csv

import (
	"fmt"
	"testing"

	"github.com/headgate/headgate/connector/format/formattest"
)

// wideCSV is a table of many columns, c000 and so on, with cells of 1 to 12 bytes.
func wideCSV(columns, rows int) []byte {
	var b []byte
	for row := range rows + 1 {
		for col := range columns {
			switch {
			case row == 0:
				b = fmt.Appendf(b, "c%03d", col)
			default:
				b = fmt.Appendf(b, "%d", (uint64(row)*2654435761+uint64(col)*40503)%[]uint64{10, 1000, 1e6, 1e12}[col%4])
			}
			b = append(b, ',')
		}
		b[len(b)-1] = '\n'
	}
	return b
}

func BenchmarkWide(b *testing.B) {
	for _, columns := range []int{30, 100, 300} {
		data := wideCSV(columns, 600_000/columns)
		in := formattest.Input{Format: CSV()}
		for _, used := range [][]string{{}, {"c003", "c010", "c029"}} {
			b.Run(fmt.Sprintf("%d of %d", len(used), columns), func(b *testing.B) {
				formattest.BenchmarkRead(b, in, data, used...)
			})
		}
	}
}
