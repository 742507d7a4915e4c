package parquet

import (
	"errors"
	"fmt"
	"io"
	mathbits "math/bits"

	"github.com/headgate/headgate/connector/format/parquet/internal/bits"
	"github.com/headgate/headgate/connector/format/parquet/internal/meta"
)

// maxLevels bounds the levels of a page, in bytes.
const maxLevels = 32 << 20

// levelsV1 reads the levels before the values.
func (r *leafReader) levelsV1() error {
	rep, err := r.level(r.leaf.maxRep, r.head.RepLevels, 0)
	if err != nil {
		return err
	}
	def, err := r.level(r.leaf.maxDef, r.head.DefLevels, rep)
	if err != nil {
		return err
	}
	r.setLevels(rep, def)
	return nil
}

// level copies the levels of one kind behind the first n bytes of r.levels and tells
// where they end.
func (r *leafReader) level(highest int, enc meta.Encoding, n int) (int, error) {
	if highest == 0 {
		return n, nil
	}
	if enc != meta.RLE {
		return n, fmt.Errorf("levels in encoding %d cannot be read", enc)
	}
	if err := r.body.Need(4); err != nil {
		return n, err
	}
	size := int(le32(r.body.Unread()))
	r.body.Advance(4)
	if size < 0 || size > min(maxLevels, r.body.Rest()) {
		return n, errors.New("levels larger than the page")
	}
	r.levels = r.levels[:n]
	for size > 0 {
		k := min(size, 64<<10)
		if err := r.body.Need(k); err != nil {
			return n, err
		}
		r.levels = append(r.levels, r.body.Unread()[:k]...)
		r.body.Advance(k)
		size -= k
	}
	return len(r.levels), nil
}

// levelsV2 reads the levels, which stand before what is compressed.
func (r *leafReader) levelsV2() error {
	rep, def := int(r.head.RepBytes), int(r.head.DefBytes)
	if rep+def > maxLevels {
		return errors.New("levels larger than the page")
	}
	r.levels = grown(r.levels[:0], rep+def)
	if _, err := io.ReadFull(&r.in, r.levels); err != nil {
		return err
	}
	r.setLevels(rep, rep+def)
	return nil
}

func (r *leafReader) setLevels(rep, def int) {
	r.repSource, r.defSource = bits.Slice(r.levels[:rep]), bits.Slice(r.levels[rep:def])
	r.reps.Reset(&r.repSource, mathbits.Len(uint(r.leaf.maxRep)))
	r.defs.Reset(&r.defSource, mathbits.Len(uint(r.leaf.maxDef)))
}

// definitions reads the definition levels of the next n cells, at most left, and tells how
// many have values. When all have, the levels may be left unset.
func (r *leafReader) definitions(dst []uint8) (values int, err error) {
	n := len(dst)
	r.left -= n
	highest := uint8(r.leaf.maxDef)
	if highest == 0 {
		r.values += n
		return n, nil
	}
	same, err := r.defs.Same(uint32(highest), n)
	if err != nil {
		return 0, err
	}
	if same < n {
		for i := range dst[:same] {
			dst[i] = highest
		}
		if err := bits.Decode(&r.defs, dst[same:]); err != nil {
			return 0, err
		}
	}
	values = same
	if same < n {
		for _, d := range dst[same:] {
			if d > highest {
				return 0, errors.New("a level is too high")
			}
			if d == highest {
				values++
			}
		}
	}
	r.values += values
	return values, nil
}
