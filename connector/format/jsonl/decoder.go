package jsonl

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/format/chunk"
	"github.com/headgate/headgate/connector/record"
)

const (
	sampleBytes = 256 << 10 // Columns looks at no more than this, whatever the chunk size,
	sampleRows  = 1000      // and at no more records than this
	keptBytes   = 64 << 10
	maxBytes    = record.MaxChunk / 2
)

// Decoder reads JSON lines. Its serial half may be used from one goroutine at a time;
// Decode may run beside it, and beside itself, on other morsels.
type Decoder struct {
	file      string
	src       *chunk.Source
	size, max int   // bytes of a chunk and at most of a line
	line      int64 // of the next chunk's first byte
	skip      bool  // the rest of the current line belongs to a rejected record

	looked  bool  // Columns was called
	sampled bool  // there is input that look has not seen
	err     error // and said this
	names   []string
	hints   []record.Type

	schema *record.Schema
	field  map[string]int // of the schema, by key
	strays *strays        // nil = nobody wants to know
}

// NewDecoder reads r as o says.
func NewDecoder(o *Options, r io.Reader, opt connector.DecodeOptions) (*Decoder, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	d := &Decoder{file: opt.File, src: chunk.NewSource(r), size: opt.ChunkSize, max: cmp.Or(int(o.MaxRecordBytes), defaultMaxRecord), line: 1}
	if d.size <= 0 {
		d.size = chunk.DefaultSize
	}
	d.size = min(d.size, d.max)
	return d, nil
}

// Columns lists the keys of the first records in the order in which they appear.
func (d *Decoder) Columns(ctx context.Context) ([]string, error) {
	if !d.looked {
		d.looked = true
		d.err = d.look(ctx)
	}
	return d.names, d.err
}

// look reads the sample and gives it back.
func (d *Decoder) look(ctx context.Context) error {
	var data []byte
	for n := sampleBytes; ; n *= 2 {
		var err error
		if data, err = d.fill(ctx, data, n); err != nil {
			return err
		}
		if n == sampleBytes {
			data = data[:copy(data, bytes.TrimPrefix(data, []byte("\ufeff")))]
		}
		if bytes.IndexByte(data, '\n') >= 0 || d.src.Ended() || n > d.max {
			break
		}
	}
	ended := d.src.Ended()
	data = chunk.Pad(data)
	d.src.Unread(data)
	var err error
	d.names, d.hints, err = look(data)
	d.sampled = !ended || bytes.Count(data, []byte{'\n'}) >= sampleRows
	return err
}

// Sampled reports, after Columns, whether records further on may have other keys.
func (d *Decoder) Sampled() bool { return d.sampled }

// Hints are the types that JSON itself tells.
func (d *Decoder) Hints() []record.Type { return d.hints }

// Bind fixes the schema.
func (d *Decoder) Bind(schema *record.Schema) error {
	d.schema = schema
	d.field = make(map[string]int, len(schema.Fields))
	for i, f := range schema.Fields {
		d.field[f.Name] = i
	}
	return nil
}

// Next fills m with whole lines.
func (d *Decoder) Next(ctx context.Context, m *connector.Morsel) error {
	if !d.looked || d.schema == nil {
		return fmt.Errorf("read %s: Columns and Bind come before Next", d.file)
	}
	p := d.piece(m)
	p.tooLarge = false
	m.Chunk = chunk.Reuse(m.Chunk, d.size)
	if err := d.skipLine(ctx, m.Chunk); err != nil {
		return err
	}
	var err error
	limit := d.max + 1 // a line and its line feed
	for n := d.size; ; n = min(2*n, limit) {
		m.Chunk, err = d.fill(ctx, m.Chunk, n)
		if err != nil {
			return err
		}
		if len(m.Chunk) == 0 {
			return io.EOF
		}
		end := bytes.LastIndexByte(m.Chunk, '\n') + 1
		if end > 0 && end <= limit { // it can be longer where fill added the line feed
			d.src.Unread(m.Chunk[end:])
			m.Chunk = chunk.Pad(m.Chunk[:end])
			p.line = d.line
			d.line += int64(bytes.Count(m.Chunk, []byte{'\n'}))
			return nil
		}
		if d.src.Ended() || n == limit {
			p.tooLarge, p.line, d.skip = true, d.line, true
			m.Chunk = chunk.Pad(m.Chunk[:min(n, keptBytes)])
			return nil
		}
	}
}

// fill is Source.Fill, and ends the last line of the input if nothing does.
func (d *Decoder) fill(ctx context.Context, buf []byte, n int) ([]byte, error) {
	buf, err := d.src.Fill(ctx, buf, n)
	if k := len(buf); err == nil && k > 0 && d.src.Ended() && buf[k-1] != '\n' {
		buf = append(buf, '\n')
	}
	return buf, err
}

// skipLine drops what is left of a line, if d.skip says so. buf is memory to use.
func (d *Decoder) skipLine(ctx context.Context, buf []byte) error {
	for d.skip {
		var err error
		if buf, err = d.fill(ctx, buf[:0], keptBytes); err != nil {
			return err
		}
		if end := bytes.IndexByte(buf, '\n') + 1; end > 0 {
			d.src.Unread(buf[end:])
			d.skip = false
			d.line++
		} else if d.src.Ended() {
			d.skip = false
		}
	}
	return nil
}
