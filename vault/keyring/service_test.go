//go:build linux

package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain also is the program that runs within a session bus.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "child" {
		begin := time.Now()
		err := inSession()
		fmt.Printf("%v in time %v\n", err, time.Since(begin) < Timeout+time.Second/2)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// inSession uses the keyring as a login does.
func inSession() error {
	g := System("headgate-test")
	if err := g.Set("name", "value"); err != nil {
		return err
	}
	v, err := g.Get("name")
	if err != nil || v != "value" {
		return fmt.Errorf("%q, %w", v, err)
	}
	if err := g.Delete("name"); err != nil {
		return err
	}
	if _, err := g.Get("name"); !errors.Is(err, ErrMissing) {
		return fmt.Errorf("after its deletion: %w", err)
	}
	return nil
}

// TestSecretService uses a real keyring service on a bus of its own: unlocked, with a
// wrong password, without the service, and without a bus. Every answer comes in time,
// and no process stays.
func TestSecretService(t *testing.T) {
	for _, program := range []string{"dbus-run-session", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("HEADGATE_REQUIRE_SERVICES") == "1" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	for _, d := range []string{"run", ".local/share/keyrings", ".cache"} {
		if err := os.MkdirAll(filepath.Join(home, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	const unlocked = `printf %s "$0" | gnome-keyring-daemon --unlock --components=secrets >/dev/null; exec "$1" child x`
	for _, c := range []struct {
		name string
		argv []string
		want string
	}{
		{"unlocked", []string{"dbus-run-session", "--", "sh", "-c", unlocked, "right", exe}, "<nil> in time true"},
		{"again", []string{"dbus-run-session", "--", "sh", "-c", unlocked, "right", exe}, "<nil> in time true"},
		{"locked", []string{"dbus-run-session", "--", "sh", "-c", unlocked, "wrong", exe}, "keyring"},
		{"no bus", []string{exe, "child", "x"}, "no keyring here: no session bus in time true"},
	} {
		cmd := exec.Command(c.argv[0], c.argv[1:]...)
		cmd.Env = []string{"HOME=" + home, "XDG_RUNTIME_DIR=" + filepath.Join(home, "run"), "PATH=" + os.Getenv("PATH")}
		out, err := cmd.Output()
		if got := string(out); err != nil || !strings.Contains(got, c.want) || !strings.Contains(got, "in time true") {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
	}
	if left := processesOf(home); len(left) > 0 {
		t.Errorf("processes stay: %v", left)
	}
}

// processesOf lists the processes that have home in their environment, after those
// that are ending had a moment to do so.
func processesOf(home string) (list []string) {
	for range 40 {
		list = nil
		environs, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, e := range environs {
			if b, err := os.ReadFile(e); err == nil && bytes.Contains(b, []byte("HOME="+home)) {
				name, _ := os.ReadFile(filepath.Join(filepath.Dir(e), "comm"))
				list = append(list, strings.TrimSpace(string(name)))
			}
		}
		if len(list) == 0 {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return list
}
