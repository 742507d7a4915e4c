package blob

import (
	"encoding/json"
	"path"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// FileColumns are the columns that say which file a row comes from. A flow has those
// that it names.
func FileColumns() []record.Field {
	return []record.Field{
		{Name: "file.path", Type: record.Type{Kind: record.String}, Declared: true}, // as the store names it
		{Name: "file.name", Type: record.Type{Kind: record.String}, Declared: true}, // without folders
		{Name: "file.size", Type: record.Type{Kind: record.Int}, Declared: true},    // as stored; NULL for a stream
		{Name: "file.modified", Type: record.Type{Kind: record.Timestamp}, Declared: true},
		// Where the record starts: its line in a text file, its number in others.
		{Name: "file.row", Type: record.Type{Kind: record.Int}, Declared: true},
	}
}

// IsFileColumn reports whether a column of that name can be asked for.
func IsFileColumn(name string) bool { return fieldIndex(FileColumns(), name) >= 0 }

// FileOf is the path and the name of the file that a split of a Source reads.
func FileOf(sp connector.Split) (filePath, name string) {
	var f split
	if err := json.Unmarshal(sp.Spec, &f); err != nil {
		return sp.Name, path.Base(sp.Name)
	}
	return f.Name, path.Base(f.Name)
}

// described are the wanted columns that the files do not have themselves.
func (s *Source) described(sch *record.Schema) []record.Field {
	var fields []record.Field
	for _, f := range FileColumns() {
		if i := fieldIndex(s.cfg.FileColumns, f.Name); i >= 0 && sch.Index(f.Name) < 0 {
			fields = append(fields, f)
		}
	}
	return fields
}

// withFile is sch with the columns that describe the file.
func (s *Source) withFile(sch *record.Schema) *record.Schema {
	extra := s.described(sch)
	if len(extra) == 0 {
		return sch
	}
	return &record.Schema{Fields: append(append([]record.Field(nil), sch.Fields...), extra...)}
}

// describe appends the columns that describe the file. They cost one value each, and file.row
// one position a row.
func (r *reader) describe(b *record.Batch) {
	for _, f := range r.about {
		col := b.NewColumn(f.Type)
		r.fill(b, f.Name, col.Vector())
		b.Cols = append(b.Cols, col)
	}
}

func (r *reader) fill(b *record.Batch, name string, v *record.Vector) {
	switch name {
	case "file.path":
		sameText(b, v, r.file.Name)
	case "file.name":
		sameText(b, v, path.Base(r.file.Name))
	case "file.size":
		sameNumber(b, v, r.file.Size, r.file.Size >= 0)
	case "file.modified":
		sameNumber(b, v, r.file.Modified.UnixMicro(), !r.file.Modified.IsZero())
	case "file.row":
		for _, row := range b.Sel {
			v.I64[row] = b.Origin.Position(b, row).Line
			v.Cells[row] = record.Value
		}
	}
}

func sameText(b *record.Batch, v *record.Vector, text string) {
	view := b.AddText([]byte(text))
	for _, row := range b.Sel {
		v.Str[row], v.Cells[row] = view, record.Value
	}
}

func sameNumber(b *record.Batch, v *record.Vector, n int64, known bool) {
	cell := record.Null
	if known {
		cell = record.Value
	}
	for _, row := range b.Sel {
		v.I64[row], v.Cells[row] = n, cell
	}
}
