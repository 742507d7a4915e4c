package main

import (
	"strings"
	"testing"
)

func TestRows(t *testing.T) {
	for size, want := range map[string]int{"10": 10, "100k": 100_000, "1m": 1_000_000, "x": 0, "": 0, "-1": 0, "k": 0} {
		got, err := rows(size)
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("rows(%q) = %d, %v, want %d", size, got, err, want)
		}
	}
}

func TestMedian(t *testing.T) {
	l := line{figures: []figures{{Wall: 3}, {Wall: 1}, {Wall: 8}}}
	if l.wall() != 3 || l.least() != 1 {
		t.Errorf("median %v, least %v", l.wall(), l.least())
	}
	l.figures = append(l.figures, figures{Wall: 5})
	if l.wall() != 4 {
		t.Errorf("median of four %v", l.wall())
	}
}

func TestAgreement(t *testing.T) {
	for _, c := range []struct {
		lines []*line
		want  bool
	}{
		{[]*line{{facts: "a"}, {facts: "a"}, {}}, true},
		{[]*line{{facts: "a"}, {}, {facts: "b"}}, false},
		{[]*line{{facts: "a"}, {failure: "x"}}, false},
	} {
		if got := (&table{lines: c.lines}).agree(); got != c.want {
			t.Errorf("%v agree: %v", c.lines, got)
		}
	}
}

// A failed tool is a line that says why, and the run as a whole fails.
func TestPage(t *testing.T) {
	p := &page{machine: "M", tools: []tool{{name: "headgate", version: "1"}}, runs: 2, threads: 2, tables: []*table{{
		job: "csv-csv", title: "T", rows: 2_000_000, bytes: 1e6, lines: []*line{
			{tool: tool{name: "headgate"}, command: "headgate run x", figures: []figures{{Wall: 1, CPU: 2, Peak: 1 << 20}}},
			{tool: tool{name: "mlr"}, command: "mlr x", figures: []figures{{Wall: 4, CPU: 4, Peak: 2 << 20}}},
			{tool: tool{name: "duckdb"}, failure: "no | luck"},
		}}}}
	text := string(p.bytes())
	for _, want := range []string{
		"| mlr | 4.000 (4.000) | 4.000 | 2.0 | 500 | 0.25x | 0.50x | 0.50x |",
		"| duckdb | failed: no \\| luck |", "headgate run x\nmlr x\n", "- headgate: 1\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if err := p.disagreement(); err == nil || !strings.Contains(err.Error(), "csv-csv") {
		t.Errorf("disagreement: %v", err)
	}
}

func TestCommandIsShellText(t *testing.T) {
	e := entry{args: []string{"a", "b c", "it's", `$x == "y"`}, stdout: true, output: "o"}
	if got, want := e.command(tool{shown: "t"}), `t a "b c" "it's" '$x == "y"' >o`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
