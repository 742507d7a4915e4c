package parquet

import (
	"testing"

	"github.com/headgate/headgate/connector/format/formattest"
)

func TestFormat(t *testing.T) {
	for name, o := range map[string]Options{
		"snappy":       {Compression: "snappy", RowGroupRows: defaultGroupRows},
		"zstd":         {Compression: "zstd", RowGroupRows: 100},
		"gzip":         {Compression: "gzip", Level: 9, RowGroupRows: 7},
		"uncompressed": {Compression: "none", RowGroupRows: 1},
	} {
		t.Run(name, func(t *testing.T) {
			formattest.Run(t, Format(), formattest.Harness{Config: func() any { o := o; return &o }})
		})
	}
}
