package cmd

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The rules of the house: who may import whom, and how large things get. They are a
// statement of how this program is built. Do not change a rule to make a build pass;
// change the code, or first change the design.

const module = "github.com/headgate/headgate"

// imports says for each folder what of the house its packages may import. The rule
// with the longest matching folder counts; "." is the folder itself and what is
// below it. Tests may import more: they use the conformance suites.
var imports = []struct {
	folder string
	may    []string
}{
	{"", []string{"cmd"}}, // main.go
	{"cmd", []string{"cmd/...", "flow/...", "vault/...", "rbac", "connector", "connector/spec", "connector/all"}},
	{"cmd/policycmd", []string{"cmd/internal/...", "vault/...", "rbac", "connector", "connector/netguard", "connector/spec"}},
	{"cmd/internal/ui", nil},
	{"cmd/internal/guard", []string{"rbac"}},

	{"flow", []string{"connector", "connector/record", "connector/spec"}},
	{"flow/expr", []string{"flow/expr/...", "connector/record", "connector/spec"}},
	{"flow/step", []string{"flow/step/...", "flow", "flow/expr", "connector", "connector/record", "connector/spec"}},
	{"flow/plan", []string{"flow", "flow/expr", "flow/step", "connector", "connector/blob", "connector/glob", "connector/record", "connector/spec"}},
	{"flow/state", []string{"connector"}},
	{"flow/engine", []string{"flow", "flow/plan", "flow/state", "flow/step", "connector", "connector/record", "connector/spool"}},

	{"connector", []string{"connector/record"}},
	{"connector/record", []string{"connector/record/..."}},
	{"connector/spec", nil},
	{"connector/spool", nil},
	{"connector/blob", []string{"connector/glob", "connector/spool", "connector", "connector/record", "connector/spec"}},
	{"connector/file", []string{"connector/glob", "connector", "connector/record", "connector/spec"}},
	{"connector/codec", []string{"connector", "connector/spec"}},
	{"connector/format", []string{"connector/format/chunk", "connector", "connector/record", "connector/spec"}},
	{"connector/sqldb", []string{"connector", "connector/record", "connector/spec"}},
	{"connector/sqlite", []string{"connector/sqldb", "connector", "connector/record", "connector/spec"}},
	{"connector/postgres", []string{"connector/sqldb", "connector/netguard", "connector", "connector/record", "connector/spec"}},
	{"connector/mysql", []string{"connector/sqldb", "connector/netguard", "connector", "connector/record", "connector/spec"}},
	{"connector/glob", []string{"connector/spec"}},
	{"connector/tree", []string{"connector/glob", "connector"}},
	{"connector/pace", []string{"connector"}},
	{"connector/sftp", []string{"connector/glob", "connector/netguard", "connector/pace", "connector/tree", "connector", "connector/spec"}},
	{"connector/ftp", []string{"connector/glob", "connector/netguard", "connector/pace", "connector/tree", "connector", "connector/spec"}},
	{"connector/s3", []string{"connector/glob", "connector/netguard", "connector/pace", "connector/tree", "connector", "connector/spec"}},
	{"connector/netguard", []string{"connector"}},
	{"connector/http", []string{"connector/glob", "connector/netguard", "connector/pace", "connector/tree", "connector", "connector/spec"}},
	{"connector/conntest", []string{"connector", "connector/record", "connector/spec"}},
	{"connector/conntest/sqltest", []string{"connector", "connector/record", "connector/conntest/..."}},
	{"connector/all", []string{"connector/..."}},

	{"vault", []string{"vault/...", "rbac"}},
	{"rbac", nil},

	{"bench", []string{"bench/...", "connector/...", "flow/...", "cmd"}},
}

// owners says which libraries are known to one part of the house only.
var owners = map[string][]string{
	"cel.dev/cel-go":            {"flow/expr"},
	"github.com/spf13/cobra":    {"cmd"},
	"github.com/spf13/viper":    {"cmd/internal/settings"},
	"github.com/spf13/pflag":    {"cmd"},
	"modernc.org/sqlite":        {"connector/sqlite"},
	"github.com/jackc/pgx":      {"connector/postgres"},
	"github.com/go-sql-driver":  {"connector/mysql"},
	"github.com/minio/minio-go": {"connector/s3"},
	"github.com/pkg/sftp":       {"connector/sftp"},
	"github.com/jlaffaye/ftp":   {"connector/ftp"},
	"golang.org/x/term":         {"cmd/internal/ui"},

	"github.com/ProtonMail/go-crypto": {"connector/codec/pgp"},
	"golang.org/x/crypto/ssh":         {"connector/netguard", "connector/sftp", "connector/conntest"},
}

// Sizes: a file asks for a second look above 300 lines, and stops at these.
const (
	maxFileLines     = 500
	maxFunctionLines = 80
	maxMethods       = 6
)

// source is a Go file that is not a test.
type source struct {
	path, folder string // relative to the module, with slashes
	file         *ast.File
	fset         *token.FileSet
}

