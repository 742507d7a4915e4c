package postgres

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// numericOf is a decimal's text as the server would send it: parsed here, digit by digit.
func numericOf(text string) []byte {
	sign := uint16(numericPositive)
	if text[0] == '-' {
		sign, text = numericNegative, text[1:]
	}
	whole, fraction, _ := strings.Cut(text, ".")
	scale := len(fraction)
	whole = strings.Repeat("0", (4-len(whole)%4)%4) + whole
	fraction += strings.Repeat("0", (4-scale%4)%4)
	weight := len(whole)/4 - 1
	var digits []uint16
	for all := whole + fraction; all != ""; all = all[4:] {
		var d uint16
		for _, c := range all[:4] {
			d = d*10 + uint16(c-'0')
		}
		digits = append(digits, d)
	}
	for len(digits) > 0 && digits[0] == 0 {
		digits, weight = digits[1:], weight-1
	}
	for len(digits) > 0 && digits[len(digits)-1] == 0 {
		digits = digits[:len(digits)-1]
	}
	if len(digits) == 0 {
		sign, weight = numericPositive, 0
	}
	var out []byte
	for _, x := range append([]uint16{uint16(len(digits)), uint16(int16(weight)), sign, uint16(scale)}, digits...) {
		out = binary.BigEndian.AppendUint16(out, x)
	}
	return out
}

var numerics = []string{"0", "0.00", "1", "-1", "9999", "10000", "10001", "100000000", "0.1", "0.0001", "0.00001", "-0.5", "12.30", "123456789.123456789",
	"999999999999999999", "1000000000000000000", "9223372036854775807", "-9223372036854775808", "0.000000000000000001", "99999999999999999999999999999999999999",
	"-1234567890123456789012345678.0123456789", "0.00000000000000000000000000000000000001", "10000000000000000000000000000000000000", "1.0000", "1.00000", "10000.00010000"}

func TestNumeric(t *testing.T) {
	for _, text := range numerics {
		_, fraction, _ := strings.Cut(text, ".")
		scale := len(fraction)
		x, problem := record.ParseDecimal([]byte(text), record.DecimalOf(record.MaxPrecision, scale))
		if problem != record.NoProblem {
			t.Fatalf("%s: %v", text, problem)
		}
		want := numericOf(text)
		if got := appendNumeric(nil, x, scale); string(got) != string(want) {
			t.Errorf("%s is sent as %x, want %x", text, got, want)
		}
		for _, more := range []int{0, 1, 3, 4} {
			if scale+more > record.MaxPrecision {
				continue
			}
			got, problem := parseNumeric(want, scale+more)
			wide, fits := x.MulPow10(more)
			if fits = fits && wide.FitsPrecision(record.MaxPrecision); fits != (problem == record.NoProblem) || fits && got != wide {
				t.Errorf("%s with %d decimals: %v, %v, want %v, %t", text, scale+more, got, problem, wide, fits)
			}
		}
		if got := numericText(want); got != text {
			t.Errorf("%s for people: %s", text, got)
		}
		if trimmed := strings.TrimRight(fraction, "0"); trimmed != "" {
			if _, problem := parseNumeric(want, len(trimmed)-1); problem != record.TooManyPlaces {
				t.Errorf("%s with %d decimals: %v", text, len(trimmed)-1, problem)
			}
			if got, problem := parseNumeric(want, len(trimmed)); problem != record.NoProblem || len(trimmed) == scale && got != x {
				t.Errorf("%s with %d decimals: %v, %v", text, len(trimmed), got, problem)
			}
		}
	}
}

func FuzzNumeric(f *testing.F) {
	for _, text := range numerics {
		f.Add(numericOf(text), 2)
	}
	f.Fuzz(func(t *testing.T, b []byte, scale int) {
		scale = min(max(scale, 0), record.MaxPrecision)
		if len(b) > 60_000 {
			return
		}
		numericText(b[:min(len(b), 200)])
		x, problem := parseNumeric(b, scale)
		if problem != record.NoProblem {
			return
		}
		again, problem := parseNumeric(appendNumeric(nil, x, scale), scale)
		if problem != record.NoProblem || again != x {
			t.Errorf("%x is %v, then %v, %v", b, x, again, problem)
		}
	})
}

