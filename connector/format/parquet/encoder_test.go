package parquet

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/headgate/headgate/connector/record"
)

// TestSameBytes: the same morsels make the same file, whether they are encoded one by one
// or at once, with memory that is used again.
func TestSameBytes(t *testing.T) {
	schema, _ := mixed(1, 1)
	var batches []*record.Batch
	for seed := range uint64(12) {
		_, b := mixed(3000+int(seed%5)*100, seed)
		batches = append(batches, b)
	}
	for _, codec := range []string{"snappy", "zstd", "none"} {
		o := Format().Config().(*Options)
		o.Compression, o.RowGroupRows = codec, 20_000
		write := func(workers int) []byte {
			e, err := NewEncoder(o, schema)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			var mu sync.Mutex
			turn := sync.NewCond(&mu)
			taken, appended := 0, 0
			var wg sync.WaitGroup
			for range workers {
				wg.Go(func() {
					var parcel []byte
					for {
						mu.Lock()
						mine := taken
						taken++
						mu.Unlock()
						if mine >= len(batches) {
							return
						}
						var err error
						parcel, err = e.Encode(parcel[:0], batches[mine])
						mu.Lock()
						for appended != mine {
							turn.Wait()
						}
						mu.Unlock()
						if err == nil {
							err = e.Append(&out, parcel)
						}
						if err != nil {
							t.Error(err)
						}
						mu.Lock()
						appended++
						turn.Broadcast()
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			if err := e.Close(&out); err != nil {
				t.Fatal(err)
			}
			return out.Bytes()
		}
		want := write(1)
		for _, workers := range []int{2, 5} {
			if got := write(workers); !bytes.Equal(got, want) {
				t.Errorf("%s, %d workers: other bytes", codec, workers)
			}
		}
		n := 0
		for _, b := range batches {
			n += b.Rows
		}
		if tab := decode(t, want, 0); len(tab.Rows) != n {
			t.Errorf("%s: %d rows, want %d", codec, len(tab.Rows), n)
		}
	}
}

// TestCrowd: many files that are open at once do not hold back more than their share.
func TestCrowd(t *testing.T) {
	schema, b := mixed(4000, 1)
	o := Format().Config().(*Options)
	var all []*Encoder
	var outs [90]bytes.Buffer
	for range outs {
		e, err := NewEncoder(o, schema)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	rounds := 4
	for range rounds {
		for i, e := range all {
			enc, err := e.Encode(nil, b)
			if err == nil {
				err = e.Append(&outs[i], enc)
			}
			if err != nil {
				t.Fatal(err)
			}
			if o.shop.held > sharedBytes+sharedBytes/4 {
				t.Fatalf("%d bytes are held back", o.shop.held)
			}
		}
	}
	for i, e := range all {
		if err := e.Close(&outs[i]); err != nil {
			t.Fatal(err)
		}
	}
	if o.shop.held != 0 || o.shop.encoders != 0 {
		t.Errorf("in the end %d bytes are held by %d encoders", o.shop.held, o.shop.encoders)
	}
	if tab := decode(t, outs[17].Bytes(), 0); len(tab.Rows) != 4000*rounds {
		t.Errorf("%d rows", len(tab.Rows))
	}
}

func TestOptions(t *testing.T) {
	schema, _ := mixed(1, 1)
	for _, tt := range []struct {
		o    Options
		want string
	}{
		{Options{Compression: "lzo", RowGroupRows: 1}, `compression "lzo"`},
		{Options{Compression: "snappy", Level: 3, RowGroupRows: 1}, "no levels"},
		{Options{Compression: "gzip", Level: 10, RowGroupRows: 1}, "must be 1 to 9"},
		{Options{Compression: "zstd", Level: -1, RowGroupRows: 1}, "must be 1 to 22"},
		{Options{Compression: "zstd"}, "row_group_rows 0"},
	} {
		if _, err := NewEncoder(&tt.o, schema); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: error %v, want %q", tt.o, err, tt.want)
		}
	}
	if _, err := NewEncoder(Format().Config().(*Options), &record.Schema{}); err == nil {
		t.Error("a file without columns was accepted")
	}
}

// TestLongStatistics: texts that are cut still enclose the values.
func TestLongStatistics(t *testing.T) {
	long := strings.Repeat("ö", 60)
	c, err := newOutColumn(record.Field{Name: "a", Type: record.Type{Kind: record.String}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ text, min, max string }{
		{"short", "short", "short"},
		{long, strings.Repeat("ö", 32), ""},
		{strings.Repeat("a", 100), strings.Repeat("a", 64), strings.Repeat("a", 63) + "b"},
		{"z" + long, "z" + strings.Repeat("ö", 31), "{"},
		{strings.Repeat("\x7f", 100), strings.Repeat("\x7f", 64), ""},
	} {
		e := extremes{min: []byte(tt.text), max: []byte(tt.text)}
		s := e.stats(&c, 0)
		if string(s.Min) != tt.min || string(s.Max) != tt.max {
			t.Errorf("%q: %q to %q, want %q to %q", tt.text, s.Min, s.Max, tt.min, tt.max)
		}
		if s.MinExact != (tt.min == tt.text) || s.MaxExact != (tt.max == tt.text) {
			t.Errorf("%q: exact %v %v", tt.text, s.MinExact, s.MaxExact)
		}
	}
}

// TestNoDictionary: a column that hardly repeats gives up at once.
func TestNoDictionary(t *testing.T) {
	var plain []byte
	for i := range 5000 {
		plain = appendBytes(plain, []byte(strings.Repeat("k", i%7)+string(rune('a'+i%26))+string(record.AppendDate(nil, int64(i)))))
	}
	var d dict
	d.reset(0)
	if _, ok := d.number(nil, plain, 5000); ok || d.n > 2*lookEvery {
		t.Errorf("dictionary %v, after %d values", ok, d.n)
	}
	plain = nil
	for i := range 5000 {
		plain = appendBytes(plain, []byte{byte(i % 100), byte(i % 20)})
	}
	d.reset(0)
	idx, ok := d.number(nil, plain, 5000)
	if !ok || d.n != 100 || len(idx) != 5000 || idx[101] != 1 || string(d.value(7)) != "\x07\x07" {
		t.Errorf("dictionary %v of %d values, %d numbers", ok, d.n, len(idx))
	}
}
