package ui

import "golang.org/x/sys/unix"

const (
	readMode  = unix.TCGETS
	writeMode = unix.TCSETS
)
