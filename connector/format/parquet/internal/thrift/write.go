package thrift

import "encoding/binary"

// Writer appends values to Buf. Fields must be written in the order of their ids.
type Writer struct {
	Buf  []byte
	last int16
	open []int16 // the last ids of the structs around the current one
}

func (w *Writer) head(id int16, typ Type) {
	if delta := id - w.last; delta > 0 && delta < 16 {
		w.Buf = append(w.Buf, byte(delta)<<4|byte(typ))
	} else {
		w.Buf = append(w.Buf, byte(typ))
		w.Buf = binary.AppendVarint(w.Buf, int64(id))
	}
	w.last = id
}

// Bool writes a bool field.
func (w *Writer) Bool(id int16, x bool) {
	if x {
		w.head(id, True)
		return
	}
	w.head(id, False)
}

// Byte writes a field of eight bits.
func (w *Writer) Byte(id int16, x int8) {
	w.head(id, Byte)
	w.Buf = append(w.Buf, byte(x))
}

// I32 writes an integer field of 32 bits.
func (w *Writer) I32(id int16, x int32) {
	w.head(id, I32)
	w.Buf = binary.AppendVarint(w.Buf, int64(x))
}

// I64 writes an integer field of 64 bits.
func (w *Writer) I64(id int16, x int64) {
	w.head(id, I64)
	w.Buf = binary.AppendVarint(w.Buf, x)
}

// Bytes writes a string field.
func (w *Writer) Bytes(id int16, s []byte) {
	w.head(id, Binary)
	w.element(s)
}

// String is Bytes.
func (w *Writer) String(id int16, s string) {
	w.head(id, Binary)
	w.Buf = binary.AppendUvarint(w.Buf, uint64(len(s)))
	w.Buf = append(w.Buf, s...)
}

func (w *Writer) element(s []byte) {
	w.Buf = binary.AppendUvarint(w.Buf, uint64(len(s)))
	w.Buf = append(w.Buf, s...)
}

// List writes the head of a list field of n elements. Elements that are structs stand
// between Open and Close, others are written by the Element methods.
func (w *Writer) List(id int16, elem Type, n int) {
	w.head(id, List)
	if n < 15 {
		w.Buf = append(w.Buf, byte(n)<<4|byte(elem))
		return
	}
	w.Buf = append(w.Buf, 0xf0|byte(elem))
	w.Buf = binary.AppendUvarint(w.Buf, uint64(n))
}

// ElementI32 writes an element of a list of integers.
func (w *Writer) ElementI32(x int32) { w.Buf = binary.AppendVarint(w.Buf, int64(x)) }

// ElementString writes an element of a list of strings.
func (w *Writer) ElementString(s string) { w.element([]byte(s)) }

// Begin starts a struct field, to be ended by Close.
func (w *Writer) Begin(id int16) {
	w.head(id, Struct)
	w.Open()
}

// Open starts a struct that is a list's element or the whole value.
func (w *Writer) Open() {
	w.open = append(w.open, w.last)
	w.last = 0
}

// Close ends a struct.
func (w *Writer) Close() {
	w.Buf = append(w.Buf, byte(Stop))
	w.last = w.open[len(w.open)-1]
	w.open = w.open[:len(w.open)-1]
}

// Empty writes a struct field without fields, as unions use it for a bare choice.
func (w *Writer) Empty(id int16) {
	w.Begin(id)
	w.Close()
}
