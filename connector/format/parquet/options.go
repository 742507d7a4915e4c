package parquet

import (
	"fmt"
	"io"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// defaultGroupRows is a row group's size: large enough that its columns are read in
// few pieces, small enough that a reader can leave many of them out.
const defaultGroupRows = 128 << 10

// batchBytes makes pages of thousands of rows: those of smaller batches compress less.
const batchBytes = 512 << 10

// Options are the keys of `parquet:` under decode and encode.
type Options struct {
	Compression  string `key:"compression" help:"how pages are compressed (writing)" enum:"snappy,zstd,gzip,none" default:"snappy"`
	Level        int    `key:"level" help:"how hard zstd (1 to 22) and gzip (1 to 9) compress; 0 = zstd 1, gzip 6 (writing)" default:"0"`
	RowGroupRows int    `key:"row_group_rows" help:"rows of a row group, at most; wide rows make it smaller (writing)" default:"131072"`

	shop *workshop // of all encoders with these options; nil = each has its own
}

// Format is the registry entry.
func Format() *connector.Format {
	return &connector.Format{
		Name: "parquet", Summary: "Apache Parquet, columns that nest are read as json", Extensions: []string{".parquet"},
		RandomAccess: true,
		BatchBytes:   batchBytes,
		Config:       func() any { return &Options{Compression: "snappy", RowGroupRows: defaultGroupRows, shop: &workshop{}} },
		Check: func(cfg any, writing bool) error {
			if writing {
				return cfg.(*Options).check()
			}
			return nil
		},
		NewDecoder: func(cfg any, _ io.Reader, opt connector.DecodeOptions) (connector.Decoder, error) {
			return NewDecoder(opt)
		},
		NewEncoder: func(cfg any, schema *record.Schema) (connector.Encoder, error) {
			return NewEncoder(cfg.(*Options), schema)
		},
	}
}

// check refuses options that make no sense.
func (o *Options) check() error {
	most := map[string]int{"snappy": 0, "none": 0, "zstd": 22, "gzip": 9}
	limit, ok := most[o.Compression]
	switch {
	case !ok:
		return fmt.Errorf("compression %q: must be snappy, zstd, gzip or none", o.Compression)
	case o.Level != 0 && limit == 0:
		return fmt.Errorf("level %d: compression %s has no levels", o.Level, o.Compression)
	case o.Level < 0 || o.Level > limit:
		return fmt.Errorf("level %d: must be 1 to %d for %s", o.Level, limit, o.Compression)
	case o.RowGroupRows < 1:
		return fmt.Errorf("row_group_rows %d: must be 1 or more", o.RowGroupRows)
	}
	return nil
}
