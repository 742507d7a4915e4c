//go:build unix

package acceptance

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	bolt "go.etcd.io/bbolt"
)

const (
	plainFlow   = "version: 1\nflow: plain\nsource: {files: in.csv, columns: {id: int, name: string}}\nsink: {file: out.csv}\n"
	waitingFlow = "version: 1\nflow: waiting\nsource: {files: \"-\", decode: csv, columns: {id: int, name: string}}\nsink: {file: waited.csv}\n"
	twoRows     = "id,name\n1,Ada\n2,Ken\n"
)

// founded is a project with a store, whose owner has owner.key.
type founded struct{ *project }

func found(t *testing.T, files ...string) founded {
	p := newProject(t, append([]string{"flows/plain.yaml", plainFlow, "flows/waiting.yaml", waitingFlow, "in.csv", twoRows}, files...)...)
	p.run("init", "--email", "owner@example.com", "--key-out", "owner.key", "--no-keyring").exits(0)
	return founded{p}
}

func (p founded) file() string { return p.path(".local/share/headgate/store.db") }

// owner runs headgate as the owner of the store.
func (p founded) owner(args ...string) outcome {
	p.t.Helper()
	return p.run(append([]string{"--key-file", "owner.key"}, args...)...)
}

// count says how often an event about an object, "" for any, is in the audit log.
func (p founded) count(what, object string) (n int) {
	p.t.Helper()
	for line := range strings.Lines(p.owner("audit", "export", "--format", "jsonl").exits(0).stdout) {
		var e struct{ Event, Object string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			p.t.Fatalf("%s: %v", line, err)
		}
		if e.Event == what && (object == "" || e.Object == object) {
			n++
		}
	}
	return n
}

// begun starts a run that waits for its input, and returns when it is in the audit log.
func (p founded) begun() *process {
	p.t.Helper()
	before := p.count("run.start", "waiting")
	s := p.start("--key-file", "owner.key", "run", "waiting", "--json")
	p.until("the run has begun", func() bool { return p.count("run.start", "waiting") == before+1 })
	return s
}

func TestNoLockIsHeldDuringARun(t *testing.T) {
	p := found(t)
	s := p.begun()
	// Others read and write the store while the run is under way.
	p.owner("--lock-timeout", "20s", "user", "invite", "ann@example.com", "--role", "editor").exits(0)
	p.owner("--lock-timeout", "20s", "run", "plain").exits(0)
	if n := p.count("run.end", "waiting"); n != 0 {
		t.Fatal("it has ended already")
	}
	s.stdin.Write([]byte(twoRows))
	s.stdin.Close()
	if f := s.wait().exits(0).finished(); f.RowsWritten != 2 {
		t.Errorf("%+v", f)
	}
	if n := p.count("run.end", "waiting"); n != 1 {
		t.Errorf("%d ends", n)
	}
	p.run("audit", "verify").exits(0)
}

// A run that is interrupted, or fails, has an end in the log; one that is killed has
// none, and verify says so.
func TestEveryRunHasItsEnd(t *testing.T) {
	p := found(t, "flows/broken.yaml", strings.NewReplacer("plain", "broken", "in.csv", "bad.csv").Replace(plainFlow), "bad.csv", "id,name\nx,Ada\n")
	s := p.begun()
	s.c.Process.Signal(syscall.SIGTERM)
	s.stdin.Close()
	s.wait().exits(143)
	if n := p.count("run.end", "waiting"); n != 1 {
		t.Errorf("interrupted: %d ends", n)
	}
	if o := p.owner("run", "broken"); o.exit == 0 {
		t.Error("it took what is no number")
	}
	if starts, ends := p.count("run.start", "broken"), p.count("run.end", "broken"); starts != 1 || ends != 1 {
		t.Errorf("failed: %d starts, %d ends", starts, ends)
	}
	s = p.begun()
	s.c.Process.Kill()
	s.wait()
	p.run("audit", "verify").says("has no end")
}

