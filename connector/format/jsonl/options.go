package jsonl

import (
	"fmt"
	"io"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/spec"
)

const defaultMaxRecord = 8 << 20

// Options are the keys of `jsonl:` under decode and encode.
type Options struct {
	MaxRecordBytes spec.Size `key:"max_record_bytes" help:"longer lines are rejected (reading)" default:"8MiB"`
}

// check says what is wrong with the options for reading.
func (o *Options) check() error {
	if o.MaxRecordBytes < 0 || o.MaxRecordBytes > maxBytes {
		return fmt.Errorf("max_record_bytes %d: must be 1 to %d", o.MaxRecordBytes, maxBytes)
	}
	return nil
}

// Format is the registry entry.
func Format() *connector.Format {
	return &connector.Format{
		Name: "jsonl", Summary: "JSON lines: one object on each line", Extensions: []string{".jsonl", ".ndjson"},
		Config: func() any { return &Options{MaxRecordBytes: defaultMaxRecord} },
		Check: func(cfg any, writing bool) error {
			if writing {
				return nil
			}
			return cfg.(*Options).check()
		},
		NewDecoder: func(cfg any, r io.Reader, opt connector.DecodeOptions) (connector.Decoder, error) {
			return NewDecoder(cfg.(*Options), r, opt)
		},
		NewEncoder: func(cfg any, schema *record.Schema) (connector.Encoder, error) {
			return NewEncoder(schema), nil
		},
	}
}
