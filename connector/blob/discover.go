package blob

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// Positional is a Decoder whose input may have no names of its own. Declared columns
// then take the places of its columns from the left.
type Positional interface {
	// Positional reports, after Columns, whether the names are made up.
	Positional() bool
}

// Sampled is a Decoder that may know only some of its columns: records have keys of
// their own. A column that is missing among them is then no error, but NULL.
type Sampled interface {
	// Sampled reports, after Columns, whether there may be others.
	Sampled() bool
}

func sampled(dec connector.Decoder) bool {
	s, ok := dec.(Sampled)
	return ok && s.Sampled()
}

// Discover finds the files and the columns of the first that has any. Undeclared
// columns are typed from a sample of that file and of some others.
func (s *Source) Discover(ctx context.Context) (*connector.Stream, error) {
	var objects []connector.Object
	err := s.cfg.Retry.Do(ctx, func() (err error) {
		objects, err = s.cfg.Store.List(ctx, s.cfg.Glob)
		return err
	})
	if err != nil {
		return nil, err
	}
	st := &connector.Stream{}
	s.objects = s.settled(s.unmoved(objects), st)
	if f := s.cfg.Layers; f != nil && f.Format != nil && f.Format.Opaque {
		s.schema = &record.Schema{Fields: []record.Field{{Name: "content", Type: record.Type{Kind: record.Bytes}, Declared: true}}}
		st.Schema = s.schema
		return st, nil
	}
	found, err := s.look(ctx, st)
	if err != nil {
		return nil, err
	}
	s.schema = found.schema(s.cfg.Columns)
	st.Schema = s.withFile(s.schema)
	return st, nil
}

// settled leaves out the files that may still be written to.
func (s *Source) settled(objects []connector.Object, st *connector.Stream) []connector.Object {
	if s.cfg.Settle <= 0 {
		return objects
	}
	limit := time.Now().Add(-s.cfg.Settle)
	n := len(objects)
	objects = slices.DeleteFunc(objects, func(o connector.Object) bool { return o.Modified.After(limit) })
	if left := n - len(objects); left > 0 {
		st.Notes = append(st.Notes, fmt.Sprintf("%d files left for later: changed less than %s ago", left, s.cfg.Settle))
	}
	return objects
}

// columns are the columns of a source while they are being found.
type columns struct {
	names []string
	infer map[string]*guess // those that are not declared
}

// guess is what is known of the type of an undeclared column.
type guess struct {
	hint record.Type // a format that knows
	from record.Inferrer
}

func (g *guess) hinted(t record.Type) {
	switch {
	case t.Kind == record.Invalid || t == g.hint:
	case g.hint.Kind == record.Invalid:
		g.hint = t
	default: // files disagree
		g.hint = record.Type{Kind: record.String}
	}
}

func (g *guess) kind() record.Type {
	if g.hint.Kind != record.Invalid {
		return g.hint
	}
	return g.from.Type()
}

// schema is the declared columns as they were declared, so that what comes out does not
// depend on the order of the input, and then the others in that order.
func (c *columns) schema(declared []record.Field) *record.Schema {
	sch := &record.Schema{Fields: slices.Clone(declared)}
	for _, name := range c.names {
		if g := c.infer[name]; g != nil {
			sch.Fields = append(sch.Fields, record.Field{Name: name, Type: g.kind()})
		}
	}
	for i := range sch.Fields {
		sch.Fields[i].Declared = fieldIndex(declared, sch.Fields[i].Name) >= 0
	}
	return sch
}

func fieldIndex(fields []record.Field, name string) int {
	return slices.IndexFunc(fields, func(f record.Field) bool { return f.Name == name })
}

// Files besides the first one whose header, and whose rows, are looked at. Open
// checks every file against the rules of drift.
const (
	moreHeaders = 20
	moreSamples = 4
)

// look reads headers and samples.
func (s *Source) look(ctx context.Context, st *connector.Stream) (*columns, error) {
	found := &columns{infer: map[string]*guess{}}
	rest := s.likely()
	old := s.objects[:len(s.objects):len(s.objects)]
	if len(rest) == len(old) {
		old = nil
	}
	for len(rest) > 0 && len(found.names) == 0 {
		if err := s.first(ctx, rest[0], found, st); err != nil {
			return nil, err
		}
		rest = rest[1:]
	}
	for len(old) > 0 && len(found.names) == 0 { // there is nothing new to tell the columns
		last := len(old) - 1
		if err := s.first(ctx, old[last], found, st); err != nil {
			return nil, err
		}
		old = old[:last]
	}
	step := 1
	if s.cfg.NewColumn != "add" {
		step = max(1, (len(rest)+moreHeaders-1)/moreHeaders)
	}
	sampled := 0
	differ := 0
	for i := (len(rest) - 1) % step; i >= 0 && i < len(rest); i += step { // the last is among them
		if rest[i].Size <= 0 {
			continue
		}
		changed, err := s.another(ctx, rest[i], found, sampled < moreSamples, st)
		if err != nil {
			return nil, err
		}
		sampled++
		if changed {
			differ++
		}
	}
	if differ > 0 {
		st.Notes = append(st.Notes, fmt.Sprintf("%d files, not all with the same columns", len(s.objects)))
	}
	return found, nil
}

