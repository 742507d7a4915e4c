package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
)

func TestCursorMovesOnlyWhenCommitted(t *testing.T) {
	s := Open(filepath.Join(t.TempDir(), "state"))
	plan := &connector.SplitPlan{Cursor: json.RawMessage(`"2024-01-02"`)}
	r := &Record{Run: "r1", Flow: "orders", Phase: Begun, Plan: plan}
	put(t, s, r)
	if c := cursor(t, s); c != "" {
		t.Fatalf("cursor of a run that has only begun: %s", c)
	}
	r.Phase = Ended
	put(t, s, r)
	if c := cursor(t, s); c != "" {
		t.Fatalf("cursor of a run that failed: %s", c)
	}
	r.Committed = true
	put(t, s, r)
	if c := cursor(t, s); c != `"2024-01-02"` {
		t.Fatalf("cursor after a commit: %s", c)
	}
	put(t, s, &Record{Run: "r2", Flow: "orders", Phase: Begun, Plan: &connector.SplitPlan{}})
	if c := cursor(t, s); c != `"2024-01-02"` {
		t.Fatalf("cursor after the next run began: %s", c)
	}
}

func TestPending(t *testing.T) {
	s := Open(filepath.Join(t.TempDir(), "state"))
	if r, err := s.Pending("orders"); err != nil || r != nil {
		t.Fatalf("pending in an empty store: %v, %v", r, err)
	}
	r := &Record{Run: "r1", Flow: "orders", Phase: Sealed, Receipts: []connector.Receipt{{Split: "a", Rows: 3}}}
	put(t, s, r)
	got, err := s.Pending("orders")
	if err != nil || got == nil || got.Run != "r1" || got.Phase != Sealed || got.Receipts[0].Rows != 3 {
		t.Fatalf("pending: %+v, %v", got, err)
	}
	if other, err := s.Pending("customers"); err != nil || other != nil {
		t.Fatalf("pending of another flow: %v, %v", other, err)
	}
	r.Phase = Ended
	put(t, s, r)
	if got, err := s.Pending("orders"); err != nil || got != nil {
		t.Fatalf("pending after the end: %v, %v", got, err)
	}
}

func TestDamagedRecord(t *testing.T) {
	s := Open(filepath.Join(t.TempDir(), "state"))
	put(t, s, &Record{Run: "r1", Flow: "orders", Phase: Begun})
	if err := os.WriteFile(s.flowFile("orders"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Cursor("orders"); err == nil || !strings.Contains(err.Error(), "orders.json") {
		t.Fatalf("a damaged file: %v", err)
	}
}

func TestStoreIsPrivateAndIgnored(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	put(t, Open(dir), &Record{Run: "r1", Flow: "orders", Phase: Begun})
	for name, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "runs", "r1.json"): 0o600} {
		st, err := os.Stat(name)
		if err != nil || st.Mode().Perm() != want {
			t.Errorf("mode of %s: %v, %v", name, st.Mode(), err)
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, ".gitignore")); err != nil || string(b) != "*\n" {
		t.Errorf(".gitignore: %q, %v", b, err)
	}
}

// TestLock holds the lock in another process, as two cron jobs would.
func TestLock(t *testing.T) {
	if os.Getenv("HOLD_LOCK") != "" {
		if _, err := Open(os.Getenv("HOLD_LOCK")).Lock("orders"); err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString("locked\n")
		os.Stdin.Read(make([]byte, 1))
		return
	}
	dir := filepath.Join(t.TempDir(), "state")
	holder := exec.Command(os.Args[0], "-test.run=^TestLock$")
	holder.Env = append(os.Environ(), "HOLD_LOCK="+dir)
	in, _ := holder.StdinPipe()
	out, _ := holder.StdoutPipe()
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 7)
	if _, err := out.Read(buf); err != nil || string(buf) != "locked\n" {
		t.Fatalf("the holder said %q, %v", buf, err)
	}
	s := Open(dir)
	if _, err := s.Lock("orders"); !errors.Is(err, ErrBusy) {
		t.Fatalf("lock of a running flow: %v", err)
	}
	unlock, err := s.Lock("customers")
	if err != nil {
		t.Fatalf("lock of another flow: %v", err)
	}
	unlock()
	holder.Process.Kill() // the lock dies with its process
	in.Close()
	holder.Wait()
	unlock, err = s.Lock("orders")
	if err != nil {
		t.Fatalf("lock after the holder died: %v", err)
	}
	unlock()
}

func put(t *testing.T, s *Folder, r *Record) {
	t.Helper()
	if err := s.Put(r); err != nil {
		t.Fatal(err)
	}
}

func cursor(t *testing.T, s *Folder) string {
	t.Helper()
	c, err := s.Cursor("orders")
	if err != nil {
		t.Fatal(err)
	}
	return string(c)
}

// TestStreamsAreKeptApart: whatever streams are called, each has files of its own, below the
// folder of its flow.
func TestStreamsAreKeptApart(t *testing.T) {
	dir := t.TempDir()
	s := Open(dir)
	names := []string{"copy", "copy/public.orders", "copy/public.Orders", "copy/../../x", "copy/.", "copy/a/b", "copy/a%2fb", "copy/" + strings.Repeat("x", 300), "copy/" + strings.Repeat("x", 299) + "y", "copy/ü", "copy/a:b\x00"}
	for i, name := range names {
		unlock, err := s.Lock(name)
		if err != nil {
			t.Fatal(name, err)
		}
		defer unlock()
		if err := s.SetCursor(name, json.RawMessage(fmt.Sprint(i))); err != nil {
			t.Fatal(name, err)
		}
	}
	for i, name := range names {
		if cursor, err := s.Cursor(name); err != nil || string(cursor) != fmt.Sprint(i) {
			t.Errorf("%s: %s, %v", name, cursor, err)
		}
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "flows", "copy", "*")); len(found) != len(names)-1 {
		t.Errorf("%q", found)
	}
	if err := s.SetCursor("copy", nil); err != nil {
		t.Fatal(err)
	}
	if cursor, err := s.Cursor("copy"); cursor != nil || err != nil {
		t.Errorf("a cursor that was forgotten: %s, %v", cursor, err)
	}
}
