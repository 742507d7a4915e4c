package expr

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector/record"
)

// gen makes random well-typed expressions over a schema. Every method gives source
// text of the type it is named after.
type gen struct {
	r       *rand.Rand
	columns map[record.Kind][]string
	locals  []string // ints
}

func (g *gen) pick(options ...string) string { return options[g.r.IntN(len(options))] }

func (g *gen) column(k record.Kind, or string) string {
	if cs := g.columns[k]; len(cs) > 0 && g.r.IntN(5) > 0 {
		return cs[g.r.IntN(len(cs))]
	}
	return or
}

func (g *gen) boolean(depth int) string {
	if depth <= 0 {
		return g.column(record.Bool, g.pick("true", "false"))
	}
	d := depth - 1
	switch g.r.IntN(16) {
	case 0, 1:
		return "(" + g.boolean(d) + " && " + g.boolean(d) + ")"
	case 2, 3:
		return "(" + g.boolean(d) + " || " + g.boolean(d) + ")"
	case 4:
		return "!" + "(" + g.boolean(d) + ")"
	case 5:
		return "(" + g.boolean(d) + " ? " + g.boolean(d) + " : " + g.boolean(d) + ")"
	case 6:
		return "isNull(" + g.any(d) + ")"
	case 7:
		return fmt.Sprintf("%s(%s, %s)", g.pick("contains", "startsWith", "endsWith"), g.text(d), g.text(d))
	case 8:
		return fmt.Sprintf("(%s %s %s)", g.text(d), g.relation(), g.text(d))
	case 9:
		return fmt.Sprintf("(%s in [%s, %s, %s])", g.text(d), g.textLiteral(), g.textLiteral(), g.pick(g.textLiteral(), g.text(d), "null"))
	case 10:
		return fmt.Sprintf("(%s in [%s, %s])", g.number(d), g.numberLiteral(), g.numberLiteral())
	case 11:
		return fmt.Sprintf("matches(%s, %q)", g.text(d), g.pick("^a", "[0-9]+", "b|ö"))
	case 12:
		return fmt.Sprintf("(%s %s %s)", g.day(d), g.relation(), g.day(d))
	case 13:
		over := fmt.Sprintf("[%s, %s]", g.integer(d), g.integer(0))
		x := fmt.Sprintf("x%d", len(g.locals))
		g.locals = append(g.locals, x)
		body := g.boolean(d)
		g.locals = g.locals[:len(g.locals)-1]
		return fmt.Sprintf("%s.%s(%s, %s)", over, g.pick("exists", "all", "exists_one"), x, body)
	case 14:
		return fmt.Sprintf("(%s %s %s)", g.approx(d), g.relation(), g.pick(g.approx(d), g.number(d)))
	}
	return fmt.Sprintf("(%s %s %s)", g.number(d), g.relation(), g.number(d))
}

func (g *gen) relation() string { return g.pick("==", "!=", "<", "<=", ">", ">=") }

// number is an int or a decimal.
func (g *gen) number(depth int) string {
	if g.r.IntN(2) == 0 {
		return g.integer(depth)
	}
	return g.decimal(depth)
}

func (g *gen) integer(depth int) string {
	if depth <= 0 {
		if len(g.locals) > 0 && g.r.IntN(2) == 0 {
			return g.locals[g.r.IntN(len(g.locals))]
		}
		return g.column(record.Int, g.pick("0", "1", "-7", "1000", "9223372036854775807", "-9223372036854775808"))
	}
	d := depth - 1
	switch g.r.IntN(11) {
	case 0, 1, 2:
		return fmt.Sprintf("(%s %s %s)", g.integer(d), g.pick("+", "-", "*", "/", "%"), g.integer(d))
	case 3:
		return fmt.Sprintf("coalesce(%s, %s)", g.integer(d), g.integer(d))
	case 4:
		return fmt.Sprintf("(%s ? %s : %s)", g.boolean(d), g.integer(d), g.pick(g.integer(d), "null"))
	case 5:
		return fmt.Sprintf("length(%s)", g.text(d))
	case 6:
		return fmt.Sprintf("%s(%s)", g.pick("year", "month", "day", "weekday", "week"), g.day(d))
	case 7:
		return fmt.Sprintf("tryCast(%s, \"int\")", g.any(d))
	case 8:
		return fmt.Sprintf("nullIf(%s, %s)", g.integer(d), g.integer(d))
	case 9:
		return fmt.Sprintf("size(split(%s, \"b\").filter(x, x != %s))", g.text(d), g.textLiteral())
	}
	return fmt.Sprintf("%s(%s)", g.pick("abs", "int", "-"), g.integer(d))
}

