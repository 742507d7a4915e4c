// Command check prints the facts of a job's result, which must be the same for every
// tool:
//
//	go run ./bench/check result.csv
package main

import (
	"fmt"
	"os"

	"github.com/headgate/headgate/bench/facts"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: check FILE")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "check:", err)
		os.Exit(1)
	}
}

func run(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	got, err := facts.Read(f)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	fmt.Println(got)
	return nil
}
