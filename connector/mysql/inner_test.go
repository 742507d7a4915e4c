package mysql

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/headgate/headgate/connector/record"
	"github.com/headgate/headgate/connector/sqldb"
)

// unescape reads a cell as LOAD DATA and literals do.
func unescape(cell []byte) []byte {
	var out []byte
	for i := 0; i < len(cell); i++ {
		if cell[i] != '\\' || i+1 == len(cell) {
			out = append(out, cell[i])
			continue
		}
		i++
		at := strings.IndexByte("0tn", cell[i])
		if at < 0 {
			out = append(out, cell[i])
		} else {
			out = append(out, "\x00\t\n"[at])
		}
	}
	return out
}

func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", `\N`, "a\tb\nc\\", "\x00'\"", `'; DROP TABLE t; --`, `\'`, "\\\\'"} {
		f.Add([]byte(s))
	}
	w := &writer{s: &sink{cells: []cellEncoder{{form: formText}}}}
	f.Fuzz(func(t *testing.T, text []byte) {
		cell := appendEscaped(nil, text)
		if bytes.ContainsAny(cell, "\t\n\x00") || string(cell) == `\N` {
			t.Fatalf("%q has bytes that end a cell", cell)
		}
		if got := unescape(cell); !bytes.Equal(got, text) {
			t.Fatalf("%q is read as %q", text, got)
		}
		row := w.appendRow(nil, cell)
		literal := row[2 : len(row)-2]
		var inner []byte
		for i := 0; i < len(literal); i++ {
			switch {
			case literal[i] == '\\':
				inner = append(inner, literal[i], literal[i+1])
				i++
			case literal[i] != '\'':
				inner = append(inner, literal[i])
			case i+1 < len(literal) && literal[i+1] == '\'':
				inner = append(inner, '\'')
				i++
			default:
				t.Fatalf("%s: the literal ends too early", row)
			}
		}
		if got := unescape(inner); !bytes.Equal(got, text) {
			t.Fatalf("%q is read as %q", text, got)
		}
	})
}

// FuzzGrants reads what a server that means harm may say.
func FuzzGrants(f *testing.F) {
	f.Add("GRANT SELECT (`a`, `b)`), INSERT ON `d_b\\_x`.`t``1` TO `u`@`h` WITH GRANT OPTION")
	f.Add("GRANT `role` TO `u`@`h`")
	f.Fuzz(func(t *testing.T, line string) {
		var g grants
		g.add(line)
		for _, l := range g.levels {
			l.covers("database", "table")
		}
		discreet(line)
		rowOf(line)
		labels(line)
		_ = sound(line)
		flavourOf(line)
	})
}

func TestGrants(t *testing.T) {
	var g grants
	for _, line := range []string{"GRANT SELECT, INSERT (`a`, `b`), CREATE TEMPORARY TABLES ON `shop\\_%`.* TO `u`@`h` WITH GRANT OPTION", "GRANT ALL PRIVILEGES ON `x``y`.`t` TO `u`@`h`",
		"GRANT `reader` TO `u`@`h`", "GRANT EXECUTE ON PROCEDURE `db`.`p` TO `u`@`h`", "GRANT PROXY ON ''@'%' TO 'root'@'localhost'", "GRANT USAGE ON *.* TO `u`@`h` IDENTIFIED BY PASSWORD '*AB'"} {
		g.add(line)
	}
	if len(g.levels) != 3 || !slices.Equal(g.roles, []string{"`reader`"}) {
		t.Fatalf("%+v", g)
	}
	l := g.levels[0]
	if !slices.Equal(l.rights, []string{"SELECT", "CREATE TEMPORARY TABLES"}) || !slices.Equal(l.columns, []string{"INSERT"}) || !l.passesOn || !l.covers("shop_1", "t") || l.covers("shopx1", "t") {
		t.Errorf("%+v", l)
	}
	if l := g.levels[1]; !l.covers("x`y", "t") || l.covers("x`y", "u") || !l.has("DELETE") {
		t.Errorf("%+v", l)
	}
	if l := g.levels[2]; len(l.rights) > 0 || !l.everywhere() {
		t.Errorf("%+v", l)
	}
}

// TestDiscreet keeps values out of messages.
func TestDiscreet(t *testing.T) {
	for in, want := range map[string]string{
		"Duplicate entry 'o'brien' for key 'a' for key 'PRIMARY'":                     "Duplicate entry for key 'PRIMARY'",
		"Incorrect integer value: 'secret' for column `d`.`t`.`c` at row 3":           "Incorrect integer value for column `d`.`t`.`c` at row 3",
		"Truncated incorrect DOUBLE value: 'secret'":                                  "Truncated incorrect DOUBLE value",
		"Data too long for column 'c' at row 2":                                       "Data too long for column 'c' at row 2",
		"Invalid utf8mb4 character string: '\\xFF' for column 'x' at row 1":           "Invalid utf8mb4 character string for column 'x' at row 1",
		"Table has no partition for value 42":                                         "Table has no partition for value 42",
		"Cannot add or update a child row: a foreign key constraint fails (`a`.`b`,)": "Cannot add or update a child row: a foreign key constraint fails (`a`.`b`,)",
	} {
		if got := discreet(in); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", in, got, want)
		}
	}
	e := newError(&mysql.MySQLError{Number: 1366, SQLState: [5]byte{'2', '2', '0', '0', '7'}, Message: "Incorrect integer value: 'x at row 9' for column `d`.`t`.`c``x` at row 3"})
	if e.row != 2 || columnOf(e) != "x" && columnOf(e) != "c``x" || !e.aboutRow() || strings.Contains(e.Error(), "row 9") {
		t.Errorf("%+v, column %s", e, columnOf(e))
	}
}

