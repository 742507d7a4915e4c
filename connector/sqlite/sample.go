package sqlite

import (
	"context"
	"strconv"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/headgate/headgate/connector/record"
)

// sampleRows is how many rows are looked at for columns whose declared type leaves
// a question open.
const sampleRows = 1000

// classes is what the cells of a column have been.
type classes struct {
	ints, floats, texts, blobs bool
	bits                       bool // all ints are 0 or 1
	fits                       bool // every text parses as the promised type
}

// sample looks at the first rows.
func (d *db) sample(ctx context.Context, s *source, cols []sourceColumn) error {
	open := false
	for i := range cols {
		cols[i].seen.bits, cols[i].seen.fits = true, true
		open = open || cols[i].confirm && !cols[i].field.Declared
	}
	if !open {
		return nil
	}
	sch := &record.Schema{}
	for _, c := range cols {
		sch.Fields = append(sch.Fields, c.field)
	}
	s.Schema = sch
	st, err := d.prepare("SELECT " + s.selectList() + " FROM " + s.From() + " LIMIT " + strconv.Itoa(sampleRows))
	if err != nil {
		return err
	}
	defer st.close()
	if err := st.bindArgs(s.Req.Args); err != nil {
		return err
	}
	defer d.watch(ctx)()
	for {
		var more bool
		err := d.patiently(ctx, func() (err error) { more, err = st.step(); return err })
		if !more || err != nil {
			return cancelled(ctx, err)
		}
		for i := range cols {
			cols[i].look(st, i)
		}
	}
}

// look takes a cell into account.
func (c *sourceColumn) look(st *stmt, i int) {
	switch st.class(i) {
	case sqlite3.SQLITE_INTEGER:
		c.seen.ints = true
		if x := st.int(i); x != 0 && x != 1 {
			c.seen.bits = false
		}
	case sqlite3.SQLITE_FLOAT:
		c.seen.floats = true
	case sqlite3.SQLITE_BLOB:
		c.seen.blobs = true
	case sqlite3.SQLITE_TEXT:
		c.seen.texts = true
		if c.seen.fits && c.promise.Kind != record.Invalid {
			c.seen.fits = parses(st.bytes(i), c.promise)
		}
	}
}

// parses reports whether text is a value of t.
func parses(text []byte, t record.Type) bool {
	var b record.Batch
	b.Reset(1)
	b.Buf = text
	v := b.NewColumn(t).Vector()
	v.ParseCell(&b, 0, record.ChunkView(0, len(text)))
	return v.Cells[0] == record.Value
}

// decide is the type of an undeclared column.
func (c *sourceColumn) decide() record.Type {
	if !c.confirm {
		return c.promise
	}
	s := &c.seen
	switch k := c.promise.Kind; {
	case !s.ints && !s.floats && !s.texts && !s.blobs:
		if k != record.Invalid {
			return c.promise
		}
		return record.Type{Kind: record.String}
	case k == record.Bool && !s.texts && !s.floats && !s.blobs && s.bits:
		return c.promise
	case k == record.Bytes && !s.ints && !s.floats:
		return c.promise
	case k != record.Invalid && k != record.Bool && k != record.Bytes && s.texts && s.fits && !s.ints && !s.floats && !s.blobs:
		return c.promise
	}
	switch {
	case s.blobs:
		return record.Type{Kind: record.Bytes}
	case s.texts:
		return record.Type{Kind: record.String}
	case s.floats:
		return record.Type{Kind: record.Float}
	}
	return record.Type{Kind: record.Int}
}
