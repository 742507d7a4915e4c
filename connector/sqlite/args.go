package sqlite

import (
	"fmt"
	"slices"
	"strings"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/headgate/headgate/connector/sqldb"
)

// parameter is the number of the parameter called name, with its prefix; 0 when
// there is none.
func (s *stmt) parameter(name string) int {
	p, err := libc.CString(name)
	if err != nil {
		return 0
	}
	defer libc.Xfree(s.db.tls, p)
	return int(sqlite3.Xsqlite3_bind_parameter_index(s.db.tls, s.handle, p))
}

// parameters lists the names of the parameters, with their prefixes, "" or a
// number such as "?1" for those without a name.
func (s *stmt) parameters() []string {
	names := make([]string, sqlite3.Xsqlite3_bind_parameter_count(s.db.tls, s.handle))
	for i := range names {
		if p := sqlite3.Xsqlite3_bind_parameter_name(s.db.tls, s.handle, int32(i+1)); p != 0 {
			names[i] = libc.GoString(p)
		}
	}
	return names
}

// bindArgs binds values to the parameters called :name, @name or $name. Every
// parameter needs a value and every value a parameter, but for our own.
func (s *stmt) bindArgs(args map[string]any) error {
	known := make([]string, 0, len(args))
	for name := range args {
		known = append(known, name)
	}
	slices.Sort(known)
	var used []string
	for i, p := range s.parameters() {
		if strings.HasPrefix(p, ":headgate_") {
			continue
		}
		if p == "" || p[0] == '?' {
			return fmt.Errorf("parameter %d has no name: write :name and give it under args", i+1)
		}
		v, ok := args[p[1:]]
		if !ok {
			return fmt.Errorf("no value for the parameter %s%s", p, sqldb.Suggest(p[1:], known))
		}
		used = append(used, p[1:])
		if err := s.bindValue(i+1, v); err != nil {
			return fmt.Errorf("parameter %s: %w", p, err)
		}
	}
	for _, name := range known {
		if !slices.Contains(used, name) {
			return fmt.Errorf("the query has no parameter :%s", name)
		}
	}
	return nil
}

func (s *stmt) bindValue(i int, v any) error {
	switch v := v.(type) {
	case nil:
		return s.bindNull(i)
	case bool:
		if v {
			return s.bindInt(i, 1)
		}
		return s.bindInt(i, 0)
	case int64:
		return s.bindInt(i, v)
	case float64:
		return s.bindFloat(i, v)
	case string:
		return s.bindString(i, v)
	}
	return fmt.Errorf("a %T cannot be bound", v)
}
