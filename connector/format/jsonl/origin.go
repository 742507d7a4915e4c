package jsonl

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/headgate/headgate/connector/record"
)

// Record is the line without its end.
func (p *piece) Record(b *record.Batch, row int32) []byte {
	return bytes.TrimSuffix(b.Buf[p.starts[row]:p.stops[row]], []byte{'\r'})
}

// Position counts the lines of the chunk from the last row asked for, or the first.
func (p *piece) Position(b *record.Batch, row int32) record.Position {
	start := p.starts[row]
	if start < p.lineAt {
		p.lineAt, p.lineNo = 0, p.line
	}
	p.lineNo += int64(bytes.Count(b.Buf[p.lineAt:start], []byte{'\n'}))
	p.lineAt = start
	return record.Position{File: p.d.file, Line: p.lineNo}
}

// FillText makes the views of one column.
func (p *piece) FillText(b *record.Batch, col int, sel []int32, v *record.Vector) {
	fields := len(p.d.schema.Fields)
	whole := p.d.schema.Fields[col].Type.Kind == record.JSON
	for _, row := range sel {
		c := p.cells[int(row)*fields+col]
		start, end := int(c.start), int(c.end)
		v.Cells[row] = record.Value
		switch c.form {
		case absent, null:
			v.Cells[row] = record.Null
		case text, escaped:
			switch {
			case whole:
				v.Str[row] = record.ChunkView(start-1, end-start+2)
			case c.form == text:
				v.Str[row] = record.ChunkView(start, end-start)
			default:
				p.fillEscaped(b, v, row, b.Buf[start:end])
			}
		default:
			v.Str[row] = record.ChunkView(start, end-start)
		}
	}
}

func (p *piece) fillEscaped(b *record.Batch, v *record.Vector, row int32, s []byte) {
	var ok bool
	if p.text, ok = unescape(p.text[:0], s); !ok {
		v.Fail(row, record.BadValue, record.Quote(s)+" holds half of a surrogate pair")
		return
	}
	v.Str[row] = b.AddText(p.text)
}

// unescape appends the text of a JSON string that has been scanned. It is not ok when
// there is half a surrogate pair in it.
func unescape(dst, s []byte) (text []byte, ok bool) {
	for {
		k := bytes.IndexByte(s, '\\')
		if k < 0 {
			return append(dst, s...), true
		}
		dst = append(dst, s[:k]...)
		c := s[k+1]
		s = s[k+2:]
		if c != 'u' {
			dst = append(dst, plainEscape(c))
			continue
		}
		r := hexRune(s)
		s = s[4:]
		if utf16.IsSurrogate(r) {
			if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
				return dst, false
			}
			if r = utf16.DecodeRune(r, hexRune(s[2:])); r == utf8.RuneError {
				return dst, false
			}
			s = s[6:]
		}
		dst = utf8.AppendRune(dst, r)
	}
}

// unescapeKey is unescape for keys, in which half a pair becomes U+FFFD: no column
// can be called anything that it stands for.
func unescapeKey(s []byte) []byte {
	if key, ok := unescape(nil, s); ok {
		return key
	}
	return append(bytes.Clone(s), "\ufffd"...)
}

func plainEscape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// hexRune is the value of four hexadecimal digits.
func hexRune(s []byte) rune {
	var r rune
	for _, c := range s[:4] {
		r = r<<4 | rune(hexDigit(c))
	}
	return r
}
