package sqldb

import (
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// Picked is a field of a source's rows.
type Picked struct {
	Field  record.Field
	Column int // of the columns there are; -1 = none, the field is NULL
}

// Pick chooses the columns of a source: those that the request selects, in its order; when some are
// declared, those, as declared, and the others as NewColumn says. have are the
// columns there are, with the types they have by themselves. What is missing and what
// is new goes into st.
func Pick(d *Dialect, req connector.SourceRequest, have []record.Field, st *connector.Stream) ([]Picked, error) {
	names := make([]string, len(have))
	for i, f := range have {
		names[i] = f.Name
		if slices.Contains(names[:i], f.Name) {
			return nil, fmt.Errorf("two columns are called `%s`: give one another name with AS", f.Name)
		}
	}
	all, err := selected(d, req.Select, have, names)
	if err != nil || len(req.Columns) == 0 {
		return all, err
	}
	var kept []Picked
	declared := make([]bool, len(req.Columns))
	for _, p := range all {
		i := slices.IndexFunc(req.Columns, func(f record.Field) bool { return d.Same(f.Name, p.Field.Name) })
		if i < 0 {
			st.Extra = append(st.Extra, p.Field.Name)
			if req.NewColumn == "add" {
				kept = append(kept, p)
			}
			continue
		}
		declared[i] = true
		native := p.Field.Native
		p.Field = req.Columns[i]
		p.Field.Declared, p.Field.Native = true, native
		kept = append(kept, p)
	}
	for i, f := range req.Columns {
		if !declared[i] {
			f.Declared = true
			st.Missing = append(st.Missing, f.Name)
			kept = append(kept, Picked{f, -1})
		}
	}
	if len(req.Select) == 0 { // whose order is the user's too
		slices.SortStableFunc(kept, func(a, b Picked) int { return place(req.Columns, a) - place(req.Columns, b) })
	}
	return kept, drift(req, names, st)
}

// place orders the declared columns as they were declared, and the others behind them.
func place(columns []record.Field, p Picked) int {
	i := slices.IndexFunc(columns, func(f record.Field) bool { return f.Name == p.Field.Name })
	if i < 0 {
		return len(columns)
	}
	return i
}

// selected keeps the columns that the flow selects.
func selected(d *Dialect, sel []string, have []record.Field, names []string) ([]Picked, error) {
	var picked []Picked
	if len(sel) == 0 {
		for i, f := range have {
			picked = append(picked, Picked{f, i})
		}
		return picked, nil
	}
	for _, name := range sel {
		i := slices.Index(names, name)
		if i < 0 {
			i = slices.IndexFunc(names, func(n string) bool { return d.Same(n, name) })
		}
		if i < 0 {
			return nil, fmt.Errorf("no column `%s`%s", name, Suggest(name, names))
		}
		picked = append(picked, Picked{have[i], i})
	}
	return picked, nil
}

// drift applies the rules for columns that differ from the declared ones.
func drift(req connector.SourceRequest, names []string, st *connector.Stream) error {
	if len(st.Missing) > 0 && req.MissingColumn != "ignore" {
		return fmt.Errorf("it has no column `%s`%s", st.Missing[0], Suggest(st.Missing[0], names))
	}
	if len(st.Extra) > 0 && req.NewColumn == "fail" {
		return fmt.Errorf("it has a new column, `%s`", strings.Join(st.Extra, "`, `"))
	}
	return nil
}
