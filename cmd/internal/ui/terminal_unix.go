//go:build unix

package ui

import "os"

// openTerminal is the terminal that the process belongs to.
func openTerminal() (*os.File, error) { return os.OpenFile("/dev/tty", os.O_RDWR, 0) }
