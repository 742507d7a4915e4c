package tree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// memory is folders by name, as a hostile or an honest machine lists them.
type memory map[string][]Entry

func (m memory) ReadDir(_ context.Context, dir string) ([]Entry, error) {
	entries, ok := m[dir]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return entries, nil
}

func (m memory) Stat(_ context.Context, name string) (Entry, error) {
	if _, ok := m[name]; ok {
		return Entry{Name: path.Base(name), Kind: Folder}, nil
	}
	for _, e := range m[path.Dir(name)] {
		if e.Name == path.Base(name) {
			e.Kind = File
			return e, nil
		}
	}
	return Entry{}, fs.ErrNotExist
}

func files(names ...string) []Entry {
	list := make([]Entry, len(names))
	for i, n := range names {
		list[i] = Entry{Name: n, Size: 1, Modified: time.Unix(1, 0)}
		if base, ok := strings.CutSuffix(n, "/"); ok {
			list[i] = Entry{Name: base, Kind: Folder}
		}
	}
	return list
}

func label(name string) string { return "c:" + name }

func list(t *testing.T, m Lister, pattern string) (string, error) {
	t.Helper()
	objects, err := List(t.Context(), m, label, pattern)
	var names []string
	for _, o := range objects {
		names = append(names, o.Name)
	}
	return strings.Join(names, " "), err
}

func TestList(t *testing.T) {
	m := memory{
		".":          files("b.csv", "a.csv", "in/", ".git/", ".hidden.csv", "a[.csv"),
		"in":         files("2024/", "x.csv"),
		"in/2024":    append(files("y.csv", "deep/"), Entry{Name: "link", Kind: Link}, Entry{Name: "up", Kind: Link}),
		"in/2024/up": nil,
		"in/2024/deep": append(files("z.csv"),
			Entry{Name: "pipe", Kind: Other}),
		".git": files("g.csv"),
	}
	for pattern, want := range map[string]string{
		"*.csv":           "a.csv a[.csv b.csv",
		"**/*.csv":        "a.csv a[.csv b.csv in/2024/deep/z.csv in/2024/y.csv in/x.csv",
		"in/*/y.csv":      "in/2024/y.csv",
		"in/**":           "in/2024/deep/pipe in/2024/deep/z.csv in/2024/link in/2024/y.csv in/x.csv",
		"in/2024/l*":      "in/2024/link",
		"{in/x,b}.csv":    "b.csv in/x.csv",
		".git/*":          ".git/g.csv",
		"*/g.csv":         "",
		`a\[.csv`:         "a[.csv",
		"/in/x.csv":       "in/x.csv",
		"nowhere/*/x.csv": "",
	} {
		if got, err := list(t, m, pattern); got != want || err != nil {
			t.Errorf("%s: %q, %v, want %q", pattern, got, err, want)
		}
	}
	for name, want := range map[string]string{
		"in":        "is a folder, not a file: write c:in/* for the files in it",
		"im/x.csv":  "folder im: no such file or folder; did you mean in?",
		"in/xx.csv": "no such file or folder; did you mean in/x.csv?",
		"../x":      "leads out",
		"a{.csv":    "",
	} {
		if _, err := list(t, m, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

func TestHostile(t *testing.T) {
	for _, name := range []string{"", ".", "..", "a/b", "../x", "/etc/passwd", "a\nb", "\x1b[2J", "a\x7f", "b\xff", "c\u0090"} {
		_, err := list(t, memory{".": files("good")[:1:1], "in": nil}, "*")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := list(t, memory{".": []Entry{{Name: name}}}, "*"); err == nil || strings.ContainsFunc(err.Error(), unicode.IsControl) || !utf8.ValidString(err.Error()) {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
	// What the pattern does not ask for is nobody's business.
	if _, err := list(t, memory{".": files("odd\nname", "a.csv")}, "*.csv"); err != nil {
		t.Error(err)
	}
	if _, err := list(t, endless{}, "**"); err == nil || !strings.Contains(err.Error(), "below one another") {
		t.Errorf("folders without end: %v", err)
	}
	if _, err := list(t, endless{wide: 10_000}, "**"); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("names without end: %v", err)
	}
}

// endless has in every folder another, and wide files.
type endless struct{ wide int }

func (e endless) ReadDir(context.Context, string) ([]Entry, error) {
	list := []Entry{{Name: "d", Kind: Folder}}
	for i := range e.wide {
		list = append(list, Entry{Name: fmt.Sprint(i)})
	}
	return list, nil
}

func (e endless) Stat(context.Context, string) (Entry, error) { return Entry{Kind: Folder}, nil }

func TestStaged(t *testing.T) {
	for final, want := range map[string]string{
		"a.csv":    ".a.csv.run-1.s.part",
		"in/a.csv": "in/.a.csv.run-1.s.part",
	} {
		if got := Staged(final, "run/1.s"); got != want {
			t.Errorf("%s: %s, want %s", final, got, want)
		}
	}
	if n := len(Staged(strings.Repeat("ü", 200), "tag")); n > maxName {
		t.Errorf("%d bytes", n)
	}
}

func TestSweep(t *testing.T) {
	m := memory{
		".":   files(".a.run1.x.part", ".a.run10.x.part", "a.run1.x.part", "sub/", "odd\n", ".b.run1.y.old"),
		"sub": files(".b.run1.y.part"),
	}
	var gone []string
	remove := func(_ context.Context, name string) error { gone = append(gone, name); return nil }
	if err := errors.Join(Sweep(t.Context(), m, ".", "run1.", remove), Sweep(t.Context(), m, "none", "run1.", remove)); err != nil {
		t.Error(err)
	}
	if want := []string{".a.run1.x.part", "sub/.b.run1.y.part"}; !slices.Equal(gone, want) {
		t.Errorf("removed %q, want %q", gone, want)
	}
}

func TestListAnywhere(t *testing.T) {
	m := memory{
		".":    files("a.csv"),
		"/":    files("b.csv", "in/"),
		"/in":  files("c.csv"),
		"/in/": nil,
	}
	for pattern, want := range map[string]string{"*.csv": "a.csv", "/*.csv": "/b.csv", "/in/*": "/in/c.csv", "/**": "/b.csv /in/c.csv", "/in/c.csv": "/in/c.csv"} {
		objects, err := ListAnywhere(t.Context(), m, func(s string) string { return s }, pattern, false)
		var names []string
		for _, o := range objects {
			names = append(names, o.Name)
		}
		if got := strings.Join(names, " "); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", pattern, got, err, want)
		}
	}
}

func TestClean(t *testing.T) {
	for _, tt := range []struct {
		name   string
		rooted bool
		want   string
	}{{"/a/b", true, "a/b"}, {"/a/b", false, "/a/b"}, {"a//b", false, "a/b"}, {"/../a", false, ""}, {"../a", false, ""}} {
		if got, err := Clean(tt.name, tt.rooted); got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%v: %q, %v", tt, got, err)
		}
	}
}
