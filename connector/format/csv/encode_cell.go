package csv

import (
	"bytes"

	"github.com/headgate/headgate/connector/record"
)

// appendRaw writes text that came from a file with the same delimiter and quote. Text
// without quotes there needs none here, and quoted text that lies in the chunk
// has no quote in it.
func (e *Encoder) appendRaw(dst []byte, b *record.Batch, v record.View) []byte {
	text := b.Text(v)
	switch {
	case v.Plain() && len(text) > 0 && !e.isNullWord(text):
		return append(dst, text...)
	case v.Quoted() && !v.Aux():
		dst = append(dst, '"')
		dst = append(dst, text...)
		return append(dst, '"')
	}
	return e.appendText(dst, text, v.Quoted())
}

// appendText writes text of any origin.
func (e *Encoder) appendText(dst, text []byte, quote bool) []byte {
	if e.x.quote == 0 || !quote && !e.all && !e.needsQuote(text) {
		return append(dst, text...)
	}
	dst = append(dst, e.x.quote)
	for {
		k := bytes.IndexByte(text, e.x.quote)
		if e.x.escape != 0 {
			k = bytes.IndexAny(text, e.x.marks)
		}
		if k < 0 {
			break
		}
		dst = append(dst, text[:k+1]...)
		dst = append(dst, text[k])
		text = text[k+1:]
	}
	dst = append(dst, text...)
	return append(dst, e.x.quote)
}

// appendTyped writes a computed value that is not text.
func (e *Encoder) appendTyped(dst []byte, b *record.Batch, v *record.Vector, row int32) []byte {
	at := len(dst)
	dst = v.AppendText(dst, b, row)
	if e.safe && len(dst) > at {
		return dst
	}
	text := bytes.Clone(dst[at:])
	return e.appendText(dst[:at], text, false)
}

// needsQuote reports whether text without quotes would read back as something else.
func (e *Encoder) needsQuote(text []byte) bool {
	if len(text) == 0 {
		return e.x.quote != 0
	}
	for _, c := range text {
		if e.special[c] {
			return true
		}
	}
	if e.x.trim && len(bytes.Trim(text, blanks)) != len(text) {
		return true
	}
	if len(e.x.comment) > 0 && text[0] == e.x.comment[0] {
		return true
	}
	return e.isNullWord(text)
}

func (e *Encoder) isNullWord(text []byte) bool {
	return len(e.x.nullWords) > 0 && e.x.isNull(text)
}
