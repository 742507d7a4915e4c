package record

import (
	"encoding/base64"
	"slices"
)

// ParseCell reads the text of view as a value of v.Type into row: Value, or Bad with
// BadValue or Overflow. It never yields Null; what spells NULL is the format's affair.
// Spaces and tabs around anything but String and JSON are ignored. It allocates
// only to say why a text is bad. The text of Bytes is base64. What they decode to
// and a UUID in upper case go into b's arena; other textual values stay the view
// they are.
func (v *Vector) ParseCell(b *Batch, row int32, view View) {
	switch v.Type.Kind {
	case String:
		v.Str[row] = view
		v.Cells[row] = Value
	case Bytes:
		v.parseBytes(b, row, view)
	case JSON:
		v.parseJSON(b, row, view)
	case UUID:
		v.parseUUID(b, row, view)
	case Decimal:
		v.parseDecimal(row, b.Text(view))
	case Float:
		v.parseFloat(row, b.Text(view))
	default:
		v.parseWord(row, b.Text(view), wordParser(v.Type.Kind))
	}
}

// parseCells types the rows of sel from text into v. Null and Bad cells of text
// stay what they are.
func parseCells(b *Batch, text *Vector, sel []int32, v *Vector) {
	switch v.Type.Kind {
	case String:
		copyViews(text, sel, v)
	case Bytes:
		for _, row := range sel {
			if v.carry(text, row) {
				v.parseBytes(b, row, text.Str[row])
			}
		}
	case JSON:
		for _, row := range sel {
			if v.carry(text, row) {
				v.parseJSON(b, row, text.Str[row])
			}
		}
	case UUID:
		for _, row := range sel {
			if v.carry(text, row) {
				v.parseUUID(b, row, text.Str[row])
			}
		}
	case Decimal:
		for _, row := range sel {
			if v.carry(text, row) {
				v.parseDecimal(row, b.Text(text.Str[row]))
			}
		}
	case Float:
		for _, row := range sel {
			if v.carry(text, row) {
				v.parseFloat(row, b.Text(text.Str[row]))
			}
		}
	default:
		v.parseWords(b, text, sel, wordParser(v.Type.Kind))
	}
}

// parseWords is parseWord over sel, without a call around each parse.
func (v *Vector) parseWords(b *Batch, text *Vector, sel []int32, parse func([]byte) (int64, Problem)) {
	cells, values := v.Cells, v.I64
	for _, row := range sel {
		if !v.carry(text, row) {
			continue
		}
		s := b.Text(text.Str[row])
		if x, p := parse(s); p == NoProblem {
			values[row], cells[row] = x, Value
		} else {
			v.parseWord(row, s, parse)
		}
	}
}

// copyViews takes the text as it is.
func copyViews(text *Vector, sel []int32, v *Vector) {
	for _, row := range sel {
		if v.carry(text, row) {
			v.Str[row] = text.Str[row]
			v.Cells[row] = Value
		}
	}
}

// carry reports whether text has a Value at row; otherwise it takes over the Null
// or the Fault.
func (v *Vector) carry(text *Vector, row int32) bool {
	if text.Cells[row] == Value {
		return true
	}
	v.carryCell(text, row)
	return false
}

func (v *Vector) carryCell(text *Vector, row int32) {
	if text.Cells[row] == Bad {
		f := text.Fault(row)
		v.Fail(row, f.Code, f.Message)
		return
	}
	v.Cells[row] = text.Cells[row]
}

// wordParser is the parser of a kind that is stored in I64.
func wordParser(k Kind) func([]byte) (int64, Problem) {
	switch k {
	case Bool:
		return parseBoolWord
	case Int:
		return ParseInt
	case Date:
		return ParseDate
	case Time:
		return ParseTime
	case Timestamp:
		return ParseTimestamp
	}
	return func([]byte) (int64, Problem) { return 0, Malformed }
}

func (v *Vector) parseWord(row int32, text []byte, parse func([]byte) (int64, Problem)) {
	x, p := parse(Trim(text))
	if p != NoProblem {
		v.refuse(row, text, p)
		return
	}
	v.I64[row] = x
	v.Cells[row] = Value
}

func (v *Vector) parseFloat(row int32, text []byte) {
	x, ok := shortFloat(text)
	p := NoProblem
	if !ok {
		x, p = ParseFloat(Trim(text))
	}
	if p != NoProblem {
		v.refuse(row, text, p)
		return
	}
	v.F64[row] = x
	v.Cells[row] = Value
}

func (v *Vector) parseDecimal(row int32, text []byte) {
	if x, ok := shortDecimal(text, v.Type); ok {
		v.I64[row] = x
		if v.Hi != nil {
			v.Hi[row] = x >> 63
		}
		v.Cells[row] = Value
		return
	}
	x, p := ParseDecimal(Trim(text), v.Type)
	if p != NoProblem {
		v.refuse(row, text, p)
		return
	}
	v.SetDecimal(row, x)
}

func (v *Vector) parseJSON(b *Batch, row int32, view View) {
	text := b.Text(view)
	if p := CheckJSON(text); p != NoProblem {
		v.refuse(row, text, p)
		return
	}
	v.Str[row] = view
	v.Cells[row] = Value
}

func (v *Vector) parseBytes(b *Batch, row int32, view View) {
	text := Trim(b.Text(view))
	off := len(b.Aux)
	b.Aux = slices.Grow(b.Aux, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Strict().Decode(b.Aux[off:cap(b.Aux)], text)
	if err != nil {
		v.refuse(row, text, Malformed)
		return
	}
	b.Aux = b.Aux[:off+n]
	v.Str[row] = AuxView(off, n)
	v.Cells[row] = Value
}

func (v *Vector) parseUUID(b *Batch, row int32, view View) {
	text := b.Text(view)
	id, p := ParseUUID(Trim(text))
	if p != NoProblem {
		v.refuse(row, text, p)
		return
	}
	if string(id[:]) != string(text) {
		view = b.AddText(id[:])
	}
	v.Str[row] = view
	v.Cells[row] = Value
}

func (v *Vector) refuse(row int32, text []byte, p Problem) {
	v.Fail(row, p.Code(), p.Message(text, v.Type))
}

// Trim is text without the spaces and tabs around it.
func Trim(text []byte) []byte {
	for len(text) > 0 && (text[0] == ' ' || text[0] == '\t') {
		text = text[1:]
	}
	for n := len(text) - 1; n >= 0 && (text[n] == ' ' || text[n] == '\t'); n-- {
		text = text[:n]
	}
	return text
}
