//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// usage returns the CPU seconds and the peak resident bytes of a finished process.
func usage(p *os.ProcessState) (cpu float64, peak int64) {
	cpu = p.UserTime().Seconds() + p.SystemTime().Seconds()
	if r, ok := p.SysUsage().(*syscall.Rusage); ok {
		peak = int64(r.Maxrss)
		if runtime.GOOS != "darwin" {
			peak *= 1024
		}
	}
	return cpu, peak
}