func TestManyProcessesAtOnce(t *testing.T) {
	const many = 50
	var files []string
	for i := range many {
		name := fmt.Sprintf("f%d", i)
		files = append(files, "flows/"+name+".yaml", strings.NewReplacer("plain", name, "out.csv", name+".csv").Replace(plainFlow))
	}
	p := found(t, files...)
	started := make([]*process, many)
	for i := range many {
		started[i] = p.start("--key-file", "owner.key", "run", fmt.Sprintf("f%d", i), "--json")
	}
	for i := range 5 { // people are added meanwhile
		p.owner("user", "invite", fmt.Sprintf("person%d@example.com", i), "--role", "editor").exits(0)
	}
	var wg sync.WaitGroup
	results := make([]outcome, many)
	for i, s := range started {
		wg.Go(func() { results[i] = s.wait() })
	}
	wg.Wait()
	for _, o := range results {
		o.exits(0).finished()
	}
	if starts, ends, invited := p.count("run.start", ""), p.count("run.end", ""), p.count("user.invite", ""); starts != many || ends != many || invited != 5 {
		t.Errorf("%d starts, %d ends, %d invitations in the log", starts, ends, invited)
	}
	p.run("audit", "verify").exits(0)
}

func TestStoreThatIsBusy(t *testing.T) {
	p := found(t)
	f, err := os.OpenFile(p.file()+".lock", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	p.owner("--lock-timeout", "100ms", "run", "plain").exits(6).says("locked by another process", "--lock-timeout 5m")
	if _, err := os.Stat(p.path("out.csv")); err == nil {
		t.Error("it ran")
	}
}

// Nothing is done when its entry can't be written, and an end that is missing is told.
func TestAuditLogThatCantBeWritten(t *testing.T) {
	p := found(t)
	p.unprivileged()
	mode := func(m os.FileMode) {
		t.Helper()
		if err := os.Chmod(p.file(), m); err != nil {
			t.Fatal(err)
		}
	}
	mode(0o400)
	if f := p.owner("run", "plain", "--json").exits(14).finished(); f.Status != "failed" {
		t.Errorf("%+v", f)
	}
	if _, err := os.Stat(p.path("out.csv")); err == nil {
		t.Error("it ran")
	}
	mode(0o600)
	s := p.begun()
	mode(0o400)
	s.stdin.Write([]byte(twoRows))
	s.stdin.Close()
	if f := s.wait().exits(14).finished(); f.RowsWritten != 2 || f.Status != "succeeded" {
		t.Errorf("%+v", f)
	}
}

// What opens no store does not care what became of it.
func TestDamagedStore(t *testing.T) {
	p := found(t)
	good, err := os.ReadFile(p.file())
	if err != nil {
		t.Fatal(err)
	}
	p.owner("run", "plain").exits(0)
	for name, content := range map[string][]byte{"put back": good, "cut off": good[:8192], "something else": []byte(strings.Repeat("x", 1<<16)), "empty": nil} {
		t.Run(name, func(t *testing.T) {
			p := founded{&project{t: t, dir: p.dir}}
			if err := os.WriteFile(p.file(), content, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{{"whoami"}, {"run", "plain"}, {"user", "list"}, {"flow", "list"}} {
				p.owner(args...).exits(13).says("vault verify")
			}
			for _, args := range [][]string{{"version"}, {"validate"}, {"schema", "flow"}, {"explain", "steps"}, {"help"}, {"completion", "bash"}, {"man"}, {"doctor"}} {
				p.run(args...).exits(0)
			}
		})
	}
}

func TestStoreOfANewerProgram(t *testing.T) {
	p := found(t)
	db, err := bolt.Open(p.file(), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte("meta")).Put([]byte("format"), binary.BigEndian.AppendUint64(nil, 2))
	})
	if e := db.Close(); err != nil || e != nil {
		t.Fatal(err, e)
	}
	for _, args := range [][]string{{"whoami"}, {"run", "plain"}, {"slot", "test"}} {
		p.owner(args...).exits(15).says("format 2")
	}
}

func TestStoreThatOthersCanReach(t *testing.T) {
	p := found(t)
	for _, c := range []struct {
		path        string
		wrong, good os.FileMode
	}{{p.file(), 0o644, 0o600}, {filepath.Dir(p.file()), 0o755, 0o700}} {
		if err := os.Chmod(c.path, c.wrong); err != nil {
			t.Fatal(err)
		}
		p.owner("run", "plain").exits(12).says("chmod")
		if err := os.Chmod(c.path, c.good); err != nil {
			t.Fatal(err)
		}
	}
	p.owner("whoami").exits(0)
}

// What a machine without a disk remembers counts beside what a file remembers.
func TestPinFromTheEnvironment(t *testing.T) {
	p := found(t)
	for pin, want := range map[string]int{"0:" + strings.Repeat("0", 64): 13, "5:" + strings.Repeat("0", 64): 13, "nonsense": 2} {
		s := p.command("--key-file", "owner.key", "whoami")
		s.c.Env = append(s.c.Env, "HEADGATE_PIN="+pin)
		s.begin()
		s.stdin.Close()
		s.wait().exits(want)
	}
}
