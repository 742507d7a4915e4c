//go:build unix

package acceptance

import (
	"bytes"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// table is a result as other libraries read it. NULL is the empty text.
type table struct {
	names []string
	cells [][]string
}

func readCSV(t *testing.T, name string) table {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(text), "\n")
	if !strings.Contains(head, ",") {
		text = []byte(fillBlank(string(text)))
	}
	all, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(all) == 0 {
		t.Fatalf("%s: %d records, %v", name, len(all), err)
	}
	return table{all[0], all[1:]}
}

// fillBlank quotes the empty lines of a file with one column: they are rows with a NULL,
// and Go's reader leaves them out.
func fillBlank(text string) string {
	var b strings.Builder
	inQuotes := false
	for line := range strings.Lines(text) {
		if line == "\n" && !inQuotes {
			b.WriteString(`""`)
		}
		if strings.Count(line, `"`)%2 == 1 {
			inQuotes = !inQuotes
		}
		b.WriteString(line)
	}
	return b.String()
}

// readJSONL reads objects whose members are columns. Numbers keep their digits.
func readJSONL(t *testing.T, name string, names []string) table {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := table{names: names}
	d := json.NewDecoder(f)
	d.UseNumber()
	for {
		var object map[string]any
		err := d.Decode(&object)
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatalf("%s, object %d: %v", name, len(out.cells)+1, err)
		}
		if len(object) != len(names) {
			t.Fatalf("%s, object %d: %d members, want the %d columns", name, len(out.cells)+1, len(object), len(names))
		}
		row := make([]string, len(names))
		for i, n := range names {
			v, ok := object[n]
			if !ok {
				t.Fatalf("%s, object %d: no member %q", name, len(out.cells)+1, n)
			}
			switch v := v.(type) {
			case nil:
			case map[string]any, []any:
				text, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				row[i] = string(text)
			default:
				row[i] = fmt.Sprint(v)
			}
		}
		out.cells = append(out.cells, row)
	}
}

func query(t *testing.T, database, text string) table {
	t.Helper()
	db, err := sql.Open("sqlite", database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer rows.Close()
	var out table
	if out.names, err = rows.Columns(); err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values := make([]any, len(out.names))
		into := make([]any, len(values))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		row := make([]string, len(values))
		for i, v := range values {
			row[i] = text1(v)
		}
		out.cells = append(out.cells, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// text1 spells one value of a database.
func text1(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []byte:
		return string(v)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	}
	return fmt.Sprint(v)
}

// same reports whether two spellings mean one value: numbers by their value, words by
// their letters.
func same(a, b string) bool {
	if a == b {
		return true
	}
	if strings.EqualFold(a, b) && (strings.EqualFold(a, "true") || strings.EqualFold(a, "false")) {
		return true
	}
	x, ok := new(big.Rat).SetString(a)
	if !ok || a == "" {
		return false
	}
	y, ok := new(big.Rat).SetString(b)
	return ok && x.Cmp(y) == 0
}

// sum adds the cells of a column that hold anything. digits is the most decimals any of
// them has.
func (t table) sum(column int) (total *big.Rat, count, digits int, err error) {
	total = new(big.Rat)
	for i, row := range t.cells {
		if row[column] == "" {
			continue
		}
		x, ok := new(big.Rat).SetString(row[column])
		if !ok {
			return nil, 0, 0, fmt.Errorf("row %d: %q is not a number", i+1, row[column])
		}
		total.Add(total, x)
		count++
		if _, part, ok := strings.Cut(row[column], "."); ok {
			digits = max(digits, len(part))
		}
	}
	return total, count, digits, nil
}

// filled counts the cells of a column that hold anything but spaces.
func (t table) filled(column int) int {
	n := 0
	for _, row := range t.cells {
		if strings.TrimSpace(row[column]) != "" {
			n++
		}
	}
	return n
}

func execute(t *testing.T, database, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(text); err != nil {
		t.Fatal(err)
	}
}
