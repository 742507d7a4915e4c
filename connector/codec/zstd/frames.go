package zstd

import (
	"encoding/binary"
	"errors"
	"io"
	"slices"

	"github.com/klauspost/compress/zstd"

	"github.com/headgate/headgate/connector/codec/internal/inorder"
)

const (
	skippable     = 0x184d2a50 // the magic number, but for its last 4 bits
	skippableMask = 0xfffffff0
	skippableHead = 8
	blockHead     = 3
	checksum      = 4
	maxBlock      = 128 << 10
	// wide is room behind the unpacked bytes, which lets them be copied in larger steps.
	wide = 64
)

// frames are the pieces of a zstd stream.
type frames struct {
	whole *zstd.Decoder // for frames in memory
	alone *zstd.Decoder // for one while it is read; nil until it is needed
}

func newFrames() (*frames, error) {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(inorder.Workers()), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(inorder.MaxPiece))
	return &frames{whole: z}, err
}

// Take takes the frames that cannot become larger than a piece may be.
func (f *frames) Take(s *inorder.Source, t *inorder.Task) (whole bool, err error) {
	if err := skip(s); err != nil {
		return false, err
	}
	head, _ := s.Peek(zstd.HeaderMaxSize)
	var h zstd.Header
	if h.Decode(head) != nil || h.DictionaryID != 0 || h.HasFCS && h.FrameContentSize > inorder.MaxPiece {
		return false, nil
	}
	if !take(s, t, h.HeaderSize) {
		return false, nil
	}
	size := 0
	for last := false; !last; {
		head, err := s.Peek(blockHead)
		b, ok := parseBlock(head)
		if err != nil || !ok {
			return false, nil
		}
		last = b.last
		if size += b.most; size > inorder.MaxPiece && !h.HasFCS || len(t.In) > inorder.MaxPiece || !take(s, t, b.length) {
			return false, nil
		}
	}
	if h.HasCheckSum && !take(s, t, checksum) {
		return false, nil
	}
	if h.HasFCS {
		size = int(h.FrameContentSize)
	}
	t.Out = slices.Grow(t.Out, size+wide)
	return true, nil
}

// take appends n bytes of s to t.In, or as many as there are.
func take(s *inorder.Source, t *inorder.Task, n int) bool {
	at := len(t.In)
	t.In = slices.Grow(t.In, n)[:at+n]
	got, err := io.ReadFull(s, t.In[at:])
	t.In = t.In[:at+got]
	return err == nil
}

// skip skips the frames that hold no data. Then comes something else: io.EOF is the end.
func skip(s *inorder.Source) error {
	for {
		head, err := s.Peek(skippableHead)
		if len(head) == 0 {
			return err
		}
		if len(head) < skippableHead || binary.LittleEndian.Uint32(head)&skippableMask != skippable {
			return nil
		}
		n := skippableHead + int64(binary.LittleEndian.Uint32(head[4:]))
		if _, err := io.CopyN(io.Discard, s, n); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
	}
}

// block is what the header of a block tells.
type block struct {
	last   bool
	length int // with the header
	most   int // bytes it may become
}

// parseBlock reads the header of a block; ok is false when there is no such block.
func parseBlock(head []byte) (b block, ok bool) {
	if len(head) < blockHead {
		return b, false
	}
	v := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
	size := v >> 3
	b = block{last: v&1 != 0, length: blockHead + size, most: size}
	switch v >> 1 & 3 {
	case 1: // one byte, repeated
		b.length = blockHead + 1
	case 2:
		b.most = maxBlock
	case 3:
		return b, false
	}
	return b, true
}

// Unpack decompresses a whole frame.
func (f *frames) Unpack(t *inorder.Task) { t.Out, t.Err = f.whole.DecodeAll(t.In, t.Out[:0]) }

// Alone decompresses a frame while it is read.
func (f *frames) Alone(s *inorder.Source) io.Reader {
	one := &frame{src: s}
	var err error
	if f.alone == nil {
		f.alone, err = zstd.NewReader(one, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxWindow))
	} else {
		err = f.alone.Reset(one)
	}
	if err != nil {
		return failed{err}
	}
	return named{f.alone}
}

// named says in our words that what is read is no frame.
type named struct{ *zstd.Decoder }

func (n named) Read(p []byte) (int, error) {
	k, err := n.Decoder.Read(p)
	if errors.Is(err, zstd.ErrMagicMismatch) {
		err = errors.New("this is not zstd")
	}
	return k, err
}

// failed is a reader of nothing.
type failed struct{ err error }

func (f failed) Read([]byte) (int, error) { return 0, f.err }
