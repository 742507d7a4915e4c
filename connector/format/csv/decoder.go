package csv

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"

	"golang.org/x/text/encoding"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/format/chunk"
	"github.com/headgate/headgate/connector/record"
)

// sampleSize is how much is read to find out how lines end. It does not depend on the
// chunk size, so that the answer does not either.
const sampleSize = 64 << 10

// Decoder reads delimited text. Its serial half may be used from one goroutine at a
// time; Decode may run beside it, and beside itself, on other morsels.
type Decoder struct {
	opt  Options
	x    *dialect
	file string
	enc  encoding.Encoding

	r         io.Reader
	src       *chunk.Source
	size, max int   // bytes of a chunk and at most of a record
	line      int64 // of the next chunk's first byte
	skip      bool  // the rest of the current line belongs to a rejected record
	converted bool

	err    error    // of Columns
	names  []string // of the input's columns; nil before Columns and when there are none
	schema *record.Schema
	input  []int // input column of each field of the schema, -1 = none
}

// NewDecoder reads r as o says.
func NewDecoder(o *Options, r io.Reader, opt connector.DecodeOptions) (*Decoder, error) {
	x, enc, err := o.reading()
	if err != nil {
		return nil, err
	}
	d := &Decoder{opt: *o, x: x, file: opt.File, enc: enc, r: r, line: 1, size: opt.ChunkSize, max: cmp.Or(int(o.MaxRecordBytes), defaultMaxRecord)}
	if d.size <= 0 {
		d.size = chunk.DefaultSize
	}
	d.size = min(d.size, d.max)
	return d, nil
}

// Columns reads the header.
func (d *Decoder) Columns(ctx context.Context) ([]string, error) {
	if d.src == nil {
		d.err = d.open(ctx)
	}
	return d.names, d.err
}

// open reads up to the first row.
func (d *Decoder) open(ctx context.Context) error {
	r, converted, err := converter(d.r, d.enc)
	d.src, d.converted = chunk.NewSource(r), converted
	if err != nil {
		return err
	}
	if err := d.findLineEnds(ctx); err != nil {
		return err
	}
	for range d.opt.SkipLines {
		d.skip = true
		if err := d.skipLine(ctx, nil); err != nil {
			return err
		}
	}
	return d.readHeader(ctx)
}

// findLineEnds decides whether a carriage return ends a record: when one does in the
// sample and no line feed does.
func (d *Decoder) findLineEnds(ctx context.Context) error {
	sample, err := d.src.Fill(ctx, nil, sampleSize)
	if err != nil {
		return err
	}
	try := *d.x
	try.cr = true
	var s scanned
	ends := 0
	for at := 0; ; at = s.next {
		try.scan(sample, at, &s)
		if s.kind == partialRecord {
			break
		}
		if sample[s.next-1] == '\n' {
			ends = 0
			break
		}
		ends++
	}
	d.x.cr = ends > 0
	d.src.Unread(sample)
	return nil
}

// readHeader sets the names and leaves the input at the first row.
func (d *Decoder) readHeader(ctx context.Context) error {
	data, at, first, err := d.firstRecord(ctx)
	if err != nil || first == nil {
		return err
	}
	d.names = d.opt.Names
	if len(d.names) == 0 {
		d.names = make([]string, len(first.fields))
		for i, f := range first.fields {
			if d.opt.Header {
				d.names[i] = string(d.x.text(data, f))
			}
		}
		d.names = uniqueNames(d.names)
	} else if d.opt.Header && len(d.names) != len(first.fields) {
		return fmt.Errorf("header: %d columns, but names lists %d", len(first.fields), len(d.names))
	}
	if !d.opt.Header {
		d.src.Unread(data)
		return nil
	}
	head := data[at:first.next]
	if !d.converted && bytes.IndexByte(head, 0) >= 0 {
		return fmt.Errorf("header: %s holds U+0000; a UTF-16 file without a byte order mark needs its encoding, such as utf-16le", record.Quote(head))
	}
	if !validText(head, d.converted) {
		return fmt.Errorf("header: %s is not %s; set encoding, such as windows-1252", record.Quote(head), d.encodingName())
	}
	d.line += int64(d.x.lines(data[:first.next]))
	d.src.Unread(data[first.next:])
	return nil
}

// firstRecord reads on to the first line that is a record, at data[at:]; first is nil
// when there is none. Before a header, the lines left out are dropped; before a row
// they stay, since an empty line is a row when it turns out that there is one column.
func (d *Decoder) firstRecord(ctx context.Context) (data []byte, at int, first *scanned, err error) {
	first = &scanned{}
	for n := sampleSize; ; n *= 2 {
		data, err = d.fill(ctx, data, n)
		if err != nil || len(data) == 0 {
			return nil, 0, nil, err
		}
		for d.x.scan(data, at, first); first.kind == blankLine || first.kind == commentLine; d.x.scan(data, at, first) {
			at = first.next
		}
		switch {
		case first.kind == wholeRecord:
			return data, at, first, d.checkHeader(first)
		case at == len(data) && d.src.Ended():
			return nil, 0, nil, nil
		case d.src.Ended() || len(data)-at > d.max:
			return data, at, &scanned{}, d.badFirst(data, first.open)
		}
		if d.opt.Header || at > d.max {
			d.line += int64(d.x.lines(data[:at]))
			data, at, n = data[:copy(data, data[at:])], 0, sampleSize/2
		}
		n = max(n, len(data))
	}
}

// checkHeader refuses a header that cannot be read.
func (d *Decoder) checkHeader(s *scanned) error {
	if d.opt.Header && s.bad >= 0 && !d.x.keep {
		return fmt.Errorf("header: text after the closing quote of column %d on line %d", s.bad+1, d.line)
	}
	return nil
}

// badFirst is the error of a first record that does not end. When the columns are known
// without it there is none: it is rejected as any other row.
func (d *Decoder) badFirst(data []byte, open int) error {
	switch {
	case !d.opt.Header && len(d.opt.Names) > 0:
		return nil
	case open >= 0:
		line := d.line + int64(d.x.lines(data[:open]))
		return fmt.Errorf("first record: the quote opened on line %d is not closed within %s", line, d.reach(len(data)))
	}
	return fmt.Errorf("first record: longer than %d bytes (max_record_bytes)", d.max)
}

// Positional reports that the names of Columns are made up, because there is neither a
// header nor names.
func (d *Decoder) Positional() bool { return !d.opt.Header && len(d.opt.Names) == 0 }

// Bind fixes the schema.
func (d *Decoder) Bind(schema *record.Schema) error {
	ordinal := make(map[string]int, len(d.names))
	for i, n := range d.names {
		ordinal[n] = i
	}
	d.schema = schema
	d.input = make([]int, len(schema.Fields))
	for i, f := range schema.Fields {
		k, ok := ordinal[f.Name]
		if !ok {
			k = -1
		}
		d.input[i] = k
	}
	return nil
}
