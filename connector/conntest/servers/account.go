package servers

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"testing"
)

// Account is a user of this machine, made for one test.
type Account struct {
	Name, Password string
	Home           string // its own, empty
	UID, GID       uint32
}

// NewAccount makes a user, which takes root; without, the test is skipped or fails as if a server
// were missing. The user goes when the test ends.
func NewAccount(t testing.TB) *Account {
	t.Helper()
	if os.Geteuid() != 0 {
		Lack(t, "root, to make a user who logs in with a password,")
	}
	add, change, remove := Find(t, "useradd"), Find(t, "chpasswd"), Find(t, "userdel")
	removeStale(remove)
	a := &Account{Name: fmt.Sprintf("%s%d", accountPrefix, os.Getpid()), Password: "pass word-für-tests", Home: Dir(t)}
	if out, err := exec.Command(add, "--home-dir", a.Home, "--no-create-home", "--shell", "/bin/sh", a.Name).CombinedOutput(); err != nil {
		t.Fatalf("useradd: %v\n%s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command(remove, "--force", a.Name).CombinedOutput(); err != nil {
			t.Errorf("userdel: %v\n%s", err, out)
		}
	})
	set := exec.Command(change)
	set.Stdin = strings.NewReader(a.Name + ":" + a.Password + "\n")
	if out, err := set.CombinedOutput(); err != nil {
		t.Fatalf("chpasswd: %v\n%s", err, out)
	}
	a.own(t)
	return a
}

// accountPrefix begins the names of our users; the number of the test's process ends them.
const accountPrefix = "hgtest"

// removeStale removes the users of tests that were killed.
func removeStale(userdel string) {
	list, err := os.ReadFile("/etc/passwd")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(list)) {
		name, _, _ := strings.Cut(line, ":")
		number, ok := strings.CutPrefix(name, accountPrefix)
		pid, err := strconv.Atoi(number)
		if !ok || err != nil {
			continue
		}
		if _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); os.IsNotExist(err) {
			exec.Command(userdel, "--force", name).Run()
			os.Remove(pamRules(name))
		}
	}
}

// pamRules is the file with the rules by which name logs in.
func pamRules(name string) string { return "/etc/pam.d/headgate-" + name }

// own finds out the user's numbers and hands it its folder.
func (a *Account) own(t testing.TB) {
	t.Helper()
	u, err := user.Lookup(a.Name)
	if err != nil {
		t.Fatal(err)
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err1 != nil || err2 != nil {
		t.Fatal(u.Uid, u.Gid)
	}
	a.UID, a.GID = uint32(uid), uint32(gid)
	if err := os.Chown(a.Home, int(uid), int(gid)); err != nil {
		t.Fatal(err)
	}
}
