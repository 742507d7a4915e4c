package servers

import (
	"os/exec"
	"syscall"
)

// apart puts a child in a group of its own, and has the system end it with the thread
// that started it.
func apart(c *exec.Cmd, user, group uint32) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if user != 0 || group != 0 {
		c.SysProcAttr.Credential = &syscall.Credential{Uid: user, Gid: group}
	}
}

// killAll ends what is left of a child's group.
func killAll(c *exec.Cmd) { syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