// pieces hands out a stream in pieces of n bytes.
type pieces struct {
	data []byte
	n    int
}

func (p *pieces) Read(b []byte) (int, error) {
	n := copy(b, p.data[:min(p.n, len(p.data))])
	p.data = p.data[n:]
	return n, nil
}

// TestTap reads messages and rows in turn, however they arrive.
func TestTap(t *testing.T) {
	message := func(kind byte, size int) []byte {
		b := binary.BigEndian.AppendUint32([]byte{kind}, uint32(size+4))
		return append(b, make([]byte, size)...)
	}
	var stream []byte
	sizes := []int{0, 3, 100, 70_000, 2, 9}
	stream = append(stream, message('1', 0)...)
	stream = append(stream, message('2', 7)...)
	for _, s := range sizes {
		stream = append(stream, message('D', s)...)
	}
	stream = append(stream, message('C', 5)...)
	stream = append(stream, message('Z', 1)...)
	for _, n := range []int{1, 2, 7, 1000, 1 << 20} {
		for _, most := range []int{1, 2, 100} {
			p := &tap{r: &pieces{stream, n}}
			readMessage(t, p, '1')
			readMessage(t, p, '2')
			rows, bytes := 0, 0
			for more := true; more; {
				chunk, n, m, err := p.rows(nil, 200, most)
				if err != nil {
					t.Fatal(err)
				}
				rows, bytes, more = rows+n, bytes+len(chunk), m
			}
			if rows != len(sizes) || bytes != 5*len(sizes)+70_114 {
				t.Errorf("pieces of %d: %d rows, %d bytes", n, rows, bytes)
			}
			readMessage(t, p, 'C')
			readMessage(t, p, 'Z')
		}
	}
}

// readMessage reads with more room than the message takes.
func readMessage(t *testing.T, p *tap, kind byte) {
	t.Helper()
	buf := make([]byte, 8192)
	got := 0
	for got < header || got < 1+int(binary.BigEndian.Uint32(buf[1:])) {
		n, err := p.Read(buf[got:])
		if err != nil {
			t.Fatal(err)
		}
		got += n
	}
	if buf[0] != kind || got != 1+int(binary.BigEndian.Uint32(buf[1:])) {
		t.Fatalf("%d bytes of message %c, want %c", got, buf[0], kind)
	}
}

func TestWiden(t *testing.T) {
	for _, test := range []struct {
		have  string
		field record.Field
		want  string
	}{
		{"integer", record.Field{Type: record.Type{Kind: record.Int}}, "bigint"},
		{"bigint", record.Field{Type: record.Type{Kind: record.Int}}, ""},
		{"numeric(4,2)", record.Field{Type: record.DecimalOf(10, 4)}, "numeric(10,4)"},
		{"numeric(10,0)", record.Field{Type: record.DecimalOf(6, 4)}, "numeric(14,4)"},
		{"numeric(10,4)", record.Field{Type: record.DecimalOf(10, 4)}, ""},
		{"numeric", record.Field{Type: record.DecimalOf(10, 4)}, ""},
		{"bigint", record.Field{Type: record.DecimalOf(12, 2)}, "numeric(21,2)"},
		{"bigint", record.Field{Type: record.DecimalOf(12, 0)}, ""},
		{"character varying(3)", record.Field{Type: record.Type{Kind: record.String}}, "text"},
		{"character varying(3)", record.Field{Type: record.Type{Kind: record.String}, Native: record.Native{As: record.Type{Kind: record.String}, Length: 9}}, "character varying(9)"},
		{"character varying", record.Field{Type: record.Type{Kind: record.String}}, ""},
		{"text", record.Field{Type: record.Type{Kind: record.String}}, ""},
		{"real", record.Field{Type: record.Type{Kind: record.Float}}, "double precision"},
	} {
		if got := widen(sqldb.Column{Type: test.have}, test.field); got != test.want {
			t.Errorf("%s for %s: %q, want %q", test.have, test.field.Type, got, test.want)
		}
	}
}
