//go:build unix

package acceptance

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// account is another user that headgate runs as.
type account struct{ uid, gid uint32 }

// apply makes c run as a. It does nothing for nil.
func (a *account) apply(c *exec.Cmd) {
	if a == nil {
		return
	}
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: a.uid, Gid: a.gid}}
}

// unprivileged makes the project run as a user whom file modes stop: nobody when we
// are root, ourselves otherwise.
func (p *project) unprivileged() {
	p.t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	p.as = &account{65534, 65534}
	err := filepath.WalkDir(p.dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, 65534, 65534)
	})
	if err != nil {
		p.t.Fatal(err)
	}
	open(p.t, p.dir)
}

// open lets others pass through the folders above dir that the test made.
func open(t *testing.T, dir string) {
	t.Helper()
	for up := filepath.Dir(dir); up != os.TempDir() && up != "/"; up = filepath.Dir(up) {
		if err := os.Chmod(up, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}
