package expr

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/headgate/headgate/connector/record"
)

func TestOpenScope(t *testing.T) {
	schema := schemaOf(t, "status:string", "later:")
	for _, tt := range []struct {
		src, typ string
		columns  string
		open     bool
	}{
		{`anything > 3 && status == "x"`, "bool", "anything status", true},
		{`lower(anything)`, "string", "anything", true},
		{`anything + 1`, "invalid", "anything", true},
		{`cast(anything, "decimal(5,2)")`, "decimal(5,2)", "anything", true},
		{`coalesce(anything, 1)`, "invalid", "anything", true},
		{`isNull(col("Any Thing"))`, "bool", "Any Thing", true},
		{`anything.x.y`, "invalid", "anything", true},
		{`[1].exists(x, x == anything)`, "bool", "anything", true},
		{`later == "x"`, "bool", "later", false},
		{`round(later, 2)`, "invalid", "later", false},
	} {
		p, findings := Compile(tt.src, Scope{Schema: schema, Open: tt.open})
		if len(findings) > 0 {
			t.Errorf("%s: %v", tt.src, findings)
			continue
		}
		if got := p.Type().Kind.String(); p.Type().String() != tt.typ && got != tt.typ {
			t.Errorf("%s: type %s, want %s", tt.src, p.Type(), tt.typ)
		}
		if got := strings.Join(p.Columns(), " "); got != tt.columns || p.Ready() {
			t.Errorf("%s: columns %s, want %s; ready %v", tt.src, got, tt.columns, p.Ready())
		}
	}
	// What is known is checked all the same.
	for _, src := range []string{`status > 3`, `lowr(anything)`, `anything &&`} {
		if p, findings := Compile(src, Scope{Schema: schema, Open: true}); len(findings) != 1 || p != nil {
			t.Errorf("%s: %v", src, findings)
		}
	}
}

func TestVars(t *testing.T) {
	day := record.Type{Kind: record.Date}
	value, err := Value(day, "2024-03-31")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2024, 3, 31, 23, 30, 0, 0, time.UTC)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	vars := Vars{"params.day": value, "run.started": Moment(at), "run.id": Declare(record.Type{Kind: record.String})}
	for _, tt := range []struct {
		src, want string
		zone      *time.Location
	}{
		{`params.day`, "2024-03-31", nil},
		{`run.started - duration('24h')`, "2024-03-30T23:30:00Z", nil},
		{`date(run.started)`, "2024-03-31", nil},
		{`date(run.started)`, "2024-04-01", berlin},
		{`format(run.started, "%d %H:%M")`, "01 01:30", berlin},
		{`format(run.started, "%d %H:%M", "UTC")`, "31 23:30", berlin},
		{`timestamp(params.day)`, "2024-03-30T23:00:00Z", berlin},
		{`params.day < date("2024-04-01") ? "old" : "new"`, "old", nil},
	} {
		p := compile(t, tt.src, Scope{Vars: vars, Zone: tt.zone})
		b := &record.Batch{}
		b.Reset(1)
		if got := evaluate(p.New(), b); got[0] != tt.want {
			t.Errorf("%s: %s, want %s", tt.src, got[0], tt.want)
		}
	}
	if p := compile(t, `run.id + "x"`, Scope{Vars: vars}); p.Ready() {
		t.Error("a program is ready without a value it needs")
	}
	if _, err := Value(day, "yesterday"); err == nil {
		t.Error("a value that is no date was taken")
	}
	// A column goes before a variable.
	schema := schemaOf(t, "run:json", "params:string")
	if p := compile(t, `run.started`, Scope{Schema: schema, Vars: vars}); p.Type().Kind != record.JSON {
		t.Errorf("run.started is %s", p.Type())
	}
	if p := compile(t, `params.day`, Scope{Schema: schema, Vars: vars}); p.Type().Kind != record.Date {
		t.Errorf("params.day is %s", p.Type())
	}
}

func TestExplain(t *testing.T) {
	schema, _ := everything(t)
	for src, want := range map[string]string{
		`s`:                                  "the column s as it is",
		`1 + 1`:                              "a constant",
		`i > 3 && lower(s) in ["a", "b"]`:    "kernels: && > in lower",
		`split(u, ",").exists(x, x == s)`:    "CEL VM, row by row: loop split ! || ==",
		`size(split(trim(u), ",")) + i == 3`: "kernels: == + trim; CEL VM, row by row: size split",
	} {
		got := compile(t, src, Scope{Schema: schema}).Explain()
		if got != want {
			t.Errorf("%s: %q, want %q", src, got, want)
		}
	}
}

