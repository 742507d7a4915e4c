package expr

import (
	"unsafe"

	"github.com/headgate/headgate/connector/record"
)

// viewOf is a view of s: in place when s lies in the chunk or the arena of b, as
// pieces of a cell do, else of a copy in the arena.
func viewOf(b *record.Batch, s []byte) record.View {
	if off, ok := within(b.Buf, s); ok {
		return record.ChunkView(off, len(s))
	}
	if off, ok := within(b.Aux, s); ok {
		return record.AuxView(off, len(s))
	}
	return b.AddText(s)
}

// within is the offset of s in memory, if it lies there.
func within(memory, s []byte) (int, bool) {
	if len(s) == 0 {
		return 0, true
	}
	if len(memory) < len(s) {
		return 0, false
	}
	from := uintptr(unsafe.Pointer(unsafe.SliceData(memory)))
	at := uintptr(unsafe.Pointer(unsafe.SliceData(s)))
	if at < from || at-from > uintptr(len(memory)-len(s)) {
		return 0, false
	}
	return int(at - from), true
}

// text is b without copying. The bytes must not change while it is in use.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
