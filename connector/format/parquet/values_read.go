package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/headgate/headgate/connector/format/parquet/internal/bits"
	"github.com/headgate/headgate/connector/format/parquet/internal/meta"
)

// mode is how the values of a page are encoded, by what it takes to decode them.
type mode uint8

const (
	plainFixed mode = iota // numbers
	plainBytes             // bytes, which stay where they are
	plainBits
	runBits
	byDictionary
	deltaInts
	deltaLengths
	deltaBytes
	splitBytes
)

const (
	// maxCell bounds one value. It is checked before memory is taken for it.
	maxCell = maxSlab
	// maxSlab bounds the bytes of a column of a morsel.
	maxSlab = 256 << 20
	// maxListed bounds the lengths that encodings with deltas list before the bytes.
	maxListed = 1 << 24
	// block is how many values are decoded at once.
	block = 512
)

var errSlab = fmt.Errorf("the values of a few thousand rows take more than %d MiB", maxSlab>>20)

var errCell = fmt.Errorf("a value is larger than %d MiB", maxCell>>20)

// valuesReader is the state of decoding the values of a page.
type valuesReader struct {
	mode     mode
	indexes  bits.Hybrid
	delta    bits.Delta
	bit      int     // of the first byte not consumed, for plainBits
	lengths  []int64 // of deltaLengths and deltaBytes, those not consumed
	prefixes []int64
	listed   []int64 // the memory of both
	previous []byte
	split    []byte // the values of splitBytes
	taken    int    // of them
	scratch  []byte
}

func (r *leafReader) setMode(enc meta.Encoding) error {
	t := r.leaf.elem.Type
	isBytes := !r.leaf.numeric()
	isInt := t == meta.Int32 || t == meta.Int64
	switch {
	case enc == meta.Plain && isBytes:
		r.mode = plainBytes
	case enc == meta.Plain && t == meta.Boolean:
		r.mode = plainBits
	case enc == meta.Plain:
		r.mode = plainFixed
	case (enc == meta.PlainDictionary || enc == meta.RLEDictionary) && t != meta.Boolean:
		r.mode = byDictionary
		if r.dict == nil {
			return errors.New("a page without the dictionary it needs")
		}
	case enc == meta.RLE && t == meta.Boolean:
		r.mode = runBits
	case enc == meta.DeltaBinary && isInt:
		r.mode = deltaInts
	case enc == meta.DeltaLength && t == meta.ByteArray:
		r.mode = deltaLengths
	case enc == meta.DeltaBytes && isBytes:
		r.mode = deltaBytes
	case enc == meta.ByteStreamSplit && t != meta.Boolean && t != meta.Int96 && t != meta.ByteArray:
		r.mode = splitBytes
	default:
		return fmt.Errorf("%s in encoding %d cannot be read", t, enc)
	}
	return nil
}

// startValues reads what stands before the values.
func (r *leafReader) startValues() error {
	if r.body.Rest() == 0 {
		// Nothing but NULL. Whoever asks for a value all the same is told.
		r.indexes.Reset(&r.body, 1)
		r.delta = bits.Delta{}
		r.lengths, r.split, r.taken, r.bit = nil, nil, 0, 0
		return nil
	}
	switch r.mode {
	case plainBits:
		r.bit = 0
	case runBits:
		if err := r.body.Need(4); err != nil {
			return err
		}
		r.body.Advance(4)
		r.indexes.Reset(&r.body, 1)
	case byDictionary:
		if err := r.body.Need(1); err != nil {
			return err
		}
		width := int(r.body.Unread()[0])
		r.body.Advance(1)
		if width > 32 {
			return errors.New("indexes of more than 32 bits")
		}
		r.indexes.Reset(&r.body, width)
	case deltaInts:
		return r.delta.Reset(&r.body)
	case deltaLengths, deltaBytes:
		return r.startLengths()
	case splitBytes:
		if err := r.body.Need(r.body.Rest()); err != nil {
			return err
		}
		r.split, r.taken = r.body.Unread(), 0
	}
	return nil
}

