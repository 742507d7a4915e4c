package csv

import (
	"bytes"

	"github.com/headgate/headgate/connector/record"
)

// extent is where the cell stands in the chunk, with its quotes in a grid, all of whose
// fields are listed, and without them otherwise.
func (p *piece) extent(data []byte, row, col int) (start, end int) {
	cols := len(p.d.names)
	if !p.grid {
		f := p.fields[row*cols+col]
		return int(f.start), int(f.end)
	}
	k := row*cols + col
	start, end = int(p.pos[k]+1), int(p.pos[k+1])
	if col == cols-1 && end > start && data[end-1] == '\r' {
		end--
	}
	return start, end
}

// raw is the record with its line end.
func (p *piece) raw(data []byte, row int) []byte {
	if !p.grid {
		return data[p.starts[row]:p.stops[row]]
	}
	width := p.pick.width
	return data[p.pos[row*width]+1 : p.pos[(row+1)*width]+1]
}

// Record is the row as it was read, without its line end.
func (p *piece) Record(b *record.Batch, row int32) []byte {
	rec := p.raw(b.Buf, int(row))
	rec = bytes.TrimSuffix(rec, []byte{'\n'})
	return bytes.TrimSuffix(rec, []byte{'\r'})
}

// Position counts the lines of the chunk from the last row asked for, or the first.
func (p *piece) Position(b *record.Batch, row int32) record.Position {
	start := 0
	if p.grid {
		start = int(p.pos[int(row)*p.pick.width] + 1)
	} else {
		start = p.starts[row]
	}
	if start < p.lineAt {
		p.lineAt, p.lineNo = 0, p.line
	}
	p.lineNo += int64(p.d.x.lines(b.Buf[p.lineAt:start]))
	p.lineAt = start
	return record.Position{File: p.d.file, Line: p.lineNo}
}

// FillText makes the views of one column.
func (p *piece) FillText(b *record.Batch, col int, sel []int32, v *record.Vector) {
	in := p.d.input[col]
	switch {
	case in < 0:
		for _, row := range sel {
			v.Cells[row] = record.Null
		}
	case p.grid:
		p.fillGrid(b, in, sel, v)
	default:
		p.fillFields(b, in, sel, v)
	}
}

// fillGrid cuts the cells out of the grid.
func (p *piece) fillGrid(b *record.Batch, in int, sel []int32, v *record.Vector) {
	x, data := p.d.x, b.Buf
	if p.pick.want(in) {
		p.listAll(data)
	}
	width := p.pick.width
	pos := p.pos[p.pick.place(in):]
	last := in == len(p.d.names)-1
	words := len(x.nullWords) > 0
	empty := record.Value
	if x.nullEmpty {
		empty = record.Null
	}
	usual := !last && !words && !p.loneCR
	cells, texts, quote := v.Cells, v.Str, x.quote
	for _, row := range sel {
		k := int(row) * width
		start, end := int(pos[k]+1), int(pos[k+1])
		if usual && start != end && data[start] != quote {
			texts[row], cells[row] = record.ChunkView(start, end-start).AsPlain(), record.Value
			continue
		}
		if last && end > start && data[end-1] == '\r' {
			end--
		}
		switch {
		case start == end:
			v.Str[row], v.Cells[row] = record.ChunkView(start, 0).AsPlain(), empty
		case data[start] == x.quote && x.quote != 0:
			v.Str[row], v.Cells[row] = p.quotedView(b, start+1, end-1), record.Value
		case words && x.isNull(data[start:end]):
			v.Cells[row] = record.Null
		case p.loneCR && bytes.IndexByte(data[start:end], '\r') >= 0:
			v.Str[row], v.Cells[row] = record.ChunkView(start, end-start), record.Value
		default:
			v.Str[row], v.Cells[row] = record.ChunkView(start, end-start).AsPlain(), record.Value
		}
	}
}

// quotedView is the text of a field between its quotes.
func (p *piece) quotedView(b *record.Batch, start, end int) record.View {
	text := b.Buf[start:end]
	if !p.doubled || bytes.IndexByte(text, p.d.x.quote) < 0 {
		return record.ChunkView(start, len(text)).AsQuoted()
	}
	p.text = p.d.x.unquote(p.text[:0], text)
	return b.AddText(p.text).AsQuoted()
}

// fillFields makes the views of what the careful parser found.
func (p *piece) fillFields(b *record.Batch, in int, sel []int32, v *record.Vector) {
	cols := len(p.d.names)
	for _, row := range sel {
		f := p.fields[int(row)*cols+in]
		start, n := int(f.start), int(f.end-f.start)
		v.Cells[row] = record.Value
		switch {
		case f.form&absent != 0:
			v.Cells[row] = record.Null
		case f.form&escaped != 0:
			p.text = p.d.x.unescape(p.text[:0], b.Buf, f)
			v.Str[row] = b.AddText(p.text).AsQuoted()
		case f.form&quoted != 0:
			v.Str[row] = record.ChunkView(start, n).AsQuoted()
		case p.d.x.isNull(b.Buf[f.start:f.end]):
			v.Cells[row] = record.Null
		case f.form&odd != 0:
			v.Str[row] = record.ChunkView(start, n)
		default:
			v.Str[row] = record.ChunkView(start, n).AsPlain()
		}
	}
}

// text is the text of a field of the careful parser.
func (x *dialect) text(data []byte, f field) []byte {
	if f.form&escaped != 0 {
		return x.unescape(nil, data, f)
	}
	return data[f.start:f.end]
}
