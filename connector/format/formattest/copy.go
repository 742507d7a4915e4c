package formattest

import (
	"bytes"
	"context"
	"io"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// Copy reads data as strings with one configuration of f and writes the rows, untouched,
// with another.
func Copy(f *connector.Format, from, to any, data []byte) ([]byte, error) {
	in := Input{Format: f, Config: from, Chunk: 64}
	d, err := in.Decoder(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	names, err := in.bind(context.Background(), d)
	if err != nil {
		return nil, err
	}
	in.Schema = Strings(names)
	return in.transfer(d, f, to)
}

// Convert reads data as schema says and writes it in another format.
func Convert(from, to *connector.Format, data []byte, schema *record.Schema) ([]byte, error) {
	in := Input{Format: from, Schema: schema}
	d, err := in.Decoder(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if _, err := in.bind(context.Background(), d); err != nil {
		return nil, err
	}
	return in.transfer(d, to, to.Config())
}

// transfer writes what d, bound to in.Schema, reads.
func (in Input) transfer(d connector.Decoder, f *connector.Format, to any) ([]byte, error) {
	enc, err := f.NewEncoder(to, in.Schema)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	m := &connector.Morsel{}
	for {
		if err := d.Next(context.Background(), m); err == io.EOF {
			err = enc.Close(&out)
			return out.Bytes(), err
		} else if err != nil {
			return nil, err
		}
		if err := d.Decode(m); err != nil {
			return nil, err
		}
		if m.Out, err = enc.Encode(m.Out[:0], &m.Batch); err != nil {
			return nil, err
		}
		if err := enc.Append(&out, m.Out); err != nil {
			return nil, err
		}
		poison(m)
	}
}
