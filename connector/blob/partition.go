package blob

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// maxPartitions is how many files a partitioned output may have: each is open until the
// end of the run.
const maxPartitions = 1000

// nullPartition is the folder of NULLs, as Hive and those who read after it call it.
const nullPartition = "__HIVE_DEFAULT_PARTITION__"

// partition finds the columns that rows are partitioned by, and the schema of the files, which
// lacks them.
func (s *Sink) partition() (by []int, rest *record.Schema, err error) {
	if len(s.cfg.PartitionBy) == 0 {
		return nil, s.schema, nil
	}
	rest = &record.Schema{}
	for i, f := range s.schema.Fields {
		if !slices.Contains(s.cfg.PartitionBy, f.Name) {
			rest.Fields = append(rest.Fields, s.schema.Fields[i])
		}
	}
	for _, name := range s.cfg.PartitionBy {
		i := s.schema.Index(name)
		if i < 0 {
			return nil, nil, fmt.Errorf("partition_by: no column %q", name)
		}
		by = append(by, i)
	}
	if len(rest.Fields) == 0 {
		return nil, nil, fmt.Errorf("partition_by: names every column, which leaves none for the files")
	}
	return by, rest, nil
}

// partitions writes a file for each combination of values of some columns.
type partitions struct {
	by          []int    // columns of the batch
	columns     []string // their names
	file        func(name string) (output, error)
	name, label string // of the file, without the folders
	split       connector.SplitID

	mu    sync.Mutex
	files map[string]output // by folder
	order []output          // those with rows, in the order of their first row
	begun map[output]bool   // in order
}

// part is the rows of one file in a morsel, encoded.
type part struct {
	out        output
	start, end int // in Morsel.Out
	rows       int
}

// parts is what Encode keeps in a morsel; its memory is reused.
type parts struct {
	list  []part
	rows  map[string][]int32 // by folder
	order []string           // folders, by their first row
	text  []byte
}

func (p *partitions) parts(m *connector.Morsel) *parts {
	k, ok := m.Parts.(*parts)
	if !ok {
		k = &parts{rows: map[string][]int32{}}
		m.Parts = k
	}
	k.list, k.order = k.list[:0], k.order[:0]
	for folder, rows := range k.rows {
		k.rows[folder] = rows[:0]
	}
	return k
}

// Encode sorts the rows by partition and encodes each by itself.
func (p *partitions) Encode(m *connector.Morsel) error {
	k, b := p.parts(m), &m.Batch
	p.sort(k, b)
	all, cols := b.Sel, b.Cols
	rest := make([]*record.Column, 0, len(cols)-len(p.by))
	for i, c := range cols {
		if !slices.Contains(p.by, i) {
			rest = append(rest, c)
		}
	}
	known := len(b.Rejects)
	b.Cols, m.Out = rest, m.Out[:0]
	defer func() {
		b.Sel, b.Cols = all, cols
		b.DropRejected(known)
	}()
	for _, folder := range k.order {
		out, err := p.output(folder)
		if err != nil {
			return err
		}
		start := len(m.Out)
		b.Sel = k.rows[folder]
		if m.Out, err = out.encode(m.Out, b); err != nil {
			return err
		}
		k.list = append(k.list, part{out, start, len(m.Out), len(b.Sel)})
	}
	return nil
}

// sort lists the rows of every folder.
func (p *partitions) sort(k *parts, b *record.Batch) {
	vecs := make([]*record.Vector, len(p.by))
	for i, col := range p.by {
		vecs[i] = b.Cols[col].Values(b, b.Sel)
	}
	for _, row := range b.Sel {
		k.text = k.text[:0]
		for i, v := range vecs {
			if i > 0 {
				k.text = append(k.text, '/')
			}
			k.text = escape(k.text, p.columns[i])
			k.text = append(k.text, '=')
			if v.Cells[row] != record.Value {
				k.text = append(k.text, nullPartition...)
				continue
			}
			at := len(k.text)
			k.text = v.AppendText(k.text, b, row)
			if value := k.text[at:]; len(value) == 0 || slices.ContainsFunc(value, special) {
				k.text = escape(k.text[:at], string(value))
			}
		}
		rows, ok := k.rows[string(k.text)]
		if !ok || len(rows) == 0 {
			folder := string(k.text)
			k.order = append(k.order, folder)
			k.rows[folder] = append(rows, row)
			continue
		}
		k.rows[string(k.text)] = append(rows, row)
	}
}

// escape appends s as a part of a folder's name: what means something in a path, on any
// system, becomes %XX. An empty text becomes a lone %, which nothing else does.
func escape(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, '%')
	}
	for i := range len(s) {
		if special(s[i]) {
			dst = fmt.Appendf(dst, "%%%02X", s[i])
			continue
		}
		dst = append(dst, s[i])
	}
	return dst
}

func special(c byte) bool {
	return c < ' ' || c == 0x7f || strings.IndexByte(`"%'*/:<=>?\{}[]^#|`, c) >= 0
}

// folderOf is the name of a file below the folders of columns, with * for their values.
func folderOf(name string, columns []string) string {
	folder := ""
	for _, c := range columns {
		folder = path.Join(folder, string(escape(nil, c))+"=*")
	}
	return path.Join(path.Dir(name), folder, path.Base(name))
}

// output is what a folder's rows go to. It is not open before its first row is appended.
func (p *partitions) output(folder string) (output, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if out := p.files[folder]; out != nil {
		return out, nil
	}
	if len(p.files) == maxPartitions {
		return nil, fmt.Errorf("write %s: more than %d partitions; partition_by takes columns with few values", p.label, maxPartitions)
	}
	out, err := p.file(path.Join(path.Dir(p.name), folder, path.Base(p.name)))
	if err == nil {
		p.files[folder] = out
	}
	return out, err
}

// Append hands every part to its file.
func (p *partitions) Append(ctx context.Context, m *connector.Morsel) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, part := range m.Parts.(*parts).list {
		if !p.begun[part.out] {
			p.begun[part.out] = true
			p.order = append(p.order, part.out)
		}
		if err := part.out.append(ctx, m.Out[part.start:part.end], part.rows); err != nil {
			return err
		}
	}
	return nil
}

// Seal seals the files in the order of their first rows.
func (p *partitions) Seal(ctx context.Context) (connector.Receipt, error) {
	return receipt(ctx, p.split, p.order...)
}

// Close closes every file.
func (p *partitions) Close() error {
	var err error
	for _, out := range p.order {
		if e := out.Close(); err == nil {
			err = e
		}
	}
	return err
}
