package csv

import (
	"bytes"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// piece is what a slot knows of its chunk. It is the Origin of the slot's batch.
type piece struct {
	d        *Decoder
	line     int64 // of the chunk's first byte
	newlines int   // line ends in the chunk
	careful  bool  // Next saw something the grid cannot show
	quotes   int   // quoted fields in the chunk, or some more
	doubled  bool  // there may be doubled quotes
	fault    fault

	grid bool // pos describes the rows; otherwise fields, starts and stops
	rows int

	// lineAt is a place in the chunk whose line, lineNo, has been counted.
	lineAt int
	lineNo int64

	// pos is a mark before the first byte and then the ends of fields, row after row: of
	// all, or of those that pick says.
	pos    []uint32
	pick   pick
	loneCR bool // an unquoted cell may hold a carriage return

	fields        []field // of every row, as many as there are columns
	starts, stops []int   // first byte of a row and of what follows it
	scan          scanned
	rejects       []record.Reject
	text          []byte // scratch
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
	p.rejects = p.rejects[:0]
	p.lineAt, p.lineNo = 0, p.line
	p.pick.choose(len(d.names))
	switch {
	case p.fault.code != "":
		p.oneFault(m.Chunk)
	case p.careful || !p.index(m.Chunk):
		p.parse(m.Chunk)
	}
	b := &m.Batch
	b.Reset(p.rows)
	b.Buf, b.Origin = m.Chunk, p
	if d.x.quote == '"' && len(d.x.delimiter) == 1 {
		b.Delimiter = d.x.delim
	}
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

// index tries the grid. It fails when the fields do not form one.
func (p *piece) index(data []byte) bool {
	x, width := p.d.x, p.pick.width
	in := newIndexer(append(p.pos[:0], math.MaxUint32), p.pick.gaps)
	feeds, counted := in.grid(data, x.delim, x.quote, p.quotes) // outside quotes
	p.pos = in.found()
	if !counted {
		feeds = p.newlines
	}
	p.rows = (len(p.pos) - 1) / width
	ok := len(p.pos) == p.rows*width+1 && in.between()
	for k := width; k < len(p.pos); k += width {
		ok = ok && data[p.pos[k]] == '\n'
	}
	// Every row ends with a line feed, so any more of them are in quotes or in the wrong place.
	if ok && !counted && feeds != p.rows {
		feeds -= feedsInside(data, x.quote)
	}
	if !ok || feeds != p.rows {
		return false
	}
	p.grid = true
	p.loneCR = hasLoneCR(data)
	return true
}

// hasLoneCR reports whether a carriage return stands anywhere but before a line feed.
func hasLoneCR(data []byte) bool {
	for i := 0; ; {
		k := bytes.IndexByte(data[i:], '\r')
		if k < 0 {
			return false
		}
		i += k + 1
		if i == len(data) || data[i] != '\n' {
			return true
		}
	}
}

// oneFault makes the chunk one row that cannot be read.
func (p *piece) oneFault(data []byte) {
	p.grid, p.rows = false, 1
	p.fields = p.fields[:0]
	p.starts, p.stops = append(p.starts[:0], 0), append(p.stops[:0], len(data))
	p.addFields(nil)
	p.rejects = append(p.rejects, record.Reject{Code: p.fault.code, Message: p.fault.message})
}

// parse is the careful way. It looks one byte beyond the chunk, at the slack, so that a
// carriage return at the end is seen to have no line feed after it.
func (p *piece) parse(chunk []byte) {
	data := chunk[:len(chunk)+1]
	p.grid, p.rows = false, 0
	p.fields, p.starts, p.stops = p.fields[:0], p.starts[:0], p.stops[:0]
	for at := 0; at < len(chunk); at = p.scan.next {
		p.d.x.scan(data, at, &p.scan)
		switch {
		case p.scan.kind == partialRecord: // cannot be: Next cut at a record end
			p.scan.next = len(chunk)
			p.reject(record.BadRecord, "", "the record does not end")
		case p.scan.kind == commentLine, p.scan.kind == blankLine && len(p.d.names) != 1:
			continue
		case p.scan.bad >= 0 && !p.d.x.keep:
			p.badQuote(data, at)
		}
		p.starts, p.stops = append(p.starts, at), append(p.stops, p.scan.next)
		p.addFields(p.scan.fields)
		p.rows++
	}
}

// addFields takes the fields of the record being parsed into its row.
func (p *piece) addFields(found []field) {
	cols := len(p.d.names)
	if len(found) != cols && !p.rejected() {
		p.fit(found, cols)
	}
	n := min(len(found), cols)
	p.fields = append(p.fields, found[:n]...)
	for ; n < cols; n++ {
		p.fields = append(p.fields, field{form: absent})
	}
}

// fit judges a record with the wrong number of fields.
func (p *piece) fit(found []field, cols int) {
	if p.fault.code != "" {
		return
	}
	if p.d.x.pad && surplusEmpty(found, cols) {
		return
	}
	p.reject(record.Ragged, "", fmt.Sprintf("found %s, expected %d", plural(len(found), "field"), cols))
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func surplusEmpty(found []field, cols int) bool {
	for i := cols; i < len(found); i++ {
		if found[i].start != found[i].end {
			return false
		}
	}
	return true
}

// badQuote rejects the record at data[at:] for text after a closing quote.
func (p *piece) badQuote(data []byte, at int) {
	msg := "text after the closing quote"
	first := p.line + int64(p.d.x.lines(data[:at]))
	if n := p.d.x.lines(data[at:p.scan.next]); n > 1 {
		msg += fmt.Sprintf("; the record reaches from line %d to line %d, where an earlier quote may be missing", first, first+int64(n)-1)
	}
	p.reject(record.BadRecord, p.columnName(p.scan.bad), msg)
}

func (p *piece) columnName(i int) string {
	if i < len(p.d.names) {
		return p.d.names[i]
	}
	return ""
}

func (p *piece) reject(code record.Code, column, message string) {
	p.rejects = append(p.rejects, record.Reject{Row: int32(p.rows), Code: code, Column: column, Message: message})
}

// rejected reports whether the record being parsed is.
func (p *piece) rejected() bool {
	n := len(p.rejects)
	return n > 0 && p.rejects[n-1].Row == int32(p.rows)
}

// checkText rejects rows that are not UTF-8, or lost characters when they were made
// UTF-8.
func (p *piece) checkText(b *record.Batch) {
	if validText(b.Buf, p.d.converted) {
		return
	}
	for row := range int32(p.rows) {
		if rec := p.raw(b.Buf, int(row)); !validText(rec, p.d.converted) {
			b.Reject(row, record.BadUTF8, p.badColumn(b, int(row)), p.badText(rec))
		}
	}
}

func validText(s []byte, converted bool) bool {
	return utf8.Valid(s) && !(converted && bytes.Contains(s, []byte("\ufffd")))
}

func (p *piece) badText(rec []byte) string {
	if p.d.converted {
		return record.Quote(bytes.TrimRight(rec, "\r\n")) + " holds bytes that are not " + p.d.encodingName()
	}
	return record.Quote(bytes.TrimRight(rec, "\r\n")) + " is not UTF-8; set encoding if the file is not"
}

func (d *Decoder) encodingName() string {
	switch {
	case d.enc != nil:
		return d.opt.Encoding
	case d.converted:
		return "UTF-16"
	}
	return "UTF-8"
}

// badColumn is the first column of row that is not valid text.
func (p *piece) badColumn(b *record.Batch, row int) string {
	p.listAll(b.Buf)
	for col := range p.d.names {
		if start, end := p.extent(b.Buf, row, col); !validText(b.Buf[start:end], p.d.converted) {
			return p.d.names[col]
		}
	}
	return ""
}
