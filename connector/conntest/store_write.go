package conntest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/headgate/headgate/connector"
)

func (s *storeTest) invisible(t *testing.T) {
	staged := s.stage(t, "out/new.csv", "new")
	if got := s.listed(t, "**/*"); len(got) != 0 {
		t.Errorf("visible before it is published: %q", got)
	}
	if err := s.Publish(t.Context(), staged, "out/new.csv"); err != nil {
		t.Fatal(err)
	}
	if got := s.listed(t, "**/*"); !slices.Equal(got, []string{"out/new.csv"}) {
		t.Errorf("published: %q", got)
	}
	if got := s.get(t, "out/new.csv"); got != "new" {
		t.Errorf("published %q", got)
	}
}

func (s *storeTest) replace(t *testing.T) {
	s.put(t, "a", "old")
	staged := s.stage(t, "a", "new")
	if got := s.get(t, "a"); got != "old" {
		t.Errorf("before: %q", got)
	}
	if err := s.Publish(t.Context(), staged, "a"); err != nil {
		t.Fatal(err)
	}
	if got := s.get(t, "a"); got != "new" {
		t.Errorf("after: %q", got)
	}
}

func (s *storeTest) publishTwice(t *testing.T) {
	staged := s.stage(t, "a", "new")
	for range 2 {
		if err := s.Publish(t.Context(), staged, "a"); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Publish(t.Context(), "never-staged", "b"); !errors.Is(err, connector.ErrNothingStaged) {
		t.Errorf("publish of nothing: %v", err)
	}
	if got := s.get(t, "a"); got != "new" {
		t.Errorf("got %q", got)
	}
}

func (s *storeTest) discard(t *testing.T) {
	s.put(t, "a", "old")
	u, err := s.Create(t.Context(), "a", "t")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.Write(bytes.Repeat([]byte("x"), 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(u.Close(), u.Close()); err != nil {
		t.Fatalf("close, twice: %v", err)
	}
	if err := s.Remove(t.Context(), s.stage(t, "a", "sealed")); err != nil {
		t.Fatal(err)
	}
	if all := s.h.All(t, s.dir); !slices.Equal(all, []string{"a"}) || s.get(t, "a") != "old" {
		t.Errorf("left: %q", all)
	}
}

func (s *storeTest) cancel(t *testing.T) {
	u, err := s.Create(t.Context(), "a", "t")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.Seal(cancelled(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("seal: %v", err)
	}
	if err := u.Close(); err != nil {
		t.Error(err)
	}
	s.put(t, "b", "")
	if _, err := s.List(cancelled(t), "*"); !errors.Is(err, context.Canceled) {
		t.Errorf("list: %v", err)
	}
	if all := s.h.All(t, s.dir); !slices.Equal(all, []string{"b"}) {
		t.Errorf("left: %q", all)
	}
}

func (s *storeTest) removeRename(t *testing.T) {
	s.put(t, "a", "content")
	if err := s.Rename(t.Context(), "a", "done/deep/a"); err != nil {
		t.Fatal(err)
	}
	if got := s.get(t, "done/deep/a"); got != "content" {
		t.Errorf("moved: %q", got)
	}
	for range 2 {
		if err := s.Remove(t.Context(), "done/deep/a"); err != nil {
			t.Errorf("remove: %v", err)
		}
	}
	if got := s.listed(t, "**"); len(got) != 0 {
		t.Errorf("left: %q", got)
	}
}

// crash kills a process between seal and publish, with a second upload not sealed.
func (s *storeTest) crash(t *testing.T) {
	s.put(t, "a", "old")
	Crash(t, s.dir, func(dir string) {
		child := &storeTest{h: s.h, dir: dir, Store: s.h.Open(t, dir)}
		u, err := child.Create(t.Context(), "b", "run.split")
		if err == nil {
			_, err = u.Write([]byte("half"))
		}
		if err != nil {
			t.Fatal(err)
		}
		note(t, dir, child.stage(t, "a", "new"))
	})
	var staged string
	recall(t, s.dir, &staged)
	if got := s.listed(t, "**"); !slices.Equal(got, []string{"a"}) || s.get(t, "a") != "old" {
		t.Fatalf("after the crash: %q", got)
	}
	for range 2 {
		if err := s.Publish(t.Context(), staged, "a"); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.get(t, "a"); got != "new" {
		t.Errorf("finished: %q", got)
	}
	s.put(t, "b", "whole") // with the tag's leftover in the way
	if got := s.get(t, "b"); got != "whole" {
		t.Errorf("again: %q", got)
	}
}