// first takes the columns of the first file that has any.
func (s *Source) first(ctx context.Context, o connector.Object, found *columns, st *connector.Stream) error {
	in, names, err := s.header(ctx, o)
	if in == nil || len(names) == 0 {
		return err
	}
	defer in.Close()
	found.names = names
	for _, name := range names {
		if fieldIndex(s.cfg.Columns, name) >= 0 {
			continue
		}
		if len(s.cfg.Columns) > 0 {
			st.Extra = append(st.Extra, name)
			if s.cfg.NewColumn != "add" {
				continue
			}
		}
		found.infer[name] = &guess{}
	}
	for _, f := range s.cfg.Columns {
		if !slices.Contains(names, f.Name) {
			st.Missing = append(st.Missing, f.Name)
		}
	}
	if len(st.Missing) > 0 && sampled(in.dec) {
		st.Notes = append(st.Notes, fmt.Sprintf("the first records of %s have no %s: NULL where it is missing", in.label, quoted(st.Missing)))
	}
	if err := s.drift(in, names, st.Missing, st.Extra); err != nil {
		return err
	}
	return s.sample(ctx, in, names, found, s.sampleRows())
}

// another compares one more file with what was found, and samples it too.
func (s *Source) another(ctx context.Context, o connector.Object, found *columns, sample bool, st *connector.Stream) (differs bool, err error) {
	in, names, err := s.header(ctx, o)
	if in == nil || len(names) == 0 {
		return false, err
	}
	defer in.Close()
	sch := found.schema(s.cfg.Columns)
	missing, extra := compare(sch, names, st.Extra)
	missing = slices.DeleteFunc(missing, func(name string) bool { return slices.Contains(st.Missing, name) })
	for _, name := range extra {
		if s.cfg.NewColumn == "add" {
			found.names = append(found.names, name)
			found.infer[name] = &guess{}
		}
		st.Extra = append(st.Extra, name)
	}
	missing = slices.DeleteFunc(missing, func(name string) bool { return s.added(name, st.Extra) })
	if err := s.drift(in, names, missing, extra); err != nil {
		return false, err
	}
	if sample {
		err = s.sample(ctx, in, names, found, s.sampleRows()/moreSamples)
	}
	return len(missing)+len(extra) > 0, err
}

// added reports whether name is a column that only some files have, taken in by
// the rule `new_column: add`.
func (s *Source) added(name string, extra []string) bool {
	return s.cfg.NewColumn == "add" && slices.Contains(extra, name)
}

// compare lists the fields of sch that names lacks, and the names that are neither in
// sch nor known to be dropped.
func compare(sch *record.Schema, names, dropped []string) (missing, extra []string) {
	has, known := set(names), set(append(sch.Names(), dropped...))
	for i := range sch.Fields {
		if !has[sch.Fields[i].Name] {
			missing = append(missing, sch.Fields[i].Name)
		}
	}
	for _, name := range names {
		if !known[name] {
			extra = append(extra, name)
		}
	}
	return missing, extra
}

func set(names []string) map[string]bool {
	in := make(map[string]bool, len(names))
	for _, n := range names {
		in[n] = true
	}
	return in
}

// drift applies the rules for columns that differ.
func (s *Source) drift(in *input, names, missing, extra []string) error {
	if len(missing) > 0 && s.cfg.MissingColumn != "ignore" && !sampled(in.dec) {
		return fmt.Errorf("read %s: it has no column %s (it has %s)", in.label, quoted(missing), quoted(names))
	}
	if len(extra) > 0 && s.cfg.NewColumn == "fail" {
		return fmt.Errorf("read %s: it has a new column, %s", in.label, quoted(extra))
	}
	return nil
}

// maxQuoted is how many names a message lists.
const maxQuoted = 20

// quoted is names for a message.
func quoted(names []string) string {
	var b strings.Builder
	for i, n := range names {
		if i == maxQuoted {
			fmt.Fprintf(&b, " and %d more", len(names)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("`" + n + "`")
	}
	return b.String()
}
