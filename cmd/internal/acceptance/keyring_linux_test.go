package acceptance

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/connector/conntest/servers"
)

// silentBus is a session bus whose keyring service is started on demand and never says
// anything.
const silentBus = `<busconfig><type>session</type><listen>unix:tmpdir=%[1]s</listen><auth>EXTERNAL</auth><servicedir>%[1]s</servicedir>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
`

// atKeyring uses the keyring as somebody at a terminal does. timeout ends what would
// wait for ever.
const atKeyring = `try() { echo "== $*"; timeout --foreground 60 "$hg" "$@" > said.txt; echo "exit $?."; }
hg="$1"
try slot add keyring --key-file ed.key
try whoami --user ed@example.com
try login --key-file ed.key
try run plain
try logout
try run plain --key-file ed.key
`

// TestKeyring uses a real Secret Service and what is in its place on other machines: it
// works, or says in time why it does not, and never is in the way of a key file.
func TestKeyring(t *testing.T) {
	for _, tool := range []string{"dbus-run-session", "gnome-keyring-daemon"} {
		servers.Find(t, tool)
	}
	p := found(t).project
	code := p.run("--key-file", "owner.key", "user", "invite", "ed@example.com", "--role", "editor").exits(0).stdout
	p.run("accept", strings.TrimSpace(code), "--key-out", "ed.key").exits(0)
	p.write("keyring.sh", atKeyring)
	p.write(".local/share/keyrings/.keep", "")
	p.write("bus/org.freedesktop.secrets.service", "[D-BUS Service]\nName=org.freedesktop.secrets\nExec=/bin/sleep 20\n")
	p.write("bus.conf", fmt.Sprintf(silentBus, p.path("bus")))
	const unlocked = `printf %s "$0" | gnome-keyring-daemon --unlock --components=secrets > keyring.log 2>&1; exec sh keyring.sh "$1"`
	locked := "failed to unlock"
	for _, c := range []struct {
		name  string
		argv  []string
		exits [6]int
		says  string // of each that fails
	}{
		{"unlocked", []string{"dbus-run-session", "--", "sh", "-c", unlocked, "right", program}, [6]int{}, ""},
		{"locked", []string{"dbus-run-session", "--", "sh", "-c", unlocked, "wrong", program}, [6]int{10, 10, 10, 10, 10, 0}, locked},
		{"never answers", []string{"dbus-run-session", "--config-file=bus.conf", "--", "sh", "keyring.sh", program}, [6]int{10, 10, 10, 10, 10, 0}, "no answer in 3s"},
		{"no bus", []string{"sh", "keyring.sh", program}, [6]int{10, 10, 0, 0, 0, 0}, "no session bus"},
	} {
		t.Run(c.name, func(t *testing.T) {
			parts := strings.Split(p.sitAt(c.argv...).ends(p, 0), "== ")[1:]
			if len(parts) != len(c.exits) {
				t.Fatal(parts)
			}
			for i, said := range parts {
				if !strings.Contains(said, fmt.Sprintf("exit %d.", c.exits[i])) || c.exits[i] != 0 && !strings.Contains(said, c.says) {
					t.Errorf("%s\nwant exit %d, with %q", said, c.exits[i], c.says)
				}
			}
		})
	}
}

// TestCronLeavesNothing runs as a cron job does, with a key file and without anything
// else: no process stays, and none is started for a keyring.
func TestCronLeavesNothing(t *testing.T) {
	p := found(t)
	for range 20 {
		p.owner("run", "plain").exits(0)
	}
	p.run("run", "plain").exits(10)
	if left := p.processes(); len(left) > 0 {
		t.Errorf("processes stay: %v", left)
	}
}

// processes are those that have the project's folder as their home, after those that
// are ending had a moment to do so.
func (p *project) processes() (list []string) {
	for range 100 {
		list = nil
		environs, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, e := range environs {
			if b, err := os.ReadFile(e); err == nil && bytes.Contains(b, []byte("HOME="+p.dir+"\x00")) {
				name, _ := os.ReadFile(filepath.Join(filepath.Dir(e), "comm"))
				list = append(list, strings.TrimSpace(string(name)))
			}
		}
		if len(list) == 0 {
			return nil
		}
		time.Sleep(50 * time.Millisecond) // until they are gone
	}
	return list
}
