package jsonl

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/format/chunk"
	"github.com/headgate/headgate/connector/record"
)

// cell is the extent of a value in the chunk. The zero cell is absent.
type cell struct {
	start, end uint32
	form       form
}

// piece is what a slot knows of its chunk. It is the Origin of the slot's batch.
type piece struct {
	d        *Decoder
	line     int64 // of the chunk's first byte
	tooLarge bool  // the chunk is the start of a line that is too long

	cells         []cell // of every row, as many as the schema has fields
	starts, stops []int  // first byte of a row and its line feed
	order         []learned
	misses        int // keys of the last record that did not come as expected

	strays pieceStrays

	s       scanner
	rejects []record.Reject
	text    []byte // scratch

	lineAt int // a place in the chunk whose line, lineNo, has been counted
	lineNo int64
}

func (d *Decoder) piece(m *connector.Morsel) *piece {
	if p, ok := m.Scratch.(*piece); ok && p.d == d {
		return p
	}
	p := &piece{d: d}
	m.Scratch = p
	return p
}

// Decode makes the batch of m.
func (d *Decoder) Decode(m *connector.Morsel) error {
	p := d.piece(m)
	p.cells, p.starts, p.stops, p.rejects = p.cells[:0], p.starts[:0], p.stops[:0], p.rejects[:0]
	p.lineAt, p.lineNo = 0, p.line
	p.strays.first = -1
	if p.tooLarge {
		p.row(0, len(m.Chunk))
		p.reject(record.TooLarge, fmt.Sprintf("the line is longer than %d bytes (max_record_bytes)", d.max))
	} else {
		p.parse(m.Chunk)
	}
	b := &m.Batch
	b.Reset(len(p.starts))
	b.Buf, b.Origin = m.Chunk, p
	for i, f := range d.schema.Fields {
		b.Cols = append(b.Cols, b.InputColumn(f.Type, i))
	}
	for _, r := range p.rejects {
		b.Reject(r.Row, r.Code, r.Column, r.Message)
	}
	p.checkText(b)
	b.DropRejected(0)
	return p.tellStrays(m.Chunk)
}

// row starts a new row.
func (p *piece) row(start, stop int) {
	p.starts, p.stops = append(p.starts, start), append(p.stops, stop)
	n := len(p.cells) + len(p.d.schema.Fields)
	if n > cap(p.cells) {
		bigger := make([]cell, len(p.cells), 2*n+1024)
		copy(bigger, p.cells)
		p.cells = bigger
	}
	clear(p.cells[len(p.cells):n])
	p.cells = p.cells[:n]
}

func (p *piece) reject(code record.Code, message string) {
	p.rejects = append(p.rejects, record.Reject{Row: int32(len(p.starts) - 1), Code: code, Message: message})
}

// parse finds the rows of the chunk.
func (p *piece) parse(data []byte) {
	p.s.data = data[:len(data)+chunk.Slack]
	for at := 0; at < len(data); {
		i := p.s.space(at)
		if p.s.data[i] == '\n' {
			at = i + 1
			continue
		}
		p.row(at, 0)
		last := len(p.starts) - 1
		stop := p.object(i)
		if stop < 0 {
			stop = p.s.at + bytes.IndexByte(data[p.s.at:], '\n')
			p.reject(record.BadRecord, p.s.problem(data[at:stop], at).Error())
		} else if len(p.strays.noted) > 0 {
			p.strays.count(at)
		}
		p.stops[last] = stop
		at = stop + 1
	}
}

// checkText rejects rows that are not UTF-8.
func (p *piece) checkText(b *record.Batch) {
	if utf8.Valid(b.Buf) {
		return
	}
	for row := range int32(b.Rows) {
		if rec := p.Record(b, row); !utf8.Valid(rec) {
			b.Reject(row, record.BadUTF8, "", record.Quote(rec)+" is not UTF-8")
		}
	}
}
