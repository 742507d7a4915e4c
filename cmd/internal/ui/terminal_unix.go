//go:build unix

package ui

import (
	"os"

	"golang.org/x/sys/unix"
)

// openTerminal is the terminal that the process belongs to.
func openTerminal() (*os.File, error) { return os.OpenFile("/dev/tty", os.O_RDWR, 0) }

// hideInput keeps the terminal from showing what is typed.
func hideInput(f *os.File) error {
	mode, err := unix.IoctlGetTermios(int(f.Fd()), readMode)
	if err != nil {
		return err
	}
	mode.Lflag &^= unix.ECHO
	return unix.IoctlSetTermios(int(f.Fd()), writeMode, mode)
}