func (g *gen) decimal(depth int) string {
	if depth <= 0 {
		return g.column(record.Decimal, g.numberLiteral())
	}
	d := depth - 1
	switch g.r.IntN(8) {
	case 0, 1:
		return fmt.Sprintf("(%s %s %s)", g.number(d), g.pick("+", "-"), g.decimal(d))
	case 2:
		return fmt.Sprintf("(%s * %s)", g.number(0), g.decimal(0))
	case 3:
		return fmt.Sprintf("round(%s, %d, %q)", g.decimal(d), g.r.IntN(4), g.pick(roundingNames()...))
	case 4:
		return fmt.Sprintf("div(%s, %s, %d)", g.decimal(d), g.number(d), g.r.IntN(6))
	case 5:
		return fmt.Sprintf("(%s ? %s : %s)", g.boolean(d), g.decimal(d), g.number(d))
	case 6:
		return fmt.Sprintf("tryCast(%s, \"decimal(%d,2)\")", g.pick(g.text(d), g.number(d)), 4+g.r.IntN(34))
	}
	return fmt.Sprintf("coalesce(%s, %s)", g.decimal(d), g.number(d))
}

func (g *gen) numberLiteral() string {
	return g.pick("0.00", "1.5", "-0.005", "99999.99", "12345678901234567.89", "3", "0")
}

func (g *gen) approx(depth int) string {
	if depth <= 0 {
		return g.column(record.Float, g.pick("1e3", "-2.5e0", "0e0"))
	}
	d := depth - 1
	switch g.r.IntN(4) {
	case 0:
		return fmt.Sprintf("(%s %s %s)", g.approx(d), g.pick("+", "-", "*", "/"), g.approx(d))
	case 1:
		return fmt.Sprintf("round(%s, %d)", g.approx(d), g.r.IntN(3))
	case 2:
		return fmt.Sprintf("float(%s)", g.number(d))
	}
	return fmt.Sprintf("abs(%s)", g.approx(d))
}

func (g *gen) text(depth int) string {
	if depth <= 0 {
		return g.column(record.String, g.textLiteral())
	}
	d := depth - 1
	switch g.r.IntN(11) {
	case 0:
		return fmt.Sprintf("%s(%s)", g.pick("lower", "upper", "trim", "ltrim", "rtrim"), g.text(d))
	case 1:
		return fmt.Sprintf("(%s + %s)", g.text(d), g.text(d))
	case 2:
		return fmt.Sprintf("substring(%s, %s)", g.text(d), g.pick("0", "1", g.integer(d)))
	case 3:
		return fmt.Sprintf("replace(%s, %s, %s)", g.text(d), g.textLiteral(), g.textLiteral())
	case 4:
		return fmt.Sprintf("split(%s, \"b\", %d)", g.text(d), g.r.IntN(3))
	case 5:
		return fmt.Sprintf("coalesce(%s, %s)", g.text(d), g.text(d))
	case 6:
		return fmt.Sprintf("(%s ? %s : %s)", g.boolean(d), g.text(d), g.text(d))
	case 7:
		return fmt.Sprintf("string(%s)", g.any(d))
	case 8:
		return fmt.Sprintf("format(%s, \"%%d.%%m.%%Y\")", g.day(d))
	case 9:
		return fmt.Sprintf("concat(%s, %s, %s)", g.text(d), g.text(d), g.text(d))
	}
	return fmt.Sprintf("sha256(%s)", g.text(d))
}

func (g *gen) textLiteral() string {
	return g.pick(`"a"`, `"ab"`, `"abcdefgh"`, `"abcdefghi"`, `"öÄ"`, `"7"`)
}

func (g *gen) day(depth int) string {
	if depth <= 0 {
		return g.column(record.Date, `date("2024-02-29")`)
	}
	d := depth - 1
	switch g.r.IntN(4) {
	case 0:
		return fmt.Sprintf("add(%s, %s, %q)", g.day(d), g.integer(d), g.pick("day", "month", "year", "week"))
	case 1:
		return fmt.Sprintf("truncate(%s, %q)", g.day(d), g.pick("month", "year", "week", "quarter"))
	case 2:
		return fmt.Sprintf("(%s + duration(%q))", g.day(d), g.pick("24h", "7d", "-24h"))
	}
	return fmt.Sprintf("date(timestamp(%s))", g.day(d))
}

