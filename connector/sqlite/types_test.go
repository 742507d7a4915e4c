package sqlite

import (
	"strings"
	"testing"

	"github.com/headgate/headgate/connector/record"
)

func TestAffinityOf(t *testing.T) {
	for decl, want := range map[string]affinity{
		"INT": toNum, "tinyint(3)": toNum, "CHARINT": toNum, "VARCHAR(9)": toText, "clob": toText, "Text": toText,
		"": asIs, "BLOB": asIs, "REAL": toFloat, "double precision": toFloat, "FLOATING POINT": toNum, // it holds INT
		"NUMERIC": toNum, "DECIMAL(10,5)": toNum, "BOOLEAN": toNum, "DATE": toNum, "STRING": toNum,
	} {
		if got := affinityOf(decl); got != want {
			t.Errorf("%q: %d, want %d", decl, got, want)
		}
	}
}

func TestFieldType(t *testing.T) {
	for decl, want := range map[string]string{
		"INTEGER": "int", "UNSIGNED BIG INT": "int", "BOOLEAN": "bool?", "DECIMAL(12,2)": "decimal(12,2)", "numeric( 9 , 3 )": "decimal(9,3)", "NUMERIC(5)": "decimal(5,0)",
		"DECIMAL": "invalid?", "DECIMAL(99,2)": "invalid?", "DECIMAL(2,9)": "invalid?", "NVARCHAR(20)": "string", "TEXT": "string", "STRING": "string", "JSON": "json?",
		"UUID": "uuid?", "BLOB": "bytes?", "DOUBLE": "float", "DATE": "date?", "DATETIME": "timestamp?", "TIMESTAMP WITH TIME ZONE": "timestamp?", "TIME": "time?", "": "invalid?", "MONEY": "invalid?",
	} {
		typ, confirm := fieldType(decl)
		got := typ.String()
		if confirm {
			got += "?"
		}
		if got != want {
			t.Errorf("%q: %s, want %s", decl, got, want)
		}
	}
}

func TestAfterName(t *testing.T) {
	for sql, want := range map[string]string{
		"CREATE TABLE t (a)":                   " (a)",
		"CREATE TABLE t(a) STRICT":             "(a) STRICT",
		`CREATE TABLE "t (x" (a)`:              " (a)",
		`CREATE TABLE "t""(" (a)`:              " (a)",
		"CREATE TABLE `a``b` (a)":              " (a)",
		"CREATE TABLE [a ] (b) (c)":            " (b) (c)",
		"CREATE TABLE 'it''s'(a)":              "(a)",
		"create table\tt(a)":                   "!",
		"CREATE VIRTUAL TABLE t USING fts5(a)": "!",
		`CREATE TABLE "open`:                   "!",
		"CREATE TABLE t":                       "!",
	} {
		got, ok := afterName(sql)
		if !ok {
			got = "!"
		}
		if got != want {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
}

// FuzzKeepsText asks SQLite itself: what keepsText lets through a column with a numeric
// affinity comes back as it was.
func FuzzKeepsText(f *testing.F) {
	for _, s := range []string{"", "7", "007", "-0", "+1", "1.5", "1.50", " 1", "1 ", "1e5", "0x1F", "abc", "Infinity", "nan", ".5", "5.", "0.00001", "123456789012345678", "1.0", "0.1", "99999999999999999999", "-1", "1_000", "１", "12345.6789012345"} {
		f.Add(s)
	}
	d, err := openDB(":memory:", readWrite)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(d.close)
	if err := d.exec(f.Context(), "CREATE TABLE t (n NUMERIC, r REAL)"); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsRune(s, 0) {
			return
		}
		for column, a := range map[string]affinity{"n": toNum, "r": toFloat} {
			if !keepsText([]byte(s), a) {
				continue
			}
			if got, err := d.throughColumn(column, s); err != nil || got != s {
				t.Errorf("column %s: %q becomes %q (%v)", column, s, got, err)
			}
		}
		if err := d.exec(t.Context(), "DELETE FROM t"); err != nil {
			t.Fatal(err)
		}
	})
}

// throughColumn stores a text and reads it back as Decode does.
func (d *db) throughColumn(column, s string) (string, error) {
	st, err := d.prepare("INSERT INTO t (" + column + ") VALUES (?) RETURNING " + column)
	if err != nil {
		return "", err
	}
	defer st.close()
	if err := st.bindString(1, s); err != nil {
		return "", err
	}
	if more, err := st.step(); !more || err != nil {
		return "", err
	}
	p := piece{class: make([][]uint8, 1), num: make([][]int64, 1), view: make([][]record.View, 1)}
	var b record.Batch
	b.Reset(1)
	if b.Buf, err = p.add(st, 0, nil); err != nil {
		return "", err
	}
	return string(b.Text(p.text(&b, 0, 0))), nil
}
