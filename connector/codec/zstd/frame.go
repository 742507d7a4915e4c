package zstd

import (
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/headgate/headgate/connector/codec/internal/inorder"
)

// frame reads the packed bytes of the frame that src starts with, up to its end. Bytes
// that are no frame it passes on without an end: it is for their reader to say what
// is wrong with them.
type frame struct {
	src      *inorder.Source
	begun    bool
	checksum int
	left     int // bytes up to the next header of a block
	last     bool
	lost     bool
}

func (f *frame) Read(p []byte) (int, error) {
	if f.left == 0 && !f.lost {
		if f.last {
			return 0, io.EOF
		}
		f.next()
	}
	if f.lost {
		return f.src.Read(p)
	}
	n, err := f.src.Read(p[:min(len(p), f.left)])
	f.left -= n
	return n, err
}

// next finds out what comes up to the next header of a block.
func (f *frame) next() {
	if !f.begun {
		f.begun = true
		var h zstd.Header
		head, _ := f.src.Peek(zstd.HeaderMaxSize)
		if h.Decode(head) != nil {
			f.lost = true
			return
		}
		f.left = h.HeaderSize
		if h.HasCheckSum {
			f.checksum = checksum
		}
		return
	}
	head, _ := f.src.Peek(blockHead)
	b, ok := parseBlock(head)
	f.last, f.lost, f.left = b.last, !ok, b.length
	if b.last {
		f.left += f.checksum
	}
}
