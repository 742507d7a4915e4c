package ui

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestSafe(t *testing.T) {
	for _, c := range []struct{ in, one, lines string }{
		{"plain", "plain", "plain"},
		{"Zoë 漢字", "Zoë 漢字", "Zoë 漢字"},
		{"a\nb\tc", `a\nb\tc`, "a\nb    c"},
		{"\x1b[2J\x07", `\x1b[2J\x07`, `\x1b[2J\x07`},
		{"\u009b31m", `\x9b31m`, `\x9b31m`},
		{"bad\xff", `bad\xff`, `bad\xff`},
		{"a\u202eb", `a\u202eb`, `a\u202eb`},
	} {
		if got := Safe(c.in); got != c.one {
			t.Errorf("Safe(%q) = %q, want %q", c.in, got, c.one)
		}
		if got := SafeLines(c.in); got != c.lines {
			t.Errorf("SafeLines(%q) = %q, want %q", c.in, got, c.lines)
		}
	}
}

func FuzzSafe(f *testing.F) {
	f.Add("a\x1b[0m\u202e\n")
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range Safe(s) {
			if hostile(r) {
				t.Fatalf("%q of %q", r, s)
			}
		}
	})
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567"} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %s, want %s", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 999_999: "1.0 MB", 12_345_678: "12.3 MB", 5e12: "5.0 TB"} {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %s, want %s", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{12 * time.Millisecond: "12ms", 3400 * time.Millisecond: "3.4s", 125 * time.Second: "2m05s", 62 * time.Minute: "1h02m"} {
		if got := Duration(d); got != want {
			t.Errorf("Duration(%v) = %s, want %s", d, got, want)
		}
	}
	if Plural(1, "row") != "1 row" || Plural(2000, "row") != "2,000 rows" {
		t.Error("Plural")
	}
}

func TestTable(t *testing.T) {
	table := Table{
		Head:  []string{"id", "name", "note"},
		Rows:  [][]string{{"1", "漢字", "a\nb"}, {"20", "Zoë", "a long text that has to give way"}},
		Right: []bool{true},
	}
	for _, c := range []struct {
		width int
		want  string
	}{
		{0, "id  name  note\n 1  漢字  a\\nb\n20  Zoë   a long text that has to give way\n"},
		{24, "id  name  note\n 1  漢字  a\\nb\n20  Zoë   a long text t…\n"},
		{1, "id  name  note\n 1  漢字  a\\nb\n20  Zoë   a l…\n"},
	} {
		table.Width = c.width
		var b bytes.Buffer
		table.Write(&b)
		if b.String() != c.want {
			t.Errorf("width %d:\n%s\nwant\n%s", c.width, b.String(), c.want)
		}
	}
}

func TestPace(t *testing.T) {
	start := time.Unix(0, 0)
	p := pace{start: start}
	got := p.line("orders", start.Add(2*time.Second), Sample{Rows: 2000, Bytes: 4e6, Total: 16e6, OfSplits: 3, Splits: 1})
	if want := "orders  2,000 rows  1,000 rows/s  2.0 MB/s  25%  ETA 6s  split 2 of 3"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	got = p.line("orders", start.Add(3*time.Second), Sample{Rows: 2000, Bytes: 4e6, Total: -1, Rejected: 7})
	if want := "orders  2,000 rows  800 rows/s  1.6 MB/s  7 rejected"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestProgressOnATerminal(t *testing.T) {
	var out bytes.Buffer
	tt := &Terminal{Err: &out, Interactive: true, Columns: 20}
	tt.SetLive("a line that is longer than the terminal is wide")
	tt.Note("said meanwhile")
	if got, want := out.String(), "a line that is lon…\r\x1b[Ksaid meanwhile\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	stop := tt.Progress("x", func() Sample { return Sample{} })
	stop()
	stop()
}

func TestMessages(t *testing.T) {
	for _, c := range []struct {
		name string
		t    *Terminal
		want string
	}{
		{"plain", &Terminal{}, "said\nwarning: mind\nerror: broken\\x1b\nhint: why?\n"},
		{"quiet", &Terminal{Quiet: true}, "warning: mind\nerror: broken\\x1b\nhint: why?\n"},
	} {
		var out bytes.Buffer
		c.t.Err = &out
		c.t.Note("said")
		c.t.Warn("mind")
		c.t.Error("broken\x1b", "why?")
		if out.String() != c.want {
			t.Errorf("%s: %q, want %q", c.name, out.String(), c.want)
		}
	}
}

func TestMessagesAsJSON(t *testing.T) {
	var out bytes.Buffer
	tt := Terminal{Err: &out, LogJSON: true}
	tt.Note("said")
	tt.Error("broken", "why?")
	tt.Report("lines", "run", map[string]int{"rows": 3})
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 3 {
		t.Fatal(out.String())
	}
	for i, want := range []string{`"msg":"said"`, `"hint":"why?"`, `"run":{"rows":3}`} {
		if !json.Valid([]byte(lines[i])) || !strings.Contains(lines[i], want) {
			t.Errorf("%s lacks %s", lines[i], want)
		}
	}
}

func TestEnvelope(t *testing.T) {
	var out bytes.Buffer
	tt := Terminal{Out: &out, JSON: true}
	tt.Result(map[string]int{"n": 1}, nil)
	tt.Finish("flow list", nil)
	tt.Finish("x", &Failure{Code: "usage", Exit: 2, Message: "no <x>"})
	want := `{"command":"flow list","ok":true,"result":{"n":1},"error":null}
{"command":"x","ok":false,"result":{"n":1},"error":{"code":"usage","exit":2,"message":"no <x>"}}
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
	out.Reset()
	streamed := Terminal{Out: &out, JSON: true}
	streamed.Event(struct {
		Event string `json:"event"`
	}{"run.finished"})
	streamed.Finish("run", nil)
	if got := out.String(); got != "{\"event\":\"run.finished\"}\n" {
		t.Error(got)
	}
}