func (g *gen) any(depth int) string {
	switch g.r.IntN(5) {
	case 0:
		return g.boolean(depth)
	case 1:
		return g.text(depth)
	case 2:
		return g.decimal(depth)
	}
	return g.integer(depth)
}

// cell is a random text for a column of type t; sometimes NULL or not of the type.
func (g *gen) cell(t record.Type) string {
	switch n := g.r.IntN(20); {
	case n < 3:
		return "NULL"
	case n == 3 && t.Kind != record.String:
		return "bad"
	}
	switch t.Kind {
	case record.Bool:
		return g.pick("true", "false")
	case record.Int:
		return g.pick("0", "1", "-1", "7", "1000000", "9223372036854775807", "-9223372036854775808", fmt.Sprint(g.r.IntN(100)))
	case record.Float:
		return g.pick("0", "-0", "1.5", "1000", "1e300", "NaN", "Infinity", fmt.Sprint(g.r.NormFloat64()))
	case record.Decimal:
		whole := g.pick("0", "1", "7", "99999", strings.Repeat("9", int(t.Precision-t.Scale)))
		return g.pick("", "-") + whole + "." + g.pick("0", "5", "01", "99")
	case record.Date:
		return g.pick("2024-02-29", "1970-01-01", "0001-01-01", "9999-12-31", "2023-12-31")
	}
	return g.pick("", "a", "ab", "abcdefgh", "abcdefghi", "aBc", "öÄ", " x ", "7", "-1.5", "2024-02-29", "bb,b")
}

// The kernels and the CEL VM give the same cell, fault and all, for random
// expressions over random rows with NULLs and bad cells; Filter keeps the rows whose
// cell is true and rejects those whose cell is Bad.
func TestKernelsAgreeWithVM(t *testing.T) {
	schema := schemaOf(t, "b1:bool", "b2:bool", "i1:int", "i2:int", "f1:float", "d1:decimal(7,2)", "d2:decimal(20,4)", "d3:decimal(38,2)",
		"s1:string", "s2:string", "t1:date", "t2:date")
	expressions := 4000
	if testing.Short() {
		expressions = 500
	}
	usable, used := 0, map[string]int{}
	for seed := range expressions {
		g := &gen{r: rand.New(rand.NewPCG(uint64(seed), 1)), columns: map[record.Kind][]string{}}
		for _, f := range schema.Fields {
			g.columns[f.Type.Kind] = append(g.columns[f.Type.Kind], f.Name)
		}
		src := []func(int) string{g.boolean, g.boolean, g.integer, g.decimal, g.text, g.day, g.approx}[g.r.IntN(7)](1 + g.r.IntN(4))
		p, findings := Compile(src, Scope{Schema: schema})
		if len(findings) > 0 {
			for _, f := range findings {
				used[f.Code]++
			}
			continue // a constant part that fails, or a precision that is too large
		}
		usable++
		rows := make([][]string, 1+g.r.IntN(40))
		for i := range rows {
			for _, f := range schema.Fields {
				rows[i] = append(rows[i], g.cell(f.Type))
			}
		}
		kernels, vm := p.New(), newVMOnly(p)
		for range 2 {
			got, want := evaluate(kernels, batchOf(schema, rows)), evaluate(vm, batchOf(schema, rows))
			for i := range got {
				if got[i] != want[i] {
					t.Fatalf("seed %d: %s\nrow %q\nkernels %s\nvm      %s", seed, src, rows[i], got[i], want[i])
				}
			}
			if p.Type().Kind == record.Bool {
				checkFilter(t, kernels, batchOf(schema, rows), want)
			}
		}
	}
	if usable < expressions*3/4 {
		t.Errorf("only %d of %d expressions compile: %v", usable, expressions, used)
	}
}

func checkFilter(t *testing.T, e *Eval, b *record.Batch, cells []string) {
	t.Helper()
	var sel []int32
	for row := int32(0); row < int32(b.Rows); row++ {
		if row%3 != 1 { // a step before has cut some rows
			sel = append(sel, row)
		}
	}
	kept := e.Filter(b, sel)
	var want []int32
	rejected := 0
	for _, row := range sel {
		switch {
		case cells[row] == "true":
			want = append(want, row)
		case strings.HasPrefix(cells[row], "!"):
			rejected++
		}
	}
	if fmt.Sprint(kept) != fmt.Sprint(want) || len(b.Rejects) != rejected {
		t.Fatalf("%s: kept %v, want %v; rejected %v, want %d", e.p.src, kept, want, b.Rejects, rejected)
	}
}