// startLengths reads the lengths that stand before the bytes.
func (r *leafReader) startLengths() (err error) {
	r.listed = r.listed[:0]
	r.previous = r.previous[:0]
	if r.mode == deltaBytes {
		if err := r.list(); err != nil {
			return err
		}
	}
	n := len(r.listed)
	if err := r.list(); err != nil {
		return err
	}
	r.prefixes, r.lengths = r.listed[:n], r.listed[n:]
	if r.mode == deltaBytes && len(r.prefixes) != len(r.lengths) {
		return errors.New("as many prefixes as suffixes are needed")
	}
	return nil
}

// list appends a list of lengths to r.listed.
func (r *leafReader) list() error {
	if err := r.delta.Reset(&r.body); err != nil {
		return err
	}
	if r.delta.Count() > min(maxListed, int(r.head.Values)) {
		return errors.New("more lengths than values")
	}
	var part [block]int64
	for r.delta.Count() > 0 {
		k := min(block, r.delta.Count())
		if err := r.delta.Decode(part[:k]); err != nil {
			return err
		}
		r.listed = append(r.listed, part[:k]...)
		r.body.Compact()
	}
	return r.delta.Finish()
}

// take accounts for n values.
func (r *leafReader) take(n int) error {
	if n > r.values {
		return errors.New("more values than levels")
	}
	r.values -= n
	return nil
}

// ints decodes numbers: integers, the bits of floats, bools as 0 and 1, INT96 as
// microseconds.
func (r *leafReader) ints(dst []int64) error {
	if err := r.take(len(dst)); err != nil {
		return err
	}
	for len(dst) > 0 {
		part := dst[:min(len(dst), block)]
		dst = dst[len(part):]
		if err := r.intBlock(part); err != nil {
			return err
		}
		r.body.Compact()
	}
	return nil
}

func (r *leafReader) intBlock(dst []int64) error {
	switch r.mode {
	case plainFixed:
		return r.plainInts(dst)
	case plainBits:
		return r.bits(dst)
	case runBits:
		var numbers [block]uint32
		if err := bits.Decode(&r.indexes, numbers[:len(dst)]); err != nil {
			return err
		}
		for i, x := range numbers[:len(dst)] {
			dst[i] = int64(x)
		}
		return nil
	case byDictionary:
		return r.lookup(dst)
	case deltaInts:
		err := r.delta.Decode(dst)
		if r.leaf.elem.Type == meta.Int32 {
			for i, x := range dst {
				dst[i] = int64(int32(x))
			}
		}
		return err
	}
	return r.splitInts(dst)
}

// sizes is how many bytes a number takes, by physical type.
var sizes = [...]int{meta.Int32: 4, meta.Int64: 8, meta.Int96: 12, meta.Float: 4, meta.Double: 8, meta.FixedBytes: 0}

func (r *leafReader) plainInts(dst []int64) error {
	t := r.leaf.elem.Type
	n := sizes[t] * len(dst)
	if err := r.body.Need(n); err != nil {
		return err
	}
	plainNumbers(dst, r.body.Unread()[:n], t)
	r.body.Advance(n)
	return nil
}

func plainNumbers(dst []int64, src []byte, t meta.Physical) {
	switch sizes[t] {
	case 4:
		for i := range dst {
			dst[i] = int64(int32(binary.LittleEndian.Uint32(src[4*i:])))
		}
	case 8:
		for i := range dst {
			dst[i] = int64(binary.LittleEndian.Uint64(src[8*i:]))
		}
	default:
		for i := range dst {
			dst[i] = int96(src[12*i:])
		}
	}
}

func (r *leafReader) bits(dst []int64) error {
	n := (r.bit + len(dst) + 7) / 8
	if err := r.body.Need(n); err != nil {
		return err
	}
	src := r.body.Unread()
	for i := range dst {
		at := r.bit + i
		dst[i] = int64(src[at/8] >> (at % 8) & 1)
	}
	r.bit += len(dst)
	r.body.Advance(r.bit / 8)
	r.bit %= 8
	return nil
}

func (r *leafReader) lookup(dst []int64) error {
	var numbers [block]uint32
	at := numbers[:len(dst)]
	if err := bits.Decode(&r.indexes, at); err != nil {
		return err
	}
	from := r.dict.ints
	for i, k := range at {
		if int(k) >= len(from) {
			return errIndex
		}
		dst[i] = from[k]
	}
	return nil
}

var errIndex = errors.New("an index outside the dictionary")

func le32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