func TestSound(t *testing.T) {
	for name, want := range map[string]bool{"varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin": true, "enum('a'',(b','c')": true, "bigint(20) unsigned": true, "decimal(10,2)": true,
		"": false, "int, x int": false, "int); DROP TABLE t; --": false, "int(": false, "enum('a": false, `enum('\')`: false, "int -- x": false, "int COMMENT `x`": false} {
		if sound(name) != want {
			t.Errorf("%s: %t", name, !want)
		}
	}
}

func TestFlavour(t *testing.T) {
	for version, want := range map[string]flavour{"8.0.36": {false, 8, 0}, "10.11.6-MariaDB-0+deb12u1": {true, 10, 11}, "5.5.5-10.6.12-MariaDB-log": {true, 10, 6}, "8.4.0-commercial": {false, 8, 4}, "x": {}} {
		if got := flavourOf(version); got != want {
			t.Errorf("%s: %+v", version, got)
		}
	}
}

// TestCreate writes tables for the server that the tests cannot start.
func TestCreate(t *testing.T) {
	in := &record.Schema{Fields: []record.Field{{Name: "k", Type: record.Type{Kind: record.String}}, {Name: "id", Type: record.Type{Kind: record.UUID}}, {Name: "n", Type: record.DecimalOf(38, 35)}, {Name: "j", Type: record.Type{Kind: record.JSON}}}}
	at := record.Field{Name: "u", Type: record.Type{Kind: record.UUID}, Native: record.Native{As: record.Type{Kind: record.UUID}, Dialect: mariaName, Name: "uuid"}}
	text := record.Field{Name: "c", Type: record.Type{Kind: record.String}, Native: record.Native{As: record.Type{Kind: record.String}, Dialect: mariaName, Name: "varchar(7) CHARACTER SET latin1 COLLATE latin1_swedish_ci", Length: 7}}
	in.Fields = append(in.Fields, at, text)
	for _, test := range []struct {
		f    flavour
		want string
	}{
		{flavour{}, "CREATE TABLE `d`.`t` (`k` varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin NOT NULL, `id` char(36) CHARACTER SET ascii, `n` varchar(41), `j` json, `u` char(36) CHARACTER SET ascii, `c` varchar(7) CHARACTER SET utf8mb4, PRIMARY KEY (`k`))"},
		{flavour{true, 10, 11}, "CREATE TABLE `d`.`t` (`k` varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL, `id` uuid, `n` decimal(38,35), `j` json, `u` uuid, `c` varchar(7) CHARACTER SET latin1 COLLATE latin1_swedish_ci, PRIMARY KEY (`k`))"},
	} {
		d := dialect(test.f)
		p, err := sqldb.NewPlan(d, &sqldb.Load{Mode: sqldb.Upsert, KeyFields: []int{0}}, in, sqldb.Name{Schema: "d", Table: "t"}, nil)
		if err != nil || p.DDL[0] != test.want+tableOptions {
			t.Errorf("%v\n%s\nwant\n%s", err, p.DDL, test.want)
		}
	}
}

func TestLike(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{{"shop", "shop", true}, {"shop", "shops", false}, {"sh_p", "shop", true}, {`sh\_p`, "shop", false}, {`sh\_p`, "sh_p", true}, {"%", "", true}, {"%a%b", "xaxxab", true}, {"%a%b", "xaxxac", false}, {`100\%`, "100%", true}, {"", "", true}, {"", "x", false}, {"_", "", false}} {
		if like(c.pattern, c.s) != c.want {
			t.Errorf("%q like %q: %t", c.s, c.pattern, !c.want)
		}
	}
}

func TestTexts(t *testing.T) {
	for text, want := range map[string]bool{"10:00:00": true, "-838:59:59.999999": true, "10": false, "10:60:00": false, "1:00:00": false, "10:00:00.": false, "10:00:00.1234567": false, "": false, "-": false, "1000:00:00": false, "10:00": false, "aa:00:00": false} {
		if isSpan([]byte(text)) != want {
			t.Errorf("span %q: %t", text, !want)
		}
	}
	c := cellEncoder{digits: 65, places: 2}
	for text, want := range map[string]bool{"1": true, "-1.25": true, "007.5": true, "1.250": false, ".5": false, "1.": false, "1e5": false, "": false, strings.Repeat("9", 63): true, strings.Repeat("9", 64): false} {
		if c.isNumber([]byte(text)) != want {
			t.Errorf("number %q: %t", text, !want)
		}
	}
	if got := labels("enum('a','it''s','x,y','')"); !slices.Equal(got, []string{"a", "it's", "x,y", ""}) {
		t.Errorf("labels %q", got)
	}
}
