package step

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"unicode/utf8"

	"github.com/headgate/headgate/connector/record"
)

// redactedText is what `redact` leaves. It tells nothing, not even a length.
const redactedText = "***"

// masker is an instance of the mask step.
type masker struct {
	plan []maskOf
	macs []hash.Hash // by column; nil = not hmac
	made []*record.Column
	text []byte
	sum  []byte
}

func newMasker(plan []maskOf) *masker {
	x := &masker{plan: plan, macs: make([]hash.Hash, len(plan)), made: make([]*record.Column, len(plan))}
	for i, p := range plan {
		if p.how == maskHMAC && !p.key.Empty() {
			x.macs[i] = hmac.New(sha256.New, p.key.Bytes())
		}
	}
	return x
}

// Apply masks all columns before it puts the first one in place.
func (x *masker) Apply(b *record.Batch) error {
	for i := range x.plan {
		p := &x.plan[i]
		if p.how == maskHMAC && x.macs[i] == nil && len(b.Sel) > 0 {
			return fmt.Errorf("mask %s: there is no store to take its key from", p.name)
		}
		x.made[i] = x.column(b, p, x.macs[i])
	}
	for i := range x.plan {
		b.Cols[x.plan[i].at] = x.made[i]
	}
	return nil
}

func (x *masker) column(b *record.Batch, p *maskOf, mac hash.Hash) *record.Column {
	from := b.Cols[p.at]
	var v *record.Vector
	if p.raw && from.Input() >= 0 {
		v = from.Source(b, b.Sel)
	} else {
		v = from.Values(b, b.Sel)
	}
	rejectBad(b, v, nil, p.name)
	col := b.NewColumn(record.Type{Kind: record.String})
	out := col.Vector()
	for _, row := range b.Sel {
		if out.Cells[row] = v.Cells[row]; v.Cells[row] != record.Value {
			continue
		}
		x.mask(b, v, row, p.how, mac)
		out.Str[row] = b.AddText(x.text)
	}
	return col
}

// mask leaves the masked value in x.text.
func (x *masker) mask(b *record.Batch, v *record.Vector, row int32, how string, mac hash.Hash) {
	if how == maskRedact {
		x.text = append(x.text[:0], redactedText...)
		return
	}
	var text []byte
	if v.Type.Textual() {
		text = b.Text(v.Str[row]) // of bytes, the bytes themselves
	} else {
		x.text = v.AppendText(x.text[:0], b, row)
		text = x.text
	}
	switch how {
	case maskSHA256:
		sum := sha256.Sum256(text)
		x.text = hex.AppendEncode(x.text[:0], sum[:])
	case maskHMAC:
		mac.Reset()
		mac.Write(text)
		x.sum = mac.Sum(x.sum[:0])
		x.text = hex.AppendEncode(x.text[:0], x.sum)
	case maskLast4:
		x.stars(text, tail(text, 4), len(text))
	case maskFirst1:
		_, n := utf8.DecodeRune(text)
		x.stars(text, 0, n)
	}
}

// tail is where the last n characters of text start.
func tail(text []byte, n int) int {
	at := len(text)
	for ; n > 0 && at > 0; n-- {
		_, size := utf8.DecodeLastRune(text[:at])
		at -= size
	}
	return at
}

// stars writes a star for each character of text outside of from..to, or of all of it when
// nothing else would be hidden. text may be x.text.
func (x *masker) stars(text []byte, from, to int) {
	if from == 0 && to == len(text) {
		to = 0
	}
	before, after := utf8.RuneCount(text[:from]), utf8.RuneCount(text[to:])
	keep := text[from:to]
	x.sum = append(x.sum[:0], keep...)
	x.text = x.text[:0]
	for range before {
		x.text = append(x.text, '*')
	}
	x.text = append(x.text, x.sum...)
	for range after {
		x.text = append(x.text, '*')
	}
}
