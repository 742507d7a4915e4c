package glob

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	names := []string{"a.csv", "b.csv", ".hidden.csv", "sub/d.csv", "sub/deep/e.csv", ".git/x.csv", "x[1].csv"}
	for pattern, want := range map[string]string{
		"*.csv":       "a.csv b.csv x[1].csv",
		"**/*.csv":    "a.csv b.csv sub/d.csv sub/deep/e.csv x[1].csv",
		"sub/**":      "sub/d.csv sub/deep/e.csv",
		"{a,b}.csv":   "a.csv b.csv",
		".h*":         ".hidden.csv",
		".*/*.csv":    ".git/x.csv",
		`x\[1\].*`:    "x[1].csv",
		"?.csv":       "a.csv b.csv",
		"**/.h*":      ".hidden.csv",
		"sub/*/*.csv": "sub/deep/e.csv",
	} {
		var got []string
		for _, n := range names {
			if Match(pattern, n) {
				got = append(got, n)
			}
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: %q, want %q", pattern, s, want)
		}
	}
	if Valid("a[") == nil || Valid("a[b]") != nil {
		t.Error("Valid")
	}
}

func TestFolder(t *testing.T) {
	for pattern, want := range map[string]string{"*.csv": "", "in/*.csv": "in", "in/a/b.csv": "in/a", "in/*/b.csv": "in", `a\*b/c*`: "a*b", "x{a/b,c}": ""} {
		if got := Folder(pattern); got != want {
			t.Errorf("Folder(%s) = %q, want %q", pattern, got, want)
		}
	}
	for pattern, want := range map[string]bool{"*.csv": false, "in/*.csv": false, "in/*/b": true, "**": true, "in/**": true, "in/{a/b,c}": true} {
		if Deep(pattern) != want {
			t.Errorf("Deep(%s) = %v", pattern, !want)
		}
	}
}

func TestClean(t *testing.T) {
	for name, want := range map[string]string{"/a/b": "a/b", "a//b/": "a/b", "a/../b": "b", "": "", "..": "", "/../x": "", "a/../../x": "", ".": "", "a\x00b": ""} {
		got, err := Clean(name)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("Clean(%q) = %q, %v", name, got, err)
		}
	}
}

func TestNotExist(t *testing.T) {
	err := NotExist("in/orders-2023.csv", []string{".orders-2023.csv", "orders-2024.csv"})
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "in/orders-2024.csv") {
		t.Error(err)
	}
}
