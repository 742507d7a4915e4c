package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// launchArg makes this program a launcher: it starts one process and reports its figures.
//
// The kernel counts the memory of the process that forks as the child's until the child
// has its own program, so the parent must be small: comparing results is not its work.
const launchArg = "-launch"

// figures are what one run of a tool cost.
type figures struct {
	Wall float64 `json:"wall"` // seconds
	CPU  float64 `json:"cpu"`  // seconds, user and system
	Peak int64   `json:"peak"` // bytes
	// Server is the processor seconds of a database server; 0 = there is none.
	Server float64 `json:"-"`
}

// measure runs words in dir with standard output going to a file.
func (b *bench) measure(ctx context.Context, words []string, stdout string) (figures, error) {
	self, err := os.Executable()
	if err != nil {
		return figures{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, self, append([]string{launchArg, stdout}, words...)...)
	c.Dir = b.project
	c.Env = append(append(os.Environ(), b.servers.env...), fmt.Sprintf("GOMAXPROCS=%d", b.threads))
	var said strings.Builder
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		return figures{}, fmt.Errorf("%w: %s", err, said.String())
	}
	var f figures
	return f, json.Unmarshal(out, &f)
}

// launch starts args[1:] with standard output in the file args[0] and prints the figures.
func launch(args []string) int {
	err := func() error {
		out, err := os.Create(args[0])
		if err != nil {
			return err
		}
		defer out.Close()
		c := exec.Command(args[1], args[2:]...)
		c.Stdout, c.Stderr = out, os.Stderr
		begin := time.Now()
		err = c.Run()
		wall := time.Since(begin)
		if err != nil {
			return err
		}
		f := figures{Wall: wall.Seconds()}
		f.CPU, f.Peak = usage(c.ProcessState)
		return json.NewEncoder(os.Stdout).Encode(f)
	}()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		fmt.Fprintf(os.Stderr, "%s: %v", args[1], err)
		return 1
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
