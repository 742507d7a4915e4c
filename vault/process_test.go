//go:build unix

package vault

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/slot"
	"github.com/headgate/headgate/vault/store"
)

// The tests start themselves as other processes.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "child" {
		if err := child(os.Args[2], os.Args[3], os.Args[4]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child works with the store at path, with the key on its standard input.
func child(what, path, pins string) error {
	text, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil {
		return err
	}
	k, err := slot.ParseKey(text)
	if err != nil {
		return err
	}
	v := At(Options{Path: path, Pins: pins, Cost: slot.Cheapest()})
	begin := time.Now()
	m, err := v.Unlock(background, Credential{Key: &k})
	if err != nil {
		return err
	}
	switch what {
	case "fsck":
		return store.FsckChild(path, os.Stdout)
	case "run":
		if err := oneRun(m); err != nil {
			return err
		}
		fmt.Println(time.Since(begin).Milliseconds())
	case "full":
		if err := noSpace(); err != nil {
			return err
		}
		run, err := m.StartRun(background, RunRequest{Flow: "sales-day", Digest: digestOf("sales-day"), Secrets: []Ref{shop}})
		fmt.Println(ReasonOf(err), run == nil)
	case "forever":
		fmt.Println("ready")
		for i := rand.IntN(4); ; i++ {
			if err := mixedWork(m, i); err != nil {
				return err
			}
		}
	}
	return nil
}

func oneRun(m *Member) error {
	run, err := m.StartRun(background, RunRequest{Flow: "sales-day", Digest: digestOf("sales-day"), Secrets: []Ref{shop}})
	if err != nil {
		return err
	}
	v, err := run.Secret(shop, shopBinding())
	if err == nil && string(v) != "shop-password" {
		err = errWrongData
	}
	return errors.Join(err, run.End(background, RunResult{Status: "succeeded"}))
}

func mixedWork(m *Member, i int) error {
	switch i % 4 {
	case 0, 1:
		return oneRun(m)
	case 2:
		_, err := m.SetSecret(background, shop, shopBinding(), []byte("shop-password"))
		return err
	}
	_, err := m.Invite(background, Invitation{Email: fmt.Sprintf("p%d@example.com", rand.Int64()), Role: rbac.Viewer})
	return err
}

func (h *house) command(what, who string) *exec.Cmd {
	h.t.Helper()
	exe, err := os.Executable()
	ok(h.t, "executable", err)
	c := exec.Command(exe, "child", what, h.opt.Path, h.opt.Pins)
	c.Stdin, c.Stderr = strings.NewReader(h.keys[who]+"\n"), os.Stderr
	return c
}

func (h *house) start(what, who string) (*exec.Cmd, *strings.Builder) {
	h.t.Helper()
	c := h.command(what, who)
	var out strings.Builder
	c.Stdout = &out
	ok(h.t, "start", c.Start())
	return c, &out
}

// live is a house whose clock runs, for use by several processes.
func live(t *testing.T, make func(*testing.T) *house) *house {
	t.Helper()
	h := make(t)
	h.opt.Now = nil
	return h
}

// TestFiftyProcesses: each starts and ends a run; none fails, and no entry is lost.
func TestFiftyProcesses(t *testing.T) {
	h := live(t, small)
	before, err := h.verify()
	ok(t, "verify", err)
	const n = 50
	var children []*exec.Cmd
	var outs []*strings.Builder
	for range n {
		c, out := h.start("run", "operator")
		children, outs = append(children, c), append(outs, out)
	}
	var took []int
	for i, c := range children {
		ok(t, "child", c.Wait())
		ms, err := strconv.Atoi(strings.TrimSpace(outs[i].String()))
		ok(t, "time", err)
		took = append(took, ms)
	}
	after, err := h.verify()
	ok(t, "verify", err)
	if got := after.Entries - before.Entries; got != 2*n || len(after.Unterminated) != 0 {
		t.Errorf("%d entries, want %d; without an end %d", got, 2*n, len(after.Unterminated))
	}
	slices.Sort(took)
	t.Logf("p50 %d ms, p95 %d ms, max %d ms", took[n/2], took[n*95/100], took[n-1])
}

// TestRunsWhilePeopleJoin: 20 runs in parallel while people are invited.
func TestRunsWhilePeopleJoin(t *testing.T) {
	h := live(t, small)
	var children []*exec.Cmd
	for range 20 {
		c, _ := h.start("run", "operator")
		children = append(children, c)
	}
	o := h.login("owner")
	for i := range 5 {
		code, err := o.Invite(background, Invitation{Email: fmt.Sprintf("new%d@example.com", i), Role: rbac.Viewer})
		ok(t, "invite", err)
		_, _, err = h.vault().Accept(background, code, keyFileSlot())
		ok(t, "accept", err)
	}
	for _, c := range children {
		ok(t, "child", c.Wait())
	}
	r, err := h.verify()
	ok(t, "verify", err)
	if r.Members != 7 || len(r.Unterminated) != 0 {
		t.Errorf("%+v", r)
	}
}

// TestKilledProcesses kills a process that changes the store at random moments: the
// store is always whole, and never behind what was seen before.
func TestKilledProcesses(t *testing.T) {
	h := live(t, small)
	var entries, operations uint64
	window := fourWrites(t, h)
	begin, err := h.verify()
	ok(t, "verify", err)
	for range 150 {
		c := h.command("forever", "owner")
		out, err := c.StdoutPipe()
		ok(t, "pipe", err)
		ok(t, "start", c.Start())
		_, err = bufio.NewReader(out).ReadString('\n')
		ok(t, "ready", err)
		time.Sleep(rand.N(window)) // the moment is the point of the test
		ok(t, "kill", c.Process.Kill())
		_ = c.Wait()
		r, err := h.verify()
		ok(t, "verify", err)
		if r.Entries < entries || r.Operations < operations {
			t.Fatalf("%d entries and %d operations, before %d and %d", r.Entries, r.Operations, entries, operations)
		}
		entries, operations = r.Entries, r.Operations
	}
	if _, err := h.run("operator", "sales-day", shop, shopBinding()); err != nil {
		t.Error(err)
	}
	if operations == begin.Operations {
		t.Error("nobody changed anything: the test shows nothing")
	}
	t.Logf("%d entries, %d operations", entries, operations)
}

// fourWrites is how long four pieces of work take here and now: a slow machine is given
// the time to be killed in the middle of one.
func fourWrites(t *testing.T, h *house) time.Duration {
	m := h.login("owner")
	begin := time.Now()
	for i := range 4 {
		ok(t, "work", mixedWork(m, i))
	}
	return time.Since(begin)
}

// TestNoEntryNoSecret: where run.start can't be written no secret is given out.
func TestNoEntryNoSecret(t *testing.T) {
	h := live(t, small)
	before, err := h.verify()
	ok(t, "verify", err)
	c, out := h.start("full", "operator")
	ok(t, "child", c.Wait())
	if out.String() != "audit true\n" {
		t.Errorf("%q", out)
	}
	after, err := h.verify()
	ok(t, "verify", err)
	if after.Entries != before.Entries {
		t.Errorf("%d entries, %d before", after.Entries, before.Entries)
	}
}

func TestFsckInAChild(t *testing.T) {
	h := small(t)
	exe, err := os.Executable()
	ok(t, "executable", err)
	key := filepath.Join(t.TempDir(), "key")
	ok(t, "key", WriteKeyFile(key, h.keys["owner"]))
	sh := []string{"sh", "-c", `exec "$0" child fsck "$1" "$2" < "$3"`, exe, h.opt.Path, h.opt.Pins, key}
	if r, err := h.vault().Fsck(background, sh); err != nil || r.Pages == 0 {
		t.Errorf("%+v, %v", r, err)
	}
}
