package parquet

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestCorpus reads files of other writers.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("testdata/apache/*.parquet")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(path, ".parquet") + ".golden"
			got := describe(data, 0)
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if small := describe(data, 1); !bytes.Equal(got, small) {
				t.Errorf("row by row it reads differently:\n%s\nthan at once:\n%s", small, got)
			}
		})
	}
}

// describe is what reading data gives, as text.
func describe(data []byte, chunk int) []byte {
	const shown = 40
	var out bytes.Buffer
	if d, err := NewDecoder(connector.DecodeOptions{At: bytes.NewReader(data), Size: int64(len(data))}); err == nil {
		names, err := d.Columns(context.Background())
		if err != nil {
			fmt.Fprintf(&out, "error: %v\n", err)
			return out.Bytes()
		}
		for i, typ := range d.Hints() {
			fmt.Fprintf(&out, "%s: %s\n", names[i], typ)
		}
	}
	tab, err := tryDecode(data, chunk)
	if tab != nil {
		fmt.Fprintf(&out, "%d rows\n", len(tab.Rows))
		for i, row := range tab.Rows {
			if i == shown {
				fmt.Fprintln(&out, "...")
				break
			}
			fmt.Fprintln(&out, row)
		}
		for _, r := range tab.Rejects {
			fmt.Fprintf(&out, "row %d rejected: %s %s\n", r.Line, r.Code, r.Record)
		}
	}
	if err != nil {
		fmt.Fprintf(&out, "error: %v\n", err)
	}
	return out.Bytes()
}
