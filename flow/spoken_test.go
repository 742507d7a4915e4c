package flow

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestSpoken(t *testing.T) {
	p := &Project{Dir: t.TempDir()}
	want := func(want ...string) {
		t.Helper()
		if got, err := p.Spoke13(); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
	want()
	for _, e := range [][2]string{{"shop", "a.example"}, {"shop", "b.example"}, {"shop2", "a.example"}, {"shop", "a.example"}} {
		if err := p.Remember13(e[0], e[1]); err != nil {
			t.Fatal(err)
		}
	}
	want("shop a.example", "shop b.example", "shop2 a.example")
	for _, there := range []bool{true, false} {
		if was, err := p.Forget13("shop"); err != nil || was != there {
			t.Errorf("%v, %v", was, err)
		}
	}
	want("shop2 a.example")
	if err := os.WriteFile(filepath.Join(p.Dir, StateDir, spokenFile), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Spoke13(); err == nil {
		t.Error("what is no list was read")
	}
}
