package acceptance

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/headgate/headgate/connector/conntest/servers"
)

// terminal is a person at a terminal of their own.
type terminal struct {
	t      *testing.T
	c      *exec.Cmd
	master *os.File
	shown  output
	read   chan struct{} // closed when nobody writes any more
	done   chan error
}

// sit starts headgate in the project at a terminal.
func (p *project) sit(args ...string) *terminal {
	p.t.Helper()
	return p.sitAt(append([]string{program}, args...)...)
}

// sitAt starts another program there.
func (p *project) sitAt(argv ...string) *terminal {
	p.t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	defer slave.Close()
	c := exec.Command(argv[0], argv[1:]...)
	c.Dir = p.dir
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.dir, "TERM=xterm", "NO_COLOR=1", "LANG=C.UTF-8"}
	c.Stdin, c.Stdout, c.Stderr = slave, slave, slave
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	s := &terminal{t: p.t, c: c, master: master, read: make(chan struct{}), done: make(chan error, 1)}
	go func() {
		defer close(s.read)
		buf := make([]byte, 4096)
		for {
			n, err := master.Read(buf)
			s.shown.Write(buf[:n])
			if err != nil {
				return
			}
		}
	}()
	go func() { s.done <- c.Wait() }()
	p.t.Cleanup(func() { c.Process.Kill(); master.Close() })
	return s
}

// answers waits for a question and types an answer.
func (s *terminal) answers(p *project, question, answer string) {
	s.t.Helper()
	seen := func() int { return strings.Count(s.shown.String(), question) }
	p.until("asked "+question, func() bool { return seen() > 0 })
	if _, err := s.master.WriteString(answer + "\n"); err != nil {
		s.t.Fatal(err)
	}
}

// ends waits for the end and returns what was on the screen.
func (s *terminal) ends(p *project, want int) string {
	s.t.Helper()
	ended := false
	p.until("the program ends", func() bool {
		select {
		case <-s.done:
			ended = true
		default:
		}
		return ended
	})
	<-s.read
	if got := s.c.ProcessState.ExitCode(); got != want {
		s.t.Fatalf("exit %d, want %d\n%s", got, want, s.shown.String())
	}
	return s.shown.String()
}

// TestAtATerminal: a person makes a store, is asked for the password each time, and
// changes it. What is typed is never shown.
func TestAtATerminal(t *testing.T) {
	p := newProject(t)
	const first, second = "Correct-horse-7-battery", "Another-horse-8-battery"
	s := p.sit("init")
	s.answers(p, "Your e-mail address", "owner@example.com")
	s.answers(p, "New password", first)
	s.answers(p, "The same again", first)
	screen := s.ends(p, 0)
	if strings.Contains(screen, first) || !regexp.MustCompile(`recovery code: hgr1-`).MatchString(screen) {
		t.Error(screen)
	}
	s = p.sit("--user", "owner@example.com", "whoami")
	s.answers(p, "Password for owner@example.com", first)
	if screen := s.ends(p, 0); !strings.Contains(screen, "owner@example.com: owner") || strings.Contains(screen, first) {
		t.Error(screen)
	}
	s = p.sit("--user", "owner@example.com", "passwd")
	s.answers(p, "Password for", first)
	s.answers(p, "New password", second)
	s.answers(p, "The same again", second)
	s.ends(p, 0)
	for password, want := range map[string]int{first: 10, second: 0} {
		s = p.sit("--user", "owner@example.com", "slot", "test")
		s.answers(p, "Password for", password)
		s.ends(p, want)
	}
	// An unknown name is asked and refused like a wrong password.
	s = p.sit("--user", "nobody@example.com", "whoami")
	s.answers(p, "Password for nobody@example.com", first)
	s.ends(p, 10)
	p.owned(t, second)
}

// owned checks that nothing typed lies in a file of the project.
func (p *project) owned(t *testing.T, typed string) {
	t.Helper()
	out, err := exec.Command("grep", "-rl", typed, p.dir).Output()
	if err == nil {
		t.Errorf("the password is in %s", out)
	}
}

// TestInterruptAtAPassword: ^C ends the program and leaves the terminal as it was.
func TestInterruptAtAPassword(t *testing.T) {
	p := found(t).project
	s := p.sit("--user", "owner@example.com", "whoami")
	p.until("it asks", func() bool { return strings.Contains(s.shown.String(), "Password for") })
	echo := func() bool {
		mode, err := unix.IoctlGetTermios(int(s.master.Fd()), unix.TCGETS)
		if err != nil {
			t.Fatal(err)
		}
		return mode.Lflag&unix.ECHO != 0
	}
	p.until("the echo is off", func() bool { return !echo() })
	if _, err := s.master.WriteString("\x03"); err != nil {
		t.Fatal(err)
	}
	s.ends(p, 130)
	if !echo() {
		t.Error("the terminal does not echo any more")
	}
}

// desktop is what runs on a desktop: a session bus with a keyring that is unlocked.
const desktop = `set -e
printf pw1 | gnome-keyring-daemon --unlock --components=secrets > keyring.log 2>&1
"$1" --key-file owner.key login --ttl 5m
"$1" whoami
"$1" run plain
"$1" --key-file owner.key slot add device --generate --json > device.json
"$1" audit list > log.txt
sh -c "$2"
"$1" logout
if "$1" whoami; then exit 7; fi
`

// TestOnADesktop logs in with a real Secret Service: the key of the session, and that of
// a slot of two factors, lie in it and nowhere else.
func TestOnADesktop(t *testing.T) {
	for _, tool := range []string{"dbus-run-session", "gnome-keyring-daemon"} {
		servers.Find(t, tool)
	}
	p := found(t).project
	p.write(".local/share/keyrings/.keep", "")
	// Somebody without the bus is not logged in meanwhile.
	elsewhere := `if env -u DBUS_SESSION_BUS_ADDRESS "` + program + `" whoami; then exit 8; fi`
	s := p.sitAt("dbus-run-session", "--", "sh", "-c", desktop, "sh", program, elsewhere)
	screen := s.ends(p, 0)
	if strings.Count(screen, "owner@example.com: owner") != 1 || strings.Count(screen, "not logged in") != 2 || !strings.Contains(screen, "plain: succeeded") {
		t.Error(screen)
	}
	if log := p.read("log.txt"); !strings.Contains(log, "login") || !strings.Contains(log, "run.end") {
		t.Error(log)
	}
	var made struct {
		Result struct{ Slot, Password string }
	}
	if err := json.Unmarshal([]byte(p.read("device.json")), &made); err != nil || made.Result.Slot != "password+device" {
		t.Fatal(made, err)
	}
	// The password alone opens nothing.
	s = p.sit("--user", "owner@example.com", "whoami")
	s.answers(p, "Password for owner@example.com", made.Result.Password)
	s.ends(p, 10)
}
