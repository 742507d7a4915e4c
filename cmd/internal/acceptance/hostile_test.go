//go:build unix

package acceptance

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// typed is a flow over in.csv with declared columns; rows is what errors.rows says.
func typed(rows string) string {
	return "version: 1\nflow: f\nsource:\n  files: in.csv\n  columns: {id: int, amount: 'decimal(12,2)', name: string}\n" +
		"sink:\n  file: out.csv\nerrors:\n  rows: " + rows + "\n"
}

// Input that is wrong in one place: the run fails with the position and the old output
// stays; or the row is rejected and the others pass.
func TestBadRow(t *testing.T) {
	const head = "id,amount,name\n1,1.00,a\n2,2.00,b\n"
	for _, c := range []struct {
		name, text string
		line       int
		column     string // "" = the whole row
		good       int64  // rows that pass when bad ones are quarantined
	}{
		{"too many fields", head + "3,3.00,c,d\n4,4.00,e\n", 4, "", 3},
		{"too few fields", head + "3,3.00\n4,4.00,e\n", 4, "", 3},
		{"integer does not fit", head + "9223372036854775808,3.00,c\n4,4.00,e\n", 4, "id", 3},
		{"not an integer", head + "x,3.00,c\n4,4.00,e\n", 4, "id", 3},
		{"decimal does not fit", head + "3,12345678901.00,c\n4,4.00,e\n", 4, "amount", 3},
		{"too many decimals", head + "3,3.005,c\n4,4.00,e\n", 4, "amount", 3},
		{"invalid UTF-8", head + "3,3.00,\xff\xfe\n4,4.00,e\n", 4, "", 3},
		{"after a line break in quotes", head + "3,3.00,\"c\nc\"\nx,4.00,e\n5,5.00,f\n", 6, "id", 4},
		{"last line without an end", head + "x,3.00,c", 4, "id", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProject(t, "flows/f.yaml", typed("fail"), "in.csv", c.text, "out.csv", "old\n")
			o := p.run("run", "f", "--json").exits(1)
			o.says(fmt.Sprintf("in.csv:%d", c.line), c.column)
			if f := o.finished(); f.Status != "failed" {
				t.Errorf("status %s, want failed", f.Status)
			}
			if got := p.read("out.csv"); got != "old\n" {
				t.Errorf("the old output is now %q", got)
			}
			if left, _ := filepath.Glob(p.path("*out.csv*")); len(left) != 1 {
				t.Errorf("left behind: %v", left)
			}

			p = newProject(t, "flows/f.yaml", typed("quarantine"), "in.csv", c.text)
			f := p.run("run", "f", "--json").exits(4).finished()
			if f.Status != "partial" || f.RowsWritten != c.good || f.RowsRejected != 1 {
				t.Errorf("quarantine: %+v, want %d written and 1 rejected", f, c.good)
			}
			if got := strings.Count(p.read("out.csv"), "\n"); int64(got) < c.good+1 {
				t.Errorf("%d lines written for %d rows", got, c.good)
			}
			p.quarantined(c.line, c.column)

			p = newProject(t, "flows/f.yaml", typed("skip"), "in.csv", c.text)
			if f := p.run("run", "f", "--json").exits(0).finished(); f.Status != "succeeded" || f.RowsRejected != 1 {
				t.Errorf("skip: %+v", f)
			}
		})
	}
}

// quarantined checks the one line of the one rejects file.
func (p *project) quarantined(line int, column string) {
	p.t.Helper()
	names, _ := filepath.Glob(p.path("rejects/*.jsonl"))
	if len(names) != 1 {
		p.t.Fatalf("rejects files: %v, want one", names)
	}
	if info, err := os.Stat(names[0]); err != nil || info.Mode().Perm() != 0o600 {
		p.t.Errorf("%s: mode %v, %v, want 0600", names[0], info.Mode(), err)
	}
	text, err := os.ReadFile(names[0])
	if err != nil {
		p.t.Fatal(err)
	}
	var r struct {
		File, Column, Code, Record string
		Line                       int
		RecordBytes                []byte `json:"record_base64"`
	}
	if err := json.Unmarshal(text, &r); err != nil {
		p.t.Fatalf("%s: %v", text, err)
	}
	if r.File != "in.csv" || r.Line != line || r.Column != column && column != "" || r.Code == "" || r.Record == "" && len(r.RecordBytes) == 0 {
		p.t.Errorf("rejected: %s, want in.csv:%d and column %q", text, line, column)
	}
}

