package expr

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/debug"
	"cel.dev/cel-go/parser"
)

// FuzzCompile: no source crashes the compiler, findings point into the source, the
// two parsers of cel-go read the same, and kernels and VM agree on what compiles.
func FuzzCompile(f *testing.F) {
	schema, rows := everything(f)
	golden, err := os.ReadFile(filepath.Join("testdata", "findings.txt"))
	if err != nil {
		f.Fatal(err)
	}
	for _, line := range strings.Split(string(golden), "\n") {
		if line != "" && !strings.HasPrefix(line, "  ") {
			f.Add(line)
		}
	}
	for _, src := range []string{`--5.5 + - 3`, `[1,2].all(a, [3].exists(b, a < b && i > 0))`, `{"a": d}[u] > 1.50`, "\"\"\"x\n\"\"\" + r'\\d'", "b'\\xff' == raw",
		`i in [1, null]`, `(((i)))`, `-(-(3.5))`, "i // comment\n + 1"} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 2000 {
			return
		}
		p, findings := Compile(src, Scope{Schema: schema})
		for _, x := range findings {
			if x.Offset < 0 || x.Offset > len(src) || x.Message == "" || x.Code == "" {
				t.Fatalf("%q: %+v", src, x)
			}
		}
		if (p == nil) != (len(findings) > 0) {
			t.Fatalf("%q: program %v, findings %v", src, p, findings)
		}
		if open, _ := Compile(src, Scope{Open: true}); p != nil && open == nil {
			// An open scope knows less, so it must not refuse what a closed one takes.
			t.Fatalf("%q: refused in an open scope", src)
		}
		if p == nil || !utf8.ValidString(src) {
			return
		}
		sameTree(t, src)
		_ = p.Explain()
		got, want := evaluate(p.New(), batchOf(schema, rows)), evaluate(newVMOnly(p), batchOf(schema, rows))
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("%q row %d: kernels %s, VM %s", src, i, got[i], want[i])
			}
		}
	})
}

// sameTree reads src with cel-go's generated parser, too.
func sameTree(t *testing.T, src string) {
	t.Helper()
	tree, findings := parse(src)
	if len(findings) > 0 {
		t.Fatalf("%q: %v", src, findings)
	}
	p, err := parser.NewParser(parser.Macros(parser.AllMacros...), parser.MaxRecursionDepth(maxDepth))
	if err != nil {
		t.Fatal(err)
	}
	other, errs := p.Parse(common.NewTextSource(src))
	if len(errs.GetErrors()) > 0 {
		return // it is stricter: 0X1F is a number to the other one only
	}
	if a, b := debug.ToDebugString(tree.Expr()), debug.ToDebugString(other.Expr()); a != b {
		t.Fatalf("%q: read as\n%s\nand as\n%s", src, a, b)
	}
}
