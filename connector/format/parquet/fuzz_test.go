package parquet

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/headgate/headgate/connector"
)

// FuzzParquet damages files: edits are triples of a place, in two bytes, and a byte to put
// there. It holds that no damage makes reading panic or loop, or take memory that the
// input does not fill, and that a file reads the same in pieces of any size. (Arbitrary bytes
// would hardly ever get past the footer.)
func FuzzParquet(f *testing.F) {
	var files [][]byte
	paths, err := filepath.Glob("testdata/apache/*.parquet")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		files = append(files, data)
	}
	schema, b := mixed(300, 1)
	for _, codec := range []string{"snappy", "zstd", "gzip", "none"} {
		files = append(files, encode(f, Options{Compression: codec, RowGroupRows: 200}, schema, b, 70))
	}
	files = append(files, encodings(f)...)
	for i := range files {
		f.Add(uint8(i), []byte{}, uint16(100))
		f.Add(uint8(i), []byte{4, 0, 255, 30, 0, 128}, uint16(1))
	}
	f.Fuzz(func(t *testing.T, which uint8, edits []byte, chunk uint16) {
		data := bytes.Clone(files[int(which)%len(files)])
		for ; len(edits) >= 3; edits = edits[3:] {
			data[(int(edits[1])<<8|int(edits[0]))%len(data)] = edits[2]
		}
		if rowsOf(data) > 1<<14 {
			return // a few bytes may stand for any number of equal rows, which takes its time
		}
		one, err := tryDecode(data, 0)
		many, err2 := tryDecode(data, 1+int(chunk))
		if (err == nil) != (err2 == nil) {
			t.Fatalf("error %v at once, %v in pieces", err, err2)
		}
		if err == nil && !reflect.DeepEqual(one, many) {
			t.Fatalf("at once %v\nin pieces %v", one, many)
		}
	})
}

// rowsOf is how many rows the footer promises, or values of a column if that is more.
func rowsOf(data []byte) int64 {
	d, err := NewDecoder(connector.DecodeOptions{At: bytes.NewReader(data), Size: int64(len(data))})
	if err != nil {
		return 0
	}
	if _, err := d.Columns(context.Background()); err != nil || d.file == nil {
		return 0
	}
	most := d.file.Rows
	for g := range d.file.Groups {
		chunks, err := d.chunks(g)
		if err != nil {
			continue
		}
		for _, c := range chunks {
			most = max(most, c.Values)
		}
	}
	return most
}
