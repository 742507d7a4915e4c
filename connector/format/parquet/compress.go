package parquet

import (
	"bytes"
	"fmt"
	"runtime"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"

	"github.com/headgate/headgate/connector/format/parquet/internal/meta"
)

// zstdWindow is how far back zstd looks: pages are hardly larger.
const zstdWindow = 1 << 20

// compressor compresses pages. It is safe for concurrent use.
type compressor struct {
	codec meta.Codec
	level int
	zstd  *zstd.Encoder
	gzip  sync.Pool // of *gzip.Writer
}

func newCompressor(o *Options) (*compressor, error) {
	c := &compressor{level: o.Level}
	switch o.Compression {
	case "snappy":
		c.codec = meta.Snappy
	case "gzip":
		c.codec = meta.Gzip
		if c.level == 0 {
			c.level = gzip.DefaultCompression
		}
	case "zstd":
		c.codec = meta.Zstd
		level := zstd.SpeedFastest // on pages it makes as little as the next level
		if o.Level > 0 {
			level = zstd.EncoderLevelFromZstd(o.Level)
		}
		var err error
		c.zstd, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderCRC(false), zstd.WithAllLitEntropyCompression(true),
			zstd.WithEncoderConcurrency(runtime.GOMAXPROCS(0)), zstd.WithWindowSize(zstdWindow), zstd.WithLowerEncoderMem(true))
		if err != nil {
			return nil, fmt.Errorf("zstd: %w", err)
		}
	}
	return c, nil
}

// pack compresses src. The result may use buf's memory, or be src itself.
func (c *compressor) pack(buf, src []byte) ([]byte, error) {
	switch c.codec {
	case meta.Snappy:
		if need := s2.MaxEncodedLen(len(src)); cap(buf) < need {
			buf = make([]byte, need+need/4)
		}
		return s2.EncodeSnappy(buf[:cap(buf)], src), nil
	case meta.Zstd:
		return c.zstd.EncodeAll(src, buf[:0]), nil
	case meta.Gzip:
		return c.packGzip(buf, src)
	}
	return src, nil
}

func (c *compressor) packGzip(buf, src []byte) ([]byte, error) {
	out := bytes.NewBuffer(buf[:0])
	w, ok := c.gzip.Get().(*gzip.Writer)
	if !ok {
		var err error
		if w, err = gzip.NewWriterLevel(out, c.level); err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
	}
	w.Reset(out)
	if _, err := w.Write(src); err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	c.gzip.Put(w)
	return out.Bytes(), nil
}