// Text that a kernel did not change keeps the hint that it needs no quoting; text
// that it made from such text has it too where no delimiter can come in.
func TestPlainText(t *testing.T) {
	schema := schemaOf(t, "s:string", "u:string")
	for src, want := range map[string]bool{
		`s`: true, `lower(s)`: true, `upper(s)`: true, `trim(s)`: true, `substring(s, 1, 2)`: true, `split(s, "b", 0)`: true,
		`s + u`: false, `replace(s, "b", ";")`: false, `s == "x" ? s : u`: true, `coalesce(s, "a;b")`: true,
	} {
		b := batchOf(schema, [][]string{{"aBcd", "x"}})
		b.Delimiter = ';'
		p := compile(t, src, Scope{Schema: schema})
		var v record.Vector
		v.Reset(p.Type(), b.Rows)
		p.New().Into(b, b.Sel, &v)
		if got := v.Str[0].Plain(); got != want {
			t.Errorf("%s: plain %v, want %v", src, got, want)
		}
	}
	b := batchOf(schema, [][]string{{"abcd", "x"}})
	b.Delimiter = 'B'
	var v record.Vector
	v.Reset(record.Type{Kind: record.String}, 1)
	compile(t, `upper(s)`, Scope{Schema: schema}).New().Into(b, b.Sel, &v)
	if v.Str[0].Plain() {
		t.Error("upper(s) is plain though it makes the delimiter B")
	}
}

// One program serves many workers, each with an Eval of its own.
func TestWorkers(t *testing.T) {
	schema, rows := everything(t)
	for _, src := range []string{
		`matches(s, "A") && i in [1, 2, 7] && hour(at, "Europe/Berlin") < 5`,
		`[1, 2].exists(x, x == i) || split(u, ",").exists(x, x == "c")`,
		`format(at, "%H", "America/New_York") + lower(s)`,
	} {
		p := compile(t, src, Scope{Schema: schema})
		want := fmt.Sprint(evaluate(p.New(), batchOf(schema, rows)))
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				e := p.New()
				for range 50 {
					if got := fmt.Sprint(evaluate(e, batchOf(schema, rows))); got != want {
						t.Errorf("%s: %s, want %s", src, got, want)
						return
					}
				}
			})
		}
		wg.Wait()
	}
}

// Kernels allocate nothing per row once their memory has grown.
func TestAllocations(t *testing.T) {
	schema, batch := orders(t)
	for _, src := range []string{
		`status == "paid" && country in ["US", "DE"]`,
		`amount * quantity > 1000.00 || isNull(quantity)`,
		`startsWith(lower(email), "anna") || length(note) > 20`,
		`quantity > 3 ? amount : 0`,
		`coalesce(amount, 0.00) - div(amount, 3, 2)`,
		`trim(substring(note, 2, 9)) + "x"`,
		`round(amount, 1)`,
	} {
		p := compile(t, src, Scope{Schema: schema})
		e := p.New()
		var out record.Vector
		run := func() {
			batch.Aux = batch.Aux[:0]
			out.Reset(p.Type(), batch.Rows)
			e.Into(batch, batch.Sel, &out)
			if p.Type().Kind == record.Bool {
				e.Filter(batch, batch.Sel)
			}
		}
		run()
		if n := testing.AllocsPerRun(5, run); n > 100 {
			t.Errorf("%s: %.0f allocations for %d rows", src, n, batch.Rows)
		}
	}
}

// Loops within loops cannot keep a worker busy.
func TestLoopsAreBounded(t *testing.T) {
	schema := schemaOf(t, "i:int")
	list := "[" + strings.Repeat("1,", 99) + "1]"
	src := "i > 0"
	for n := range 6 {
		src = fmt.Sprintf("%s.all(x%d, %s)", list, n, src)
	}
	p := compile(t, src, Scope{Schema: schema})
	if got := evaluate(p.New(), batchOf(schema, [][]string{{"1"}, {"0"}})); got[0] != "!too_large the lists of the expression are too long" || got[1] != "false" {
		t.Error(got)
	}
}

func TestLimits(t *testing.T) {
	for name, src := range map[string]string{
		"long":   `"` + strings.Repeat("x", maxSource) + `"`,
		"deep":   strings.Repeat("(", 1000) + "1" + strings.Repeat(")", 1000),
		"not":    strings.Repeat("!", 40000) + "true",
		"chain":  "1" + strings.Repeat(" + 1", 10000),
		"fields": "a" + strings.Repeat(".b", 10000),
	} {
		if _, findings := Compile(src, Scope{Open: true}); len(findings) > 1 {
			t.Errorf("%s: %v", name, findings)
		}
	}
	// Repeated growth ends in a reject, not in a full memory.
	schema := schemaOf(t, "s:string")
	src := `s`
	for range 8 {
		src = fmt.Sprintf(`replace(%s, "a", "aaaaaaaaaa")`, src)
	}
	p := compile(t, src, Scope{Schema: schema})
	if got := evaluate(p.New(), batchOf(schema, [][]string{{"a"}})); got[0] != "!too_large the text would be longer than 16 MiB" {
		t.Errorf("%.40s", got[0])
	}
}

// TestReadme keeps the table of functions in the README.
func TestReadme(t *testing.T) {
	const from, to = "<!-- functions: written by go test -update -->\n", "<!-- end of functions -->"
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(readme), from)
	_, after, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatal("README.md has no place for the table of functions")
	}
	var table strings.Builder
	table.WriteString("| function | what it gives |\n|---|---|\n")
	for _, f := range Functions() {
		fmt.Fprintf(&table, "| `%s` | %s |\n", strings.Join(f.Signatures, "` <br> `"), f.Doc)
	}
	want := before + from + table.String() + to + after
	if *update {
		if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(readme) {
		t.Error("the table of functions in README.md is old; run go test -update")
	}
}
