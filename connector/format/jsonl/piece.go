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

// learned is a key in the order in which records are expected to have them.
type learned struct {
	text  []byte // as written, with the quotes and the colon
	field int    // of the schema, -1 = nobody asked for it
}

// maxLearned bounds the order, for records whose keys are data.
const maxLearned = 512

// piece is what a slot knows of its chunk. It is the Origin of the slot's batch.
type piece struct {
	d        *Decoder
	line     int64 // of the chunk's first byte
	tooLarge bool  // the chunk is the start of a line that is too long

	cells         []cell // of every row, as many as the schema has fields
	starts, stops []int  // first byte of a row and its line feed
	order         []learned
	misses        int // keys of the last record that did not come as expected

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
	return nil
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
		}
		p.stops[last] = stop
		at = stop + 1
	}
}

// object reads the object at i into the last row, and returns where its line ends; -1
// when it is not one.
func (p *piece) object(i int) int {
	s := &p.s
	if s.data[i] != '{' {
		return s.fail(i, "an opening brace")
	}
	row := p.cells[len(p.cells)-len(p.d.schema.Fields):]
	if p.misses > 2 && p.misses > len(p.order)/2 {
		p.order = p.order[:0]
	}
	learn := len(p.order) == 0
	p.misses = 0
	next := 0 // in order
	for i = s.space(i + 1); s.data[i] != '}'; {
		field := -1
		if next < len(p.order) && bytes.HasPrefix(s.data[i:], p.order[next].text) {
			field = p.order[next].field
			i = s.space(i + len(p.order[next].text))
			next++
		} else if field, next, i = p.find(i, next, learn); i < 0 {
			return -1
		}
		f, start, end, after := s.value(i)
		if after < 0 {
			return -1
		}
		if field >= 0 {
			row[field] = cell{uint32(start), uint32(end), f}
		}
		if i = s.member(after); i < 0 {
			return -1
		}
	}
	if i = s.space(i + 1); s.data[i] != '\n' {
		return s.fail(i, "the end of the line")
	}
	return i
}

// ahead is how many keys of the order may be missing before the next one is looked up.
const ahead = 8

// find reads a key that is not the one expected at order[next], and goes on to its value.
func (p *piece) find(i, next int, learn bool) (field, after, value int) {
	s := &p.s
	for k := next + 1; k < len(p.order) && k <= next+ahead; k++ {
		if bytes.HasPrefix(s.data[i:], p.order[k].text) {
			return p.order[k].field, k + 1, s.space(i + len(p.order[k].text))
		}
	}
	if s.data[i] != '"' {
		return 0, 0, s.fail(i, "a key in double quotes")
	}
	end, esc := s.str(i + 1)
	if end < 0 {
		return 0, 0, -1
	}
	key := s.data[i+1 : end]
	if esc {
		key = unescapeKey(key)
	}
	field, ok := p.d.field[string(key)]
	if !ok {
		field = -1
	}
	if !learn {
		p.misses++
	}
	if value = s.colon(end + 1); value < 0 {
		return 0, 0, -1
	}
	if learn && len(p.order) < maxLearned && s.data[end+1] == ':' {
		p.order = append(p.order, learned{bytes.Clone(s.data[i : end+2]), field})
		next = len(p.order)
	}
	return field, next, value
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