// A quote that never closes, at the end and at the start of a big file. HEADGATE_BIG=1 makes
// it 1 GB.
func TestUnterminatedQuote(t *testing.T) {
	size := int64(64 << 20)
	if os.Getenv("HEADGATE_BIG") == "1" {
		size = 1 << 30
	}
	for _, c := range []struct {
		name  string
		first bool
	}{{"at the end", false}, {"at the start", true}} {
		t.Run(c.name, func(t *testing.T) {
			p := newProject(t, "flows/f.yaml", typed("fail"), "out.csv", "old\n")
			line := bigFile(t, p.path("in.csv"), size, c.first)
			o := p.run("run", "f", "--json").exits(1)
			f := o.says(fmt.Sprintf("in.csv:%d", line), "quote").finished()
			if got := p.read("out.csv"); got != "old\n" {
				t.Errorf("the old output is now %d bytes", len(got))
			}
			t.Logf("line %d of %d MB: peak %d MB; %s", line, size>>20, f.PeakRSS>>20, clip(o.stderr))
		})
	}
}

// bigFile writes a CSV file with a quote that never closes, and returns its line.
func bigFile(t *testing.T, name string, size int64, first bool) int {
	t.Helper()
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := bufio.NewWriterSize(file, 1<<20)
	written, line := int64(0), 1
	put := func(s string) {
		n, err := w.WriteString(s)
		if err != nil {
			t.Fatal(err)
		}
		written += int64(n)
		line++
	}
	put("id,amount,name\n")
	at := 0
	if first {
		at = line
		put("1,1.00,\"open\n")
	}
	for written < size {
		put("12345678,1234.56,some name of a customer who ordered a thing or two\n")
	}
	if !first {
		at = line
		put("2,2.00,\"open\nand more\n")
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return at
}

// Input that cannot be read.
func TestUnreadable(t *testing.T) {
	flow := strings.Replace(typed("fail"), "in.csv", "data/in.csv", 1)
	for _, c := range []struct {
		name string
		make func(p *project)
		says []string
	}{
		{"no permission", func(p *project) {
			p.write("data/in.csv", "id,amount,name\n")
			p.unprivileged()
			if err := os.Chmod(p.path("data/in.csv"), 0); err != nil {
				p.t.Fatal(err)
			}
		}, []string{"data/in.csv", "permission denied"}},
		{"folder", func(p *project) { p.write("data/in.csv/x", "") }, []string{"data/in.csv"}},
		{"dangling link", func(p *project) {
			p.write("data/x", "")
			if err := os.Symlink("nowhere", p.path("data/in.csv")); err != nil {
				p.t.Fatal(err)
			}
		}, []string{"data/in.csv"}},
		{"missing, with a neighbour", func(p *project) { p.write("data/im.csv", "id\n") }, []string{"data/in.csv", "data/im.csv"}},
		{"no such folder", func(*project) {}, []string{"data/in.csv"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProject(t, "flows/f.yaml", flow, "out.csv", "old\n")
			c.make(p)
			p.run("run", "f").exits(1).says(c.says...)
			if got := p.read("out.csv"); got != "old\n" {
				t.Errorf("the old output is now %q", got)
			}
		})
	}
	t.Run("damaged gzip", func(t *testing.T) {
		p := newProject(t, "flows/f.yaml", strings.Replace(typed("fail"), "in.csv", "in.csv.gz", 1), "in.csv.gz", "\x1f\x8b\x08\x00rubbish", "out.csv", "old\n")
		p.run("run", "f").exits(1).says("in.csv.gz")
		if got := p.read("out.csv"); got != "old\n" {
			t.Errorf("the old output is now %q", got)
		}
	})
}

// Nothing there: a glob that matches nothing and a file without rows are no failures.
func TestNothingThere(t *testing.T) {
	for name, p := range map[string]*project{
		"glob":        newProject(t, "flows/f.yaml", strings.Replace(typed("fail"), "in.csv", "in-*.csv", 1)),
		"header only": newProject(t, "flows/f.yaml", typed("fail"), "in.csv", "id,amount,name\n"),
	} {
		t.Run(name, func(t *testing.T) {
			p.t = t
			if f := p.run("run", "f", "--json").exits(0).finished(); f.Status != "empty" || f.RowsRead != 0 {
				t.Errorf("%+v", f)
			}
			p.run("run", "f", "--fail-if-empty").exits(5)
		})
	}
}
