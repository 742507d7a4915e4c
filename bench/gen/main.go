// Command gen writes the orders of the benchmark to standard output:
//
//	go run ./bench/gen -rows 1000000 -format csv >orders.csv
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/headgate/headgate/bench/orders"
)

func main() {
	rows := flag.Int("rows", 1000, "how many rows")
	format := flag.String("format", "csv", "csv or jsonl")
	seed := flag.Uint64("seed", 1, "another seed, other rows")
	first := flag.Int("first", 1, "number of the first row")
	flag.Parse()
	if err := orders.Write(os.Stdout, *format, *seed, *first, *rows); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}
