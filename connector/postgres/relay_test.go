package postgres

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// relayColumns are columns that can be relayed, each with cells of its own, right and wrong ones.
var relayColumns = []struct {
	from  sourceType
	to    cellEncoder
	cells []string
}{
	{sourceType{Type: record.Type{Kind: record.Int}, wire: wireInt8}, cellEncoder{form: formInt8, key: true}, []string{bigEndian(8, 0), bigEndian(8, math.MaxInt64), bigEndian(4, 1)}},
	{sourceType{Type: record.Type{Kind: record.Int}, wire: wireInt4}, cellEncoder{form: formInt4}, []string{bigEndian(4, 7), bigEndian(8, 7)}},
	{sourceType{Type: record.Type{Kind: record.Int}, wire: wireInt2}, cellEncoder{form: formInt2}, []string{bigEndian(2, 7), ""}},
	{sourceType{Type: record.Type{Kind: record.Bool}, wire: wireBool}, cellEncoder{form: formBool}, []string{"\x00", "\x01", "\x01\x01"}},
	{sourceType{Type: record.Type{Kind: record.Float}, wire: wireFloat8}, cellEncoder{form: formFloat8}, []string{bigEndian(8, int64(math.Float64bits(0.1))), bigEndian(8, int64(math.Float64bits(math.Inf(1))))}},
	{sourceType{Type: record.Type{Kind: record.String}}, cellEncoder{form: formText}, []string{"", "x", "a longer text\nwith lines", "żółć"}},
	{sourceType{Type: record.Type{Kind: record.String}}, cellEncoder{form: formText, length: 4}, []string{"", "abcd", "żółć", "żółty", "abcde"}},
	{sourceType{Type: record.DecimalOf(12, 2), wire: wireNumeric}, cellEncoder{form: formNumeric, digits: 10, places: 3},
		[]string{string(numericOf("0.00")), string(numericOf("1234567.89")), string(numericOf("12345678.90")), string(numericOf("1234567890.12")), string(numericOf("-3.10")), string(numericOf("5")),
			string(numericOf("5.000")), string(numericOf("5.001")), "\x00\x00\x00\x00\xc0\x00\x00\x00", "\x00\x00\x00\x00\xd0\x00\x00\x20", "\x00"}},
	{sourceType{Type: record.Type{Kind: record.Date}, wire: wireDate}, cellEncoder{form: formDate}, []string{bigEndian(4, 0), bigEndian(4, math.MaxInt32), bigEndian(4, math.MinInt32), bigEndian(4, -730119), bigEndian(4, -730120)}},
	{sourceType{Type: record.Type{Kind: record.Time}, wire: wireTime}, cellEncoder{form: formTime, step: 1000}, []string{bigEndian(8, 0), bigEndian(8, dayMicros), bigEndian(8, 5000), bigEndian(8, 5001)}},
	{sourceType{Type: record.Type{Kind: record.Timestamp}, wire: wireTimestamp}, cellEncoder{form: formTimestamp, step: 1000}, []string{bigEndian(8, 0), bigEndian(8, -1000), bigEndian(8, 1), bigEndian(8, math.MaxInt64), bigEndian(8, math.MinInt64),
		bigEndian(8, record.MinTimestamp-epochMicros), bigEndian(8, record.MinTimestamp-epochMicros-1000), bigEndian(8, record.MaxTimestamp-epochMicros)}},
	{sourceType{Type: record.Type{Kind: record.UUID}, wire: wireUUID}, cellEncoder{form: formUUID}, []string{"0123456789abcdef", "short"}},
	{sourceType{Type: record.Type{Kind: record.JSON}, wire: wireJSONB}, cellEncoder{form: formJSONB}, []string{"\x01{}", "\x02{}", "\x01"}},
	{sourceType{Type: record.Type{Kind: record.Bytes}, wire: wireBytes}, cellEncoder{form: formBytes}, []string{"", "\x00\xff"}},
}

func bigEndian(size int, x int64) string {
	return string(binary.BigEndian.AppendUint64(nil, uint64(x))[8-size:])
}

