//go:build unix

// Package acceptance runs the headgate program as its users do: with files, flags and
// signals, and looks at exit codes, messages and results with other libraries than its own.
package acceptance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// program is the path of the headgate that TestMain built.
var program string

func TestMain(m *testing.M) { os.Exit(build(m)) }

func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "headgate-acceptance-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "headgate")
	c := exec.Command("go", "build", "-o", program, "github.com/headgate/headgate")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build headgate: %v\n%s", err, out)
		return 1
	}
	// Also another user must be able to start it.
	if err := os.Chmod(dir, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// project is a project folder in a temporary place.
type project struct {
	t   *testing.T
	dir string
	as  *account // who runs headgate; nil = we
}

// newProject lays out files, given as path and content in turn.
func newProject(t *testing.T, files ...string) *project {
	t.Helper()
	p := &project{t: t, dir: t.TempDir()}
	for i := 0; i < len(files); i += 2 {
		p.write(files[i], files[i+1])
	}
	return p
}

func (p *project) path(name string) string { return filepath.Join(p.dir, filepath.FromSlash(name)) }

func (p *project) write(name, text string) {
	p.t.Helper()
	if err := os.MkdirAll(filepath.Dir(p.path(name)), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(p.path(name), []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *project) read(name string) string {
	p.t.Helper()
	text, err := os.ReadFile(p.path(name))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

// outcome is a process that has ended.
type outcome struct {
	t              *testing.T
	exit           int // -1 = ended by a signal
	stdout, stderr string
}

// process is a headgate under way.
type process struct {
	t              *testing.T
	c              *exec.Cmd
	stdin          io.WriteCloser
	stdout, stderr output
	done           chan error
}

// output is what a process wrote so far. Read it from any goroutine.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// command prepares headgate in the project. Its standard input is a pipe.
func (p *project) command(args ...string) *process {
	p.t.Helper()
	c := exec.Command(program, args...)
	c.Dir = p.dir
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.dir, "TMPDIR=" + os.TempDir(), "LANG=C.UTF-8"}
	p.as.apply(c)
	s := &process{t: p.t, c: c, done: make(chan error, 1)}
	c.Stdout, c.Stderr = &s.stdout, &s.stderr
	var err error
	if s.stdin, err = c.StdinPipe(); err != nil {
		p.t.Fatal(err)
	}
	return s
}

// begin starts what command prepared.
func (s *process) begin() {
	s.t.Helper()
	if err := s.c.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() { s.done <- s.c.Wait() }()
	s.t.Cleanup(func() { s.c.Process.Kill() })
}

// start starts headgate in the project.
func (p *project) start(args ...string) *process {
	p.t.Helper()
	s := p.command(args...)
	s.begin()
	return s
}

// patience is how long a process may take before the test calls it stuck.
const patience = 2 * time.Minute

// wait returns how the process ended.
func (s *process) wait() outcome {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	select {
	case err := <-s.done:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			s.t.Fatalf("%v: %v", s.c.Args, err)
		}
	case <-ctx.Done():
		s.c.Process.Kill()
		<-s.done
		s.t.Fatalf("%v does not end\nstdout: %s\nstderr: %s", s.c.Args, s.stdout.String(), s.stderr.String())
	}
	return outcome{s.t, s.c.ProcessState.ExitCode(), s.stdout.String(), s.stderr.String()}
}

// run runs headgate with nothing on standard input.
func (p *project) run(args ...string) outcome {
	p.t.Helper()
	s := p.start(args...)
	s.stdin.Close()
	return s.wait()
}

// exits fails the test when the process ended in another way.
func (o outcome) exits(want int) outcome {
	o.t.Helper()
	if o.exit != want {
		o.t.Fatalf("exit %d, want %d\nstdout: %s\nstderr: %s", o.exit, want, clip(o.stdout), clip(o.stderr))
	}
	if strings.Contains(o.stderr, "goroutine ") {
		o.t.Fatalf("a panic reaches the user: %s", clip(o.stderr))
	}
	return o
}

// says fails the test when a text is in neither stream.
func (o outcome) says(texts ...string) outcome {
	o.t.Helper()
	for _, text := range texts {
		if !strings.Contains(o.stderr+o.stdout, text) {
			o.t.Errorf("the output does not say %q\nstdout: %s\nstderr: %s", text, clip(o.stdout), clip(o.stderr))
		}
	}
	return o
}

func clip(s string) string {
	if len(s) > 4000 {
		return s[:4000] + "..."
	}
	return s
}

// finished is the last event of a run.
type finished struct {
	Event        string `json:"event"`
	Run          string `json:"run"`
	Flow         string `json:"flow"`
	Status       string `json:"status"`
	RowsRead     int64  `json:"rows_read"`
	RowsWritten  int64  `json:"rows_written"`
	RowsFiltered int64  `json:"rows_filtered"`
	RowsDeduped  int64  `json:"rows_deduped"`
	RowsRejected int64  `json:"rows_rejected"`
	BytesRead    int64  `json:"bytes_read"`
	PeakRSS      int64  `json:"peak_rss_bytes"`
	Exit         int    `json:"exit"`
}

// finished reads the events of a run with --json: exactly one run.finished, at the end,
// with the exit code of the process and a balance.
func (o outcome) finished() finished {
	o.t.Helper()
	var last finished
	seen := 0
	for line := range strings.Lines(o.stdout) {
		last = finished{}
		if err := json.Unmarshal([]byte(line), &last); err != nil {
			o.t.Fatalf("not an event: %s: %v", line, err)
		}
		if last.Event == "run.finished" {
			seen++
		}
	}
	if seen != 1 || last.Event != "run.finished" {
		o.t.Fatalf("%d run.finished events, want one at the end\nstdout: %s\nstderr: %s", seen, clip(o.stdout), clip(o.stderr))
	}
	if last.Exit != o.exit {
		o.t.Errorf("the event says exit %d, the process %d", last.Exit, o.exit)
	}
	if got := last.RowsWritten + last.RowsFiltered + last.RowsDeduped + last.RowsRejected; got != last.RowsRead {
		o.t.Errorf("%d rows read, %d accounted for: %+v", last.RowsRead, got, last)
	}
	return last
}

// until waits for a condition.
func (p *project) until(what string, is func() bool) {
	p.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for !is() {
		select {
		case <-tick.C:
		case <-end:
			p.t.Fatalf("waited in vain: %s", what)
		}
	}
}
