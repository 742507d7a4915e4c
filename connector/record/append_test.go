package record

import (
	"math"
	"math/big"
	"strings"
	"testing"
)

// TestAppendDecimalMatchesBig compares every edge at every scale with math/big.
func TestAppendDecimalMatchesBig(t *testing.T) {
	for _, x := range edges() {
		for scale := range MaxPrecision + 1 {
			digits := new(big.Int).Abs(x.big()).String()
			if n := scale + 1 - len(digits); n > 0 {
				digits = strings.Repeat("0", n) + digits
			}
			want := digits
			if scale > 0 {
				want = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
			}
			if x.Sign() < 0 {
				want = "-" + want
			}
			if got := string(AppendDecimal(nil, x, scale)); got != want {
				t.Errorf("AppendDecimal(%v, %d) = %s, want %s", x.big(), scale, got, want)
			}
		}
	}
}

func TestAppendFloatReadsBack(t *testing.T) {
	for _, x := range []float64{0, math.Copysign(0, -1), 1, -1, 0.1, 1e21, 1e20, 1e-6, 9e-7, 1 << 53, 1<<53 - 1, 5e-324, math.MaxFloat64, -123456.789, math.Inf(1), math.Inf(-1)} {
		text := AppendFloat(nil, x)
		got, p := ParseFloat(text)
		if p != NoProblem || math.Float64bits(got) != math.Float64bits(x) {
			t.Errorf("%v was written as %s, which reads as %v", x, text, got)
		}
	}
}

func TestAppendTextKeepsPrefix(t *testing.T) {
	for typ, text := range map[Type]string{kind(Bool): "false", kind(Int): "7", kind(Float): "0.5", DecimalOf(5, 2): "1.50", kind(String): "x",
		kind(Bytes): "x", kind(Date): "2024-01-02", kind(Time): "01:02:03", kind(Timestamp): "2024-01-02T03:04:05Z"} {
		b, v := parseOne(typ, text)
		bare := string(v.AppendText(nil, b, 0))
		if got := string(v.AppendText([]byte("> "), b, 0)); got != "> "+bare {
			t.Errorf("%v: %q", typ, got)
		}
	}
}
