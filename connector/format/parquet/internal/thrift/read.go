// Package thrift reads and writes the compact protocol of Apache Thrift, as much of it
// as the metadata of Parquet files needs. What it reads may be hostile.
package thrift

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Type is the type of a struct's field or a list's element.
type Type byte

// The types. Stop is the end of a struct. A bool field is True or False itself.
const (
	Stop Type = iota
	True
	False
	Byte
	I16
	I32
	I64
	Double
	Binary
	List
	Set
	Map
	Struct
)

// ErrShort means that the bytes end before the value does.
var ErrShort = errors.New("metadata is cut short")

var errMalformed = errors.New("metadata is malformed")

// maxDepth is how deep values that nobody asked for may nest.
const maxDepth = 32

// Reader reads values one after the other. After an error it returns zeros and the
// end of every struct; Err tells the error.
type Reader struct {
	buf []byte
	pos int
	err error
}

// NewReader reads buf. What it returns shares buf.
func NewReader(buf []byte) *Reader { return &Reader{buf: buf} }

// Err is the first error.
func (r *Reader) Err() error { return r.err }

// Pos is how many bytes have been read.
func (r *Reader) Pos() int { return r.pos }

// Fail makes err the reader's error, unless there is one.
func (r *Reader) Fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *Reader) byte() byte {
	if r.err != nil || r.pos >= len(r.buf) {
		r.Fail(ErrShort)
		return 0
	}
	r.pos++
	return r.buf[r.pos-1]
}

func (r *Reader) uvarint() uint64 {
	if r.err != nil {
		return 0
	}
	x, n := binary.Uvarint(r.buf[r.pos:])
	switch {
	case n == 0:
		r.Fail(ErrShort)
		return 0
	case n < 0:
		r.Fail(errMalformed)
		return 0
	}
	r.pos += n
	return x
}

func (r *Reader) zigzag() int64 {
	x := r.uvarint()
	return int64(x>>1) ^ -int64(x&1)
}

// Field reads the head of the next field. last is the id of the one before, 0 at first,
// and is updated. The type is Stop at the end of the struct.
func (r *Reader) Field(last *int16) (int16, Type) {
	head := r.byte()
	typ := Type(head & 15)
	if r.err != nil || typ == Stop {
		return 0, Stop
	}
	if typ > Struct {
		r.Fail(errMalformed)
		return 0, Stop
	}
	if delta := int16(head >> 4); delta != 0 {
		*last += delta
	} else {
		*last = int16(r.zigzag())
	}
	return *last, typ
}

// want reports whether a value of type typ can be read as one of type other.
func (r *Reader) want(typ, other Type) bool {
	if r.err == nil && typ != other {
		r.Fail(fmt.Errorf("%w: a field has type %d instead of %d", errMalformed, typ, other))
	}
	return r.err == nil
}

// Int reads an integer of any width.
func (r *Reader) Int(typ Type) int64 {
	if typ == Byte {
		return int64(int8(r.byte()))
	}
	if typ == I16 || typ == I32 || typ == I64 {
		return r.zigzag()
	}
	r.want(typ, I64)
	return 0
}

// Int32 is Int for a value that must fit 32 bits.
func (r *Reader) Int32(typ Type) int32 {
	x := r.Int(typ)
	if int64(int32(x)) != x {
		r.Fail(errMalformed)
		return 0
	}
	return int32(x)
}

// Bool reads a bool field.
func (r *Reader) Bool(typ Type) bool {
	if typ != True && typ != False {
		r.want(typ, True)
	}
	return typ == True
}

// Bytes reads a string.
func (r *Reader) Bytes(typ Type) []byte {
	if !r.want(typ, Binary) {
		return nil
	}
	n := r.uvarint()
	if r.err == nil && n > uint64(len(r.buf)-r.pos) {
		r.Fail(ErrShort)
	}
	if r.err != nil {
		return nil
	}
	r.pos += int(n)
	return r.buf[r.pos-int(n) : r.pos : r.pos]
}

// List reads the head of a list. Its elements take at least size bytes each, so that a
// list cannot claim more elements than there are bytes for.
func (r *Reader) List(typ Type, size int) (elem Type, n int) {
	if !r.want(typ, List) {
		return Stop, 0
	}
	return r.items(size)
}

func (r *Reader) items(size int) (elem Type, n int) {
	head := r.byte()
	count := uint64(head >> 4)
	if count == 15 {
		count = r.uvarint()
	}
	if elem = Type(head & 15); elem > Struct {
		r.Fail(errMalformed)
	}
	if r.err == nil && count > uint64(len(r.buf)-r.pos)/uint64(size) {
		r.Fail(ErrShort)
	}
	if r.err != nil {
		return Stop, 0
	}
	return elem, int(count)
}

// Skip reads over a value.
func (r *Reader) Skip(typ Type) { r.skip(typ, maxDepth) }

func (r *Reader) skip(typ Type, depth int) {
	if depth == 0 {
		r.Fail(errMalformed)
		return
	}
	switch typ {
	case True, False:
	case Byte:
		r.byte()
	case I16, I32, I64:
		r.uvarint()
	case Double:
		r.advance(8)
	case Binary:
		r.Bytes(Binary)
	case List, Set:
		elem, n := r.items(1)
		for range n {
			if r.err != nil {
				return
			}
			r.skipElement(elem, depth-1)
		}
	case Map:
		r.skipMap(depth)
	case Struct:
		var last int16
		for _, t := r.Field(&last); t != Stop; _, t = r.Field(&last) {
			r.skip(t, depth-1)
		}
	default:
		r.Fail(errMalformed)
	}
}

// skipElement differs from skip in that a bool in a list takes a byte.
func (r *Reader) skipElement(typ Type, depth int) {
	if typ == True || typ == False {
		typ = Byte
	}
	r.skip(typ, depth)
}

func (r *Reader) skipMap(depth int) {
	n := r.uvarint()
	if n == 0 || r.err != nil {
		return
	}
	if n > uint64(len(r.buf)-r.pos) {
		r.Fail(ErrShort)
		return
	}
	kinds := r.byte()
	for range n {
		if r.err != nil {
			return
		}
		r.skipElement(Type(kinds>>4), depth-1)
		r.skipElement(Type(kinds&15), depth-1)
	}
}

func (r *Reader) advance(n int) {
	if r.err == nil && n > len(r.buf)-r.pos {
		r.Fail(ErrShort)
	}
	if r.err == nil {
		r.pos += n
	}
}
