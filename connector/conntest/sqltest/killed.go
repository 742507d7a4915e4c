package sqltest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
)

// killedNote and killedRun tell a child of RunKilled what to do: the run of this name, noting its
// session in this file as the engine would store it.
const (
	killedNote = "HEADGATE_TEST_KILLED_NOTE"
	killedRun  = "HEADGATE_TEST_KILLED_RUN"
)

// RunKilled kills a process at each of its steps, while it goes on with the next one. The next process
// finishes or undoes what it left. Base must find the same server and database in the child.
func (s Server) RunKilled(t *testing.T) {
	for mode, want := range brokenModes {
		t.Run(mode, func(t *testing.T) {
			b := s.Base(t, t.Name())
			if id := os.Getenv(killedRun); id != "" {
				killedChild(t, b, mode, id)
				return
			}
			committed := 0
			for _, step := range []int{1, 2, 3, 6, 10, 12, 13, 14} {
				s.prepare(t, b, mode)
				id := "run-" + strconv.Itoa(step)
				if ses := killAt(t, id, step); b.recovered(t, request(mode), ses, nil, id) {
					committed++
				} else {
					b.again(t, request(mode), id+"-again")
				}
				b.Want(t, describe, want)
			}
			if committed == 0 {
				t.Error("no run had committed: the last step is after the commit")
			}
		})
	}
}

// killAt runs a child and kills it after so many steps. It returns what the child noted.
func killAt(t *testing.T, id string, step int) *connector.Session {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	note := filepath.Join(t.TempDir(), "note")
	pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(t.Name()), "/", "$/^") + "$"
	child := exec.CommandContext(t.Context(), self, "-test.run="+pattern, "-test.count=1")
	child.Env = append(os.Environ(), killedNote+"="+note, killedRun+"="+id)
	out, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for said := bufio.NewScanner(out); seen < step && said.Scan(); {
		if said.Text() == "step" {
			seen++
		} else {
			t.Log(said.Text())
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
func killedChild(t *testing.T, b Base, mode, id string) {
	note, noted := os.Getenv(killedNote), false
	_, _, err := attempt(t.Context(), t, b.Sink(t, request(mode)), newRows(t), id, func(ses *connector.Session) {
		if !noted {
			noted = true
			data, err := json.Marshal(ses)
			if err == nil {
				err = os.WriteFile(note+".tmp", data, 0o600)
			}
			if err == nil {
				err = os.Rename(note+".tmp", note)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		fmt.Println("step")
	})
	if err != nil {
		t.Fatal(err)
	}
	select {} // until it is killed
}
