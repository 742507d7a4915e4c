// Package harden keeps other programs of the same user from reading this process's
// memory by ordinary means: no core dumps, no debugger, and on Linux no
// /proc/PID/environ and mem. It does not stop root, nor an altered program.
package harden

// Process does that for the running process. Where the system refuses, the program
// goes on without: it is a second line, not the first.
func Process() { process() }
