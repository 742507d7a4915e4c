//go:build unix

package acceptance

import (
	"fmt"
	"strings"
	"testing"
)

// The output is the same bytes whatever the number of workers, and the same as a plain
// loop over the rows gives.
func TestParallelIsSame(t *testing.T) {
	const rows = 60_000
	var in, want strings.Builder
	in.WriteString("id,kind,amount,note\n")
	want.WriteString("id,kind,amount,double,note\n")
	seen := map[string]bool{}
	written := 0
	for i := range rows {
		kind, note := fmt.Sprintf("K%d", i%7), fmt.Sprintf("note %d", i%5000)
		cell := note
		if i%31 == 0 {
			cell = "\"note, " + strings.Repeat("\n", i%3) + "\"\"x\"\" " + fmt.Sprint(i) + "\""
			note = fmt.Sprintf("unique %d", i)
		}
		fmt.Fprintf(&in, "%d,%s,%d.%02d,%s\n", i, kind, i%900, i%100, cell)
		if i%7 == 3 || seen[note] || written == 4000 {
			continue
		}
		seen[note] = true
		written++
		cents := 2 * (i%900*100 + i%100)
		fmt.Fprintf(&want, "%d,%s,%d.%02d,%d.%02d,%s\n", i, strings.ToLower(kind), i%900, i%100, cents/100, cents%100, cell)
	}
	for _, parallel := range []string{"1", "2", "3", "8"} {
		t.Run("parallel "+parallel, func(t *testing.T) {
			p := newProject(t, "in.csv", in.String(), "flows/f.yaml",
				"version: 1\nflow: f\nsource:\n  files: in.csv\n  columns: {id: int, kind: string, amount: 'decimal(12,2)', note: string}\n"+
					"steps:\n  - filter: kind != \"K3\"\n  - set: {kind: lower(kind), double: amount * 2}\n  - dedupe: [note]\n  - limit: 4000\n"+
					"  - select: [id, kind, amount, double, note]\nsink: {file: out.csv}\nrun: {parallel: "+parallel+"}\n")
			f := p.run("run", "f", "--json").exits(0).finished()
			if f.RowsWritten != int64(written) {
				t.Errorf("%+v, want %d written", f, written)
			}
			if got := p.read("out.csv"); got != want.String() {
				t.Errorf("other bytes than a plain loop gives, first at %d", differ(got, want.String()))
			}
		})
	}
}

// differ is where two texts part.
func differ(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// The same rows in one file, in many files, compressed and from standard input give the
// same output.
func TestInputShapesAreSame(t *testing.T) {
	const head = "id,name\n"
	var body []string
	for i := range 3000 {
		body = append(body, fmt.Sprintf("%d,name %d\n", i, i))
	}
	flow := "version: 1\nflow: f\nsource: {files: 'in*.csv', columns: {id: int, name: string}}\nsink: {file: out.csv}\n"
	want := head + strings.Join(body, "")
	t.Run("one file", func(t *testing.T) {
		p := newProject(t, "flows/f.yaml", flow, "in.csv", want)
		p.run("run", "f").exits(0)
		if p.read("out.csv") != want {
			t.Error("the output differs from the input")
		}
	})
	t.Run("many files", func(t *testing.T) {
		p := newProject(t, "flows/f.yaml", flow)
		for i := range 30 {
			p.write(fmt.Sprintf("in-%02d.csv", i), head+strings.Join(body[i*100:(i+1)*100], ""))
		}
		p.run("run", "f").exits(0)
		if p.read("out.csv") != want {
			t.Error("the output differs from the input")
		}
	})
	t.Run("standard input and output", func(t *testing.T) {
		p := newProject(t, "flows/f.yaml", strings.NewReplacer("'in*.csv'", "'-', decode: [csv]", "out.csv", "'-', encode: [csv]").Replace(flow))
		s := p.start("run", "f")
		if _, err := s.stdin.Write([]byte(want)); err != nil {
			t.Fatal(err)
		}
		s.stdin.Close()
		if o := s.wait().exits(0); o.stdout != want {
			t.Errorf("standard output: %q", clip(o.stdout))
		}
	})
	for _, codec := range []string{"gz", "zst"} {
		t.Run("through "+codec, func(t *testing.T) {
			p := newProject(t, "in.csv", want,
				"flows/f.yaml", strings.Replace(flow, "out.csv", "out.csv."+codec, 1),
				"flows/g.yaml", strings.NewReplacer("flow: f", "flow: g", "in*.csv", "out.csv."+codec, "file: out.csv", "file: back.csv").Replace(flow))
			p.run("run", "f").exits(0)
			p.run("run", "g").exits(0)
			if p.read("back.csv") != want {
				t.Error("the way there and back changes the rows")
			}
		})
	}
}
