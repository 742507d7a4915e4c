package parquet

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/format/parquet/internal/meta"
	"github.com/headgate/headgate/connector/record"
)

const (
	// maxPieceRows and the chunk size bound the rows of a morsel.
	maxPieceRows     = 8 << 10
	defaultChunk     = 1 << 20
	rememberedGroups = 3
)

// Decoder reads a Parquet file.
type Decoder struct {
	opt  connector.DecodeOptions
	file *meta.File
	top  []*node // the columns
	read bool    // the footer

	schema  *record.Schema
	columns []column // of the schema
	keep    []filter // conditions on row groups
	tested  []int    // columns whose dictionaries are held against them

	group  int   // of the next piece
	row    int64 // of the next piece, in its group
	first  int64 // rows before the group
	rows   int   // of a piece in this group
	seq    int64
	pruned bool // the group need not be read

	share  share
	passed atomic.Int64 // see Passed

	mu     sync.Mutex
	pieces []*piece // by slot
	known  []knownGroup
	leaves int
	pages  int64 // where they end in the file
}

// knownGroup is a row group whose columns have been looked up.
type knownGroup struct {
	group  int
	chunks []meta.Chunk
}

// NewDecoder reads opt.At.
func NewDecoder(opt connector.DecodeOptions) (*Decoder, error) {
	if opt.At == nil {
		return nil, errors.New("parquet: the input cannot be read at any place")
	}
	return &Decoder{opt: opt, group: -1}, nil
}

// Columns reads the footer.
func (d *Decoder) Columns(ctx context.Context) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !d.read && d.opt.Size > 0 {
		if err := d.readFooter(); err != nil {
			return nil, err
		}
	}
	d.read = true
	var names []string
	for _, n := range d.top {
		names = append(names, n.elem.Name)
	}
	return names, nil
}

// Hints are the types of the columns.
func (d *Decoder) Hints() []record.Type {
	var types []record.Type
	for _, n := range d.top {
		types = append(types, n.typ())
	}
	return types
}

// typ is the type of a column of the file.
func (n *node) typ() record.Type {
	if n.flat() {
		return n.leaf.typ
	}
	return record.Type{Kind: record.JSON}
}

// Bind fixes the columns. A column of the type the file has is read as it is, any other
// one as text.
func (d *Decoder) Bind(schema *record.Schema) error {
	d.schema = schema
	d.columns = make([]column, len(schema.Fields))
	d.share.bound = 0
	top := make(map[string]*node, len(d.top))
	for _, n := range slices.Backward(d.top) { // of a name that is there twice, the first
		top[n.elem.Name] = n
	}
	for i, f := range schema.Fields {
		c := &d.columns[i]
		c.name = f.Name
		c.node = top[f.Name]
		if c.node == nil || c.node.empty() {
			c.node, c.typed = nil, true
			continue
		}
		c.typ = c.node.typ()
		c.typed = c.typ == f.Type
		c.cells = d.newStream(i, c.node)
		c.node.eachLeaf(func(*leaf) { d.share.bound++ })
	}
	if d.file != nil {
		d.keep = d.filters(d.opt.Ranges)
		d.test()
	}
	return nil
}

// Next plans the next rows.
func (d *Decoder) Next(ctx context.Context, m *connector.Morsel) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !d.read || d.schema == nil {
		return errors.New("parquet: Columns and Bind come before Next")
	}
	p := d.piece(m)
	if p.seq > 0 {
		d.share.settle()
	}
	if err := d.advance(); err != nil {
		d.retire(p)
		return err
	}
	left := d.file.Groups[d.group].Rows - d.row
	p.mu.Lock()
	d.seq++
	p.seq, p.group, p.start, p.rows = d.seq, d.group, d.row, int(min(left, int64(d.rows)))
	p.line = d.first + d.row
	p.pruned = d.pruned
	p.mu.Unlock()
	d.row += int64(p.rows)
	d.passed.Store(int64(float64(d.opt.Size) * float64(d.first+d.row) / float64(d.file.Rows)))
	return nil
}

// Passed is the share of the file that the rows so far make up.
func (d *Decoder) Passed() int64 { return d.passed.Load() }

// advance finds the next row.
func (d *Decoder) advance() error {
	for d.group < 0 || d.row == d.file.Groups[d.group].Rows {
		if d.file == nil || d.group+1 == len(d.file.Groups) {
			d.passed.Store(d.opt.Size)
			return io.EOF
		}
		if d.group >= 0 {
			d.first += d.row
		}
		d.group++
		d.row, d.pruned = 0, false
		g := d.file.Groups[d.group]
		if g.Rows == 0 {
			continue
		}
		d.rows = d.pieceRows(g)
		if len(d.keep) > 0 {
			var err error
			if d.pruned, err = d.outside(d.group); err != nil {
				return err
			}
		}
	}
	return nil
}

// pieceRows is how many rows make a morsel of the size asked for.
func (d *Decoder) pieceRows(g meta.Group) int {
	size := int64(d.opt.ChunkSize)
	if size <= 0 {
		size = defaultChunk
	}
	row := max(g.Bytes/g.Rows, int64(len(d.columns)))
	return int(max(1, min(size/max(row, 1), maxPieceRows)))
}

// chunks looks up the columns of a row group. Readers are in few groups at a time.
func (d *Decoder) chunks(group int) ([]meta.Chunk, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, k := range d.known {
		if k.group == group {
			return k.chunks, nil
		}
	}
	chunks, err := d.file.Chunks(group, d.leaves)
	if err != nil {
		return nil, err
	}
	if len(d.known) == rememberedGroups {
		d.known = append(d.known[:0], d.known[1:]...)
	}
	d.known = append(d.known, knownGroup{group, chunks})
	return chunks, nil
}