// TestRelay compares rows that go on as they came with rows that are typed and encoded.
func TestRelay(t *testing.T) {
	src, s := &source{}, &sink{}
	for i, c := range relayColumns {
		src.columns = append(src.columns, column{sourceType: c.from, field: record.Field{Type: c.from.Type}, typed: true})
		c.to.index, c.to.kind, c.to.scale, c.to.step = i, c.from.Type.Kind, int(c.from.Type.Scale), max(c.to.step, 1)
		s.cells = append(s.cells, c.to)
	}
	random := rand.New(rand.NewPCG(1, 2))
	var chunk []byte
	const n = 5000
	for range n {
		row := binary.BigEndian.AppendUint16(nil, uint16(len(relayColumns)))
		for _, c := range relayColumns {
			switch cell := c.cells[0]; {
			case random.IntN(20) == 0:
				row = append(row, 0xff, 0xff, 0xff, 0xff)
			default:
				if random.IntN(4) == 0 {
					cell = c.cells[random.IntN(len(c.cells))]
				}
				row = appendSized(row, []byte(cell))
			}
		}
		chunk = append(binary.BigEndian.AppendUint32(append(chunk, 'D'), uint32(len(row)+4)), row...)
	}
	encode := func(relayed bool) (*record.Batch, []byte, *encoded) {
		r, w, e := &reader{src: src}, &writer{s: s}, &encoded{}
		m := &connector.Morsel{Chunk: chunk, Scratch: &rows{src: src, width: len(src.columns), n: n}}
		if err := r.Decode(m); err != nil {
			t.Fatal(err)
		}
		b := &m.Batch
		b.Sel = b.Sel[3 : n-1]
		if relayed {
			return b, w.encode(nil, b, e), e
		}
		for i := range s.cells {
			e.vecs = append(e.vecs, b.Cols[i].Values(b, b.Sel))
		}
		var out []byte
		for _, row := range b.Sel {
			out = w.encodeRow(out, b, e, row)
		}
		return b, out, e
	}
	relayed, got, e := encode(true)
	plain, want, f := encode(false)
	if len(e.relay.cells) != len(s.cells) || len(e.vecs) > 0 || len(e.rows) == 0 || len(relayed.Rejects) == 0 || relayed.Err != nil {
		t.Fatalf("relayed %d rows and rejected %d: %v", len(e.rows), len(relayed.Rejects), relayed.Err)
	}
	if !reflect.DeepEqual(relayed.Rejects, plain.Rejects) {
		t.Errorf("%d rejects, want %d", len(relayed.Rejects), len(plain.Rejects))
	}
	if !slices.Equal(e.rows, f.rows) || !slices.Equal(e.starts, f.starts) || string(got) != string(want) {
		t.Error("the rows differ")
	}
}

// TestRelayBrokenRow has a row whose cells do not fill its message.
func TestRelayBrokenRow(t *testing.T) {
	r := relay{cells: []relayCell{{form: formText, size: -1}}}
	for _, row := range []string{"", "\x00", "\x00\x01", "\x00\x01\x00\x00", "\x00\x01\x00\x00\x00\x02x", "\x00\x02\x00\x00\x00\x00", "\x00\x01\x7f\xff\xff\xff"} {
		if size, _ := r.row([]byte(row)); size == len(row) {
			t.Errorf("%q is taken for a row", row)
		}
	}
}

// TestZeroByte has texts with a zero byte in the chunk and in the arena.
func TestZeroByte(t *testing.T) {
	w := &writer{s: &sink{cells: []cellEncoder{{form: formText}}}}
	for buf, want := range map[string]int{"ab": 1, "a\x00": 2} {
		var b record.Batch
		b.Reset(3)
		b.Buf = []byte(buf)
		col := b.NewColumn(record.Type{Kind: record.String})
		b.Cols = append(b.Cols, col)
		for row, view := range []record.View{record.ChunkView(0, 2), b.AddText([]byte("x\x00")), b.AddText([]byte("x"))} {
			col.Vector().Str[row], col.Vector().Cells[row] = view, record.Value
		}
		if w.encode(nil, &b, &encoded{}); len(b.Rejects) != want {
			t.Errorf("%q: %v", buf, b.Rejects)
		}
	}
}
