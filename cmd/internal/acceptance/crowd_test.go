//go:build unix

package acceptance

import (
	"fmt"
	"strings"
	"testing"
)

// TestManyAtOnce runs flows side by side while people are added: none fails, and the
// audit log has the start and the end of every run.
func TestManyAtOnce(t *testing.T) {
	h := newHousehold(t)
	const runs, people = 20, 5
	for i := range runs {
		name := fmt.Sprintf("crowd-%d", i)
		h.write("flows/"+name+".yaml", "version: 1\nflow: "+name+"\nsource: {files: in.csv}\nsink: {file: "+name+".csv}\n")
	}
	var all []*process
	for i := range runs {
		s := h.start(keyed("editor", "run", fmt.Sprintf("crowd-%d", i))...)
		s.stdin.Close()
		all = append(all, s)
		if i%(runs/people) == 0 {
			s := h.start(keyed("owner", "user", "invite", fmt.Sprintf("p%d@example.com", i), "--role", "viewer")...)
			s.stdin.Close()
			all = append(all, s)
		}
	}
	for _, s := range all {
		s.wait().exits(0)
	}
	h.run("audit", "verify").exits(0)
	log := h.as("owner", "audit", "export").exits(0).stdout
	for event, want := range map[string]int{`"event":"run.start"`: runs, `"event":"run.end"`: runs, `"event":"user.invite"`: 4 + people} {
		if got := strings.Count(log, event); got != want {
			t.Errorf("%d times %s, want %d", got, event, want)
		}
	}
}

// TestKilledRunIsListed: a run that nothing could end is one without an end.
func TestKilledRunIsListed(t *testing.T) {
	h := newHousehold(t)
	h.write("flows/stream.yaml", "version: 1\nflow: stream\nsource: {files: '-', decode: [csv]}\nsink: {file: stream.csv}\n")
	s := h.start(keyed("editor", "run", "stream")...)
	h.until("the run has begun", func() bool {
		return strings.Contains(h.as("owner", "audit", "list", "--flow", "stream", "--code", "run.start").exits(0).stdout, "stream")
	})
	if err := s.c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	s.wait()
	h.run("audit", "verify").exits(0).says("has no end")
	h.run("--json", "audit", "verify").exits(0).says(`"unended":[{"run":"`)
}
