package gzip

import (
	"encoding/binary"
	"hash/crc32"
	"sync"

	"github.com/klauspost/compress/flate"

	"github.com/headgate/headgate/connector/codec/internal/inorder"
)

// memberSize is how much of the input becomes a member. With less the result grows, with
// more the memory does: this is half a percent more than one member takes.
const memberSize = 512 << 10

// packer makes members.
type packer struct {
	level     int
	deflaters sync.Pool // of *flate.Writer
}

// pack makes t.Out, a member, of t.In.
func (p *packer) pack(t *inorder.Task) {
	out := appender{appendHeader(t.Out[:0], p.level)}
	z, ok := p.deflaters.Get().(*flate.Writer)
	if ok {
		z.Reset(&out)
	} else if z, t.Err = flate.NewWriter(&out, p.level); t.Err != nil {
		return
	}
	if _, t.Err = z.Write(t.In); t.Err == nil {
		t.Err = z.Close()
	}
	z.Reset(nil) // let go of out
	p.deflaters.Put(z)
	putLength(out.b, len(out.b)-ourHeader)
	out.b = binary.LittleEndian.AppendUint32(out.b, crc32.ChecksumIEEE(t.In))
	t.Out = binary.LittleEndian.AppendUint32(out.b, uint32(len(t.In)))
}

// appender is a writer to memory.
type appender struct{ b []byte }

func (a *appender) Write(p []byte) (int, error) {
	a.b = append(a.b, p...)
	return len(p), nil
}