func TestImports(t *testing.T) {
	for _, s := range sources(t) {
		for _, spec := range s.file.Imports {
			p := strings.Trim(spec.Path.Value, `"`)
			if rest, house := strings.CutPrefix(p, module+"/"); house {
				if !allowed(s.folder, rest) {
					t.Errorf("%s: %s may not import %s", s.path, orMain(s.folder), rest)
				}
				continue
			}
			for library, folders := range owners {
				if within(p, library) && !slices.ContainsFunc(folders, func(f string) bool { return within(s.folder, f) }) {
					t.Errorf("%s: only %s may import %s", s.path, strings.Join(folders, ", "), library)
				}
			}
		}
	}
}

func allowed(folder, imported string) bool {
	best := -1
	for i, r := range imports {
		if (r.folder == folder || r.folder != "" && within(folder, r.folder)) && (best < 0 || len(r.folder) > len(imports[best].folder)) {
			best = i
		}
	}
	if best < 0 {
		return false
	}
	// A part that keeps packages to itself needs no rule for them.
	if own, _, internal := strings.Cut(imported, "/internal/"); internal && within(folder, own) && within(own, imports[best].folder) {
		return true
	}
	return slices.ContainsFunc(imports[best].may, func(m string) bool {
		base, tree := strings.CutSuffix(m, "/...")
		return imported == base || tree && within(imported, base)
	})
}

// TestAllowed proves that the rules can say no.
func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		folder, imported string
		want             bool
	}{
		{"", "cmd", true}, {"", "flow", false},
		{"cmd/runcmd", "flow/engine", true}, {"cmd/runcmd", "connector/sqlite", false},
		{"flow/engine", "cmd/internal/ui", false}, {"flow", "flow/plan", false},
		{"connector/format/csv", "connector/file", false}, {"connector/all", "connector/sqlite", true},
		{"connector/format/x", "connector/format/x/internal/y", true}, {"connector/format/x/internal/y", "connector/format/x/internal/z", true},
		{"cmd/internal/ui", "cmd/internal/cli", false}, {"connector/format/x", "connector/format/z", false},
		{"connector/record", "connector", false}, {"nowhere", "connector", false},
	} {
		if got := allowed(c.folder, c.imported); got != c.want {
			t.Errorf("%q imports %q: allowed %v, want %v", c.folder, c.imported, got, c.want)
		}
	}
}

func TestHouseStyle(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range sources(t) {
		if n := s.fset.File(s.file.Pos()).LineCount(); n > maxFileLines {
			t.Errorf("%s: %d lines, at most %d", s.path, n, maxFileLines)
		}
		documented[s.folder] = documented[s.folder] || s.file.Doc != nil
		for _, d := range s.file.Decls {
			checkDeclaration(t, s, d)
		}
	}
	for folder, yes := range documented {
		if !yes {
			t.Errorf("%s: no package comment", orMain(folder))
		}
	}
}

func checkDeclaration(t *testing.T, s source, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.Name == "init" && d.Recv == nil {
			t.Errorf("%s: init()", s.path)
		}
		if n := s.fset.Position(d.End()).Line - s.fset.Position(d.Pos()).Line + 1; n > maxFunctionLines {
			t.Errorf("%s: func %s has %d lines, at most %d", s.path, d.Name.Name, n, maxFunctionLines)
		}
	case *ast.GenDecl:
		for _, sp := range d.Specs {
			ts, ok := sp.(*ast.TypeSpec)
			if !ok {
				continue
			}
			if it, ok := ts.Type.(*ast.InterfaceType); ok && it.Methods.NumFields() > maxMethods+1 { // and Close
				t.Errorf("%s: interface %s has %d methods, at most %d", s.path, ts.Name.Name, it.Methods.NumFields(), maxMethods)
			}
		}
	}
}

// TestFoldersExplainThemselves wants a README.md where packages lie below. The packages that
// a part keeps to itself may be explained in that part's README.md.
func TestFoldersExplainThemselves(t *testing.T) {
	parents := map[string]bool{}
	for _, s := range sources(t) {
		for f := path.Dir(s.folder); f != "."; f = path.Dir(f) {
			if path.Base(f) != "internal" || f == "cmd/internal" {
				parents[f] = true
			}
		}
	}
	for f := range parents {
		if _, err := os.Stat(filepath.Join("..", filepath.FromSlash(f), "README.md")); err != nil {
			t.Errorf("%s has packages below and no README.md", f)
		}
	}
}

func sources(t *testing.T) []source {
	t.Helper()
	var list []source
	root := os.DirFS("..")
	err := fs.WalkDir(root, ".", func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if p != "." && (strings.HasPrefix(e.Name(), ".") || e.Name() == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		text, err := fs.ReadFile(root, p)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, p, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder := path.Dir(p)
		if folder == "." {
			folder = ""
		}
		list = append(list, source{p, folder, f, fset})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// within reports whether p is folder or below it.
func within(p, folder string) bool { return p == folder || strings.HasPrefix(p, folder+"/") }

func orMain(folder string) string {
	if folder == "" {
		return "main"
	}
	return folder
}
