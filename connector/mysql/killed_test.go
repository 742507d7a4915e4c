package mysql_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/headgate/headgate/connector"
)

// killedMode, killedDB and killedNote tell a child of TestKilled what to do: a run in this mode into this
// database, noting its session in this file as the engine would store it.
const (
	killedMode = "HEADGATE_TEST_KILLED_MODE"
	killedDB   = "HEADGATE_TEST_KILLED_DB"
	killedNote = "HEADGATE_TEST_KILLED_NOTE"
)

// TestKilled kills a process at each of its steps, while it goes on with the next one. The next process finishes or
// undoes what it left.
func TestKilled(t *testing.T) {
	d := start(t)
	if mode := os.Getenv(killedMode); mode != "" {
		killedChild(t, d, mode)
		return
	}
	for mode, want := range brokenModes {
		t.Run(mode, func(t *testing.T) {
			b := d.base(t)
			committed := 0
			for _, step := range []int{1, 2, 3, 6, 10, 12, 13, 14} {
				b.SQL(t, b.name, prepared(mode))
				id := "run-" + strconv.Itoa(step)
				ses := killAt(t, b.name, mode, id, step)
				if b.recovered(t, request(mode), ses, nil, id) {
					committed++
				} else {
					b.want(t, describe, "1000|0|1000")
					if _, _, err := attempt(t.Context(), t, b.sink(t, b.name, request(mode)), newRows(t), id+"-again"); err != nil {
						t.Fatal(err)
					}
				}
				b.want(t, describe, want)
			}
			if committed == 0 {
				t.Error("no run had committed: the last step is after the commit")
			}
		})
	}
}

// killAt runs a child and kills it after so many steps. It returns what the child noted.
func killAt(t *testing.T, database, mode, id string, step int) *connector.Session {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	note := filepath.Join(t.TempDir(), "note")
	child := exec.CommandContext(t.Context(), self, "-test.run=^TestKilled$", "-test.count=1")
	child.Env = append(os.Environ(), killedMode+"="+mode, killedDB+"="+database, killedNote+"="+note, "HEADGATE_TEST_KILLED_RUN="+id)
	out, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	seen := 0
	for seen < step && lines.Scan() {
		if lines.Text() == "step" {
			seen++
		} else {
			t.Log(lines.Text())
		}
	}
	child.Process.Kill()
	child.Wait()
	if seen < step {
		t.Fatalf("the child ended after %d steps", seen)
	}
	data, err := os.ReadFile(note)
	if err != nil {
		return nil // killed before it had a session to note
	}
	ses := new(connector.Session)
	if err := json.Unmarshal(data, ses); err != nil {
		t.Fatal(err)
	}
	return ses
}

// killedChild says "step" after each thing it did.
func killedChild(t *testing.T, d *db, mode string) {
	ctx := t.Context()
	did := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("step")
	}
	id := os.Getenv("HEADGATE_TEST_KILLED_RUN")
	s := d.sink(t, os.Getenv(killedDB), request(mode))
	rows := newRows(t)
	ses, err := s.Prepare(ctx, rows.Schema, connector.Run{ID: id, Flow: "flow"}, false)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(ses)
	if err == nil {
		err = os.WriteFile(os.Getenv(killedNote)+".tmp", data, 0o600)
	}
	if err == nil {
		err = os.Rename(os.Getenv(killedNote)+".tmp", os.Getenv(killedNote))
	}
	did(err)
	w, err := s.Open(ctx, ses, connector.Split{})
	did(err)
	for from := 0; from < len(rows.Cells); from += 200 {
		var m connector.Morsel
		rows.Fill(t, &m, from, from+200)
		if err := w.Encode(&m); err != nil {
			t.Fatal(err)
		}
		did(w.Append(ctx, &m))
	}
	r, err := w.Seal(ctx)
	did(err)
	_, err = s.Commit(ctx, ses, []connector.Receipt{r}, connector.State{Flow: "flow", Run: id, Cursor: json.RawMessage(`"` + id + `"`)})
	did(err)
	select {} // until it is killed
}
