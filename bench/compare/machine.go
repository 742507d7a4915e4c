package main

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
)

// describeMachine is one line on processor, memory and system.
func describeMachine() string {
	first := func(file, pattern string) string {
		text, err := os.ReadFile(file)
		if err != nil {
			return ""
		}
		found := regexp.MustCompile(pattern).FindSubmatch(text)
		if found == nil {
			return ""
		}
		return strings.TrimSpace(string(found[1]))
	}
	parts := []string{fmt.Sprintf("%s/%s, %d processors", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())}
	if model := first("/proc/cpuinfo", `(?m)^model name\s*:\s*(.+)$`); model != "" {
		parts[0] += " (" + model + ")"
	}
	if kib := first("/proc/meminfo", `(?m)^MemTotal:\s*(\d+) kB`); kib != "" {
		var n int64
		if _, err := fmt.Sscan(kib, &n); err == nil {
			parts = append(parts, fmt.Sprintf("%d GiB of memory", (n+1<<19)>>20))
		}
	}
	if kernel := first("/proc/sys/kernel/osrelease", `(.+)`); kernel != "" {
		parts = append(parts, "kernel "+kernel)
	}
	return "Machine: " + strings.Join(append(parts, "headgate built with "+runtime.Version()), ", ") + "."
}
