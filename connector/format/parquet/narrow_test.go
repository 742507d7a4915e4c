package parquet

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"

	other "github.com/parquet-go/parquet-go"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// alive reads data under ranges and lists the rows that were not filtered.
func alive(t *testing.T, data []byte, ranges ...connector.Range) (rows []int) {
	t.Helper()
	d := open(t, connector.DecodeOptions{At: bytes.NewReader(data), Size: int64(len(data)), ChunkSize: 20_000, Ranges: ranges})
	m := &connector.Morsel{}
	n := 0
	for d.Next(context.Background(), m) == nil {
		if err := d.Decode(m); err != nil {
			t.Fatal(err)
		}
		b := &m.Batch
		if b.Rows != len(b.Sel)+int(b.Filtered) {
			t.Fatalf("%d rows, %d alive, %d filtered", b.Rows, len(b.Sel), b.Filtered)
		}
		for _, row := range b.Sel {
			rows = append(rows, n+int(row))
		}
		n += b.Rows
	}
	return rows
}

// TestNarrow filters by dictionaries: all rows outside, and none of the others. Where pages
// have none (phrase has too many values for some), rows outside may be left.
func TestNarrow(t *testing.T) {
	schema, b := mixed(10_000, 4)
	text := func(s string) *string { return &s }
	between := func(column string, low, high *string, in ...string) connector.Range {
		return connector.Range{Column: column, Type: record.Type{Kind: record.String}, Low: low, High: high, In: in}
	}
	inside := func(r connector.Range, row int32) bool {
		v := b.Cols[schema.Index(r.Column)].Vector()
		s := string(b.Text(v.Str[row]))
		return v.Cells[row] == record.Value && (r.Low == nil || s >= *r.Low) && (r.High == nil || s <= *r.High) && (r.In == nil || slices.Contains(r.In, s))
	}
	for _, o := range []Options{{Compression: "snappy", RowGroupRows: 3000}, {Compression: "none", RowGroupRows: 100_000}} {
		data := encode(t, o, schema, b, 1500)
		for _, tt := range []struct {
			name   string
			ranges []connector.Range
		}{
			{"one value", []connector.Range{between("word", text("bc"), text("bc"))}},
			{"empty text", []connector.Range{between("word", text(""), text(""))}},
			{"a set", []connector.Range{between("word", text("a"), text("déjà"), "a", "déjà")}},
			{"from", []connector.Range{between("phrase", text("phrase number 77"), nil)}},
			{"not NULL", []connector.Range{between("word", nil, nil)}},
			{"two of a column", []connector.Range{between("phrase", text("phrase number 2"), nil), between("phrase", nil, text("phrase number 5"))}},
			{"two columns", []connector.Range{between("word", text("a"), text("a")), between("phrase", nil, text("phrase number 5"))}},
			{"nothing matches", []connector.Range{between("word", text("b"), text("b"))}},
		} {
			var want []int
			for row := range int32(b.Rows) {
				if !slices.ContainsFunc(tt.ranges, func(r connector.Range) bool { return !inside(r, row) }) {
					want = append(want, int(row))
				}
			}
			got := alive(t, data, tt.ranges...)
			onlyWords := !slices.ContainsFunc(tt.ranges, func(r connector.Range) bool { return r.Column != "word" })
			if onlyWords && !slices.Equal(got, want) {
				t.Errorf("%s: %d rows are left, want %d", tt.name, len(got), len(want))
			}
			left := make(map[int]bool, len(got))
			for _, row := range got {
				left[row] = true
			}
			for _, row := range want {
				if !left[row] {
					t.Fatalf("%s: row %d was filtered", tt.name, row)
				}
			}
		}
		if got := alive(t, data, between("many", text("y"), nil)); len(got) != 0 && len(got) != b.Rows {
			t.Errorf("no dictionary: %d rows are left", len(got))
		}
	}
}

// TestNarrowKeepsBadText leaves rows that must be rejected, and those that no dictionary
// tells about.
func TestNarrowKeepsBadText(t *testing.T) {
	type row struct {
		A string `parquet:"a,dict"`
		B string `parquet:"b"`
	}
	for _, tt := range []struct {
		rows []row
		want []int
	}{
		{[]row{{"x", "1"}, {"y", "2"}, {"z", "3"}}, []int{1}},
		{[]row{{"x", "1"}, {"y", "2"}, {"z\xff", "3"}}, []int{0, 1, 2}},
	} {
		var out bytes.Buffer
		if err := other.Write(&out, tt.rows); err != nil {
			t.Fatal(err)
		}
		y := "y"
		got := alive(t, out.Bytes(), connector.Range{Column: "a", Type: record.Type{Kind: record.String}, Low: &y, High: &y})
		if fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%q: rows %v are left, want %v", tt.rows, got, tt.want)
		}
	}
}
