package formattest

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/headgate/headgate/connector"
)

// BenchmarkRead reads data and asks for the text of the named columns.
func BenchmarkRead(b *testing.B, in Input, data []byte, columns ...string) {
	b.SetBytes(int64(len(data)))
	in.Schema = Strings(columns)
	m := &connector.Morsel{}
	for b.Loop() {
		d, err := in.Decoder(bytes.NewReader(data))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := in.bind(context.Background(), d); err != nil {
			b.Fatal(err)
		}
		for {
			if err := d.Next(context.Background(), m); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
			if err := d.Decode(m); err != nil {
				b.Fatal(err)
			}
			for _, c := range m.Batch.Cols {
				c.Source(&m.Batch, m.Batch.Sel)
			}
		}
	}
}

// BenchmarkWrite encodes one chunk of data, read by in, with f.
func BenchmarkWrite(b *testing.B, in Input, data []byte, f *connector.Format) {
	d, err := in.Decoder(bytes.NewReader(data))
	if err != nil {
		b.Fatal(err)
	}
	names, err := in.bind(context.Background(), d)
	if err != nil {
		b.Fatal(err)
	}
	if in.Schema == nil {
		in.Schema = Strings(names)
	}
	m := &connector.Morsel{}
	if err := d.Next(context.Background(), m); err != nil {
		b.Fatal(err)
	}
	if err := d.Decode(m); err != nil {
		b.Fatal(err)
	}
	enc, err := f.NewEncoder(f.Config(), in.Schema)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if m.Out, err = enc.Encode(m.Out[:0], &m.Batch); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(m.Out)))
}
