package parquet

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
)

// TestNotParquet reads files that came to harm, and what never was a Parquet file.
func TestNotParquet(t *testing.T) {
	schema, b := mixed(100, 1)
	file := func(codec string) []byte {
		return encode(t, Options{Compression: codec, RowGroupRows: 50}, schema, b, 30)
	}
	good, plain := file("snappy"), file("none")
	flip := func(data []byte, at int) []byte {
		data = bytes.Clone(data)
		data[at] ^= 1
		return data
	}
	tail := func(data []byte, drop int, more ...byte) []byte {
		return append(bytes.Clone(data[:len(data)-drop]), more...)
	}
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"text":             {[]byte("id,name\n1,anna\n2,bert\n"), "not a Parquet file"},
		"short":            {[]byte("PAR1"), "too short"},
		"encrypted":        {tail(good, 4, []byte("PARE")...), "encrypted"},
		"cut":              {tail(good, 10), "not a whole Parquet file"},
		"without start":    {good[len(good)/2:], ""},
		"without middle":   {slices.Delete(bytes.Clone(good), 4, len(good)/2), ""},
		"large footer":     {tail(good, 8, 255, 255, 255, 15, 'P', 'A', 'R', '1'), "larger than the file"},
		"short footer":     {tail(good, 8, 9, 0, 0, 0, 'P', 'A', 'R', '1'), "footer"},
		"page":             {flip(good, 60), "the file is damaged"},
		"page, not packed": {flip(plain, 60), "the file is damaged"},
		"head of a page":   {flip(good, 5), ""},
	} {
		_, err := tryDecode(tt.data, 0)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", name, err, tt.want)
		}
	}
}

// failing cannot be read from a place on.
type failing struct {
	io.ReaderAt
	from int64
}

var errGone = errors.New("the server went away")

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.from {
		return 0, errGone
	}
	return f.ReaderAt.ReadAt(p, off)
}

// TestSourceFails holds that the error of a source that cannot be read is what is told.
func TestSourceFails(t *testing.T) {
	schema, b := mixed(100, 1)
	data := encode(t, Options{Compression: "snappy", RowGroupRows: 50}, schema, b, 30)
	d, err := NewDecoder(connector.DecodeOptions{At: failing{bytes.NewReader(data), 100}, Size: int64(len(data))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = d.Columns(t.Context()); !errors.Is(err, errGone) {
		t.Errorf("error %v, want %v", err, errGone)
	}
}
