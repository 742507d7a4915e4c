package csv

import (
	"context"
	"fmt"
	"io"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/format/chunk"
	"github.com/headgate/headgate/connector/record"
)

// keptBytes is how much of a record that is too large its reject shows.
const keptBytes = 64 << 10

// fault is why a record that takes a whole chunk cannot be read.
type fault struct {
	code    record.Code
	message string
}

// Next fills m with whole records.
func (d *Decoder) Next(ctx context.Context, m *connector.Morsel) error {
	if d.src == nil || d.schema == nil {
		return fmt.Errorf("read %s: Columns and Bind come before Next", d.file)
	}
	p := d.piece(m)
	p.fault = fault{}
	m.Chunk = chunk.Reuse(m.Chunk, d.size)
	if err := d.skipLine(ctx, m.Chunk); err != nil {
		return err
	}
	var err error
	limit := d.max + 1 // a record and its line feed
	for n := d.size; ; n = min(2*n, limit) {
		m.Chunk, err = d.fill(ctx, m.Chunk, n)
		if err != nil {
			return err
		}
		if len(m.Chunk) == 0 {
			return io.EOF
		}
		b := d.x.boundary(m.Chunk)
		if b.end > 0 && b.end <= limit { // it can be longer where fill added the line feed
			p.careful, p.doubled, p.quotes = b.odd, b.doubled, b.quotes
			d.give(m, p, b.end)
			return nil
		}
		if d.src.Ended() || n == limit {
			d.giveFault(m, p, b.open)
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

// give hands out the first n bytes of the chunk.
func (d *Decoder) give(m *connector.Morsel, p *piece, n int) {
	d.src.Unread(m.Chunk[n:])
	m.Chunk = chunk.Pad(m.Chunk[:n])
	p.line = d.line
	p.newlines = d.x.lines(m.Chunk)
	d.line += int64(p.newlines)
}

// giveFault hands out the record that m.Chunk starts with and does not end. open is where a
// quote is open, or -1.
func (d *Decoder) giveFault(m *connector.Morsel, p *piece, open int) {
	cut := -1
	if open >= 0 {
		line := d.line + int64(d.x.lines(m.Chunk[:open]))
		p.fault = fault{record.OpenQuote, fmt.Sprintf("the quote opened on line %d is not closed within %s", line, d.reach(len(m.Chunk)))}
		cut = d.x.lineEnd(m.Chunk, open)
	} else {
		p.fault = fault{record.TooLarge, fmt.Sprintf("the record is longer than %d bytes (max_record_bytes)", d.max)}
	}
	if cut >= 0 {
		d.give(m, p, cut)
		return
	}
	d.skip = true
	lines := int64(d.x.lines(m.Chunk))
	if n := len(m.Chunk); d.x.cr && m.Chunk[n-1] == '\r' {
		d.src.Unread(m.Chunk[n-1:]) // a line feed may follow it
		lines--
	}
	p.line = d.line
	d.line += lines
	m.Chunk = chunk.Pad(m.Chunk[:min(len(m.Chunk), keptBytes)])
}

// reach says in words how far a closing quote was looked for, when that was n bytes.
func (d *Decoder) reach(n int) string {
	if n > d.max {
		return fmt.Sprintf("%d bytes (max_record_bytes)", d.max)
	}
	return "the file"
}

// skipLine drops what is left of a line, if d.skip says so. buf is memory to use.
func (d *Decoder) skipLine(ctx context.Context, buf []byte) error {
	for d.skip {
		var err error
		if buf, err = d.fill(ctx, buf[:0], sampleSize); err != nil {
			return err
		}
		end := d.x.lineEnd(buf, 0)
		switch {
		case end > 0:
			d.skip = false
			d.line++
			d.src.Unread(buf[end:])
		case d.src.Ended():
			d.skip = false
		case d.x.cr && buf[len(buf)-1] == '\r':
			d.src.Unread(buf[len(buf)-1:])
		}
	}
	return nil
}
