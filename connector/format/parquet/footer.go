package parquet

import (
	"errors"
	"fmt"
	"io"

	"github.com/headgate/headgate/connector/format/parquet/internal/meta"
)

// maxFooter bounds the footer, which is held whole.
const maxFooter = 256 << 20

// readFooter reads what the file says about itself.
func (d *Decoder) readFooter() error {
	const tail = 8
	if d.opt.Size < int64(2*len(magic)+4) {
		return errors.New("not a Parquet file: too short")
	}
	var end [tail]byte
	if err := readFull(d.opt.At, end[:], d.opt.Size-tail); err != nil {
		return err
	}
	switch string(end[4:]) {
	case string(magic):
	case "PARE":
		return errors.New("the footer is encrypted, which cannot be read")
	default:
		return d.endless()
	}
	size := int64(le32(end[:]))
	if size > d.opt.Size-tail-int64(len(magic)) {
		return fmt.Errorf("footer of %d bytes: larger than the file", size)
	}
	if size > maxFooter {
		return fmt.Errorf("footer of %d bytes: too large", size)
	}
	footer := make([]byte, size)
	if err := readFull(d.opt.At, footer, d.opt.Size-tail-size); err != nil {
		return err
	}
	d.pages = d.opt.Size - tail - size
	if err := d.useFooter(footer); err != nil {
		return err
	}
	return uniqueNames(d.top)
}

// endless is the error of a file without the end of a Parquet file. One that begins as one was cut short.
func (d *Decoder) endless() error {
	start := make([]byte, len(magic))
	if err := readFull(d.opt.At, start, 0); err != nil {
		return err
	}
	if string(start) != string(magic) {
		return errors.New("not a Parquet file: it does not end with PAR1")
	}
	return errors.New("not a whole Parquet file: it begins with PAR1 and does not end with it")
}

func (d *Decoder) useFooter(footer []byte) error {
	file, err := meta.ReadFile(footer)
	if err != nil {
		return err
	}
	root, leaves, err := tree(file.Schema)
	if err != nil {
		return err
	}
	d.file, d.top, d.leaves = file, root.children, len(leaves)
	return nil
}

// uniqueNames refuses two columns of the same name, and makes up one for a column
// without.
func uniqueNames(top []*node) error {
	seen := map[string]bool{}
	for i, n := range top {
		if n.elem.Name == "" {
			n.elem.Name = fmt.Sprintf("column_%d", i+1)
		}
		if seen[n.elem.Name] {
			return fmt.Errorf("two columns are called %q", n.elem.Name)
		}
		seen[n.elem.Name] = true
	}
	return nil
}

func readFull(at io.ReaderAt, p []byte, off int64) error {
	n, err := at.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
