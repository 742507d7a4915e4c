package record

import "testing"

var (
	sinkInt    int64
	sinkFloat  float64
	sinkInt128 Int128
)

func BenchmarkParseInt(b *testing.B) {
	text := []byte("1234567")
	b.ReportAllocs()
	for b.Loop() {
		sinkInt, _ = ParseInt(text)
	}
}

func BenchmarkParseDecimal(b *testing.B) {
	for name, text := range map[string]string{"short": "1234.56", "long": "12345678901234567890.12"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sinkInt128, _ = ParseDecimal([]byte(text), DecimalOf(38, 2))
			}
		})
	}
}

func BenchmarkParseFloat(b *testing.B) {
	for name, text := range map[string]string{"short": "1234.56", "long": "-73.98513031005859"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sinkFloat, _ = ParseFloat([]byte(text))
			}
		})
	}
}

func BenchmarkParseTimestamp(b *testing.B) {
	for name, text := range map[string]string{"utc": "2024-01-02T03:04:05Z", "full": "2024-01-02 03:04:05.123456+02:00"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sinkInt, _ = ParseTimestamp([]byte(text))
			}
		})
	}
}

// fixedOrigin has the same text in every cell.
type fixedOrigin struct{ listOrigin }

func (*fixedOrigin) FillText(b *Batch, _ int, sel []int32, v *Vector) {
	for _, row := range sel {
		v.Str[row], v.Cells[row] = ChunkView(0, len(b.Buf)), Value
	}
}

// BenchmarkColumn types columns of 4,096 rows; it reports the time of a batch.
func BenchmarkColumn(b *testing.B) {
	for _, c := range []struct {
		t    Type
		text string
	}{{kind(String), "text"}, {kind(Int), "1234567"}, {DecimalOf(12, 2), "1234.56"}, {kind(Float), "1234.56"}, {kind(Date), "2024-01-02"},
		{kind(Timestamp), "2024-01-02T03:04:05Z"}, {kind(Bool), "true"}} {
		b.Run(c.t.String(), func(b *testing.B) {
			b.ReportAllocs()
			var batch Batch
			for b.Loop() {
				batch.Reset(4096)
				batch.Buf, batch.Origin = []byte(c.text), &fixedOrigin{}
				batch.InputColumn(c.t, 0).Values(&batch, batch.Sel)
			}
		})
	}
}

func BenchmarkAppendText(b *testing.B) {
	for _, c := range []struct {
		t    Type
		text string
	}{{kind(Int), "1234567"}, {DecimalOf(12, 2), "1234.56"}, {DecimalOf(38, 2), "12345678901234567890.12"}, {kind(Float), "1234.56"},
		{kind(Date), "2024-01-02"}, {kind(Timestamp), "2024-01-02T03:04:05Z"}, {kind(String), "some text"}} {
		b.Run(c.t.String(), func(b *testing.B) {
			batch, v := parseOne(c.t, c.text)
			dst := make([]byte, 0, 64)
			b.ReportAllocs()
			for b.Loop() {
				dst = v.AppendText(dst[:0], batch, 0)
			}
		})
	}
}

func BenchmarkInt128(b *testing.B) {
	small, large := Int128Of(12345), Int128{12345, 67890}
	b.Run("mul64", func(b *testing.B) {
		for b.Loop() {
			sinkInt128, _ = small.Mul(small)
		}
	})
	b.Run("mul128", func(b *testing.B) {
		for b.Loop() {
			sinkInt128, _ = large.Mul(small)
		}
	})
	b.Run("divDecimal", func(b *testing.B) {
		for b.Loop() {
			sinkInt128, _ = DivDecimal(small, 2, large, 2, 20)
		}
	})
}
