// Command compare times the jobs of the benchmark: headgate against the tools people
// would pick instead, on the same file, in turns, as whole processes. It checks that the
// results agree and writes a page of Markdown. Start it in the project's folder:
//
//	go run ./bench/compare -size 1m -runs 5
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

// options are the command line.
type options struct {
	sizes, jobs, tools []string
	files              []string // sizes of those that are moved unparsed
	runs, threads      int
	headgate           string
	cache, out         string
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == launchArg {
		os.Exit(launch(os.Args[2:]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, parse()); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func parse() options {
	var o options
	sizes := flag.String("size", "1m", "rows of the input, several with commas: 100k, 1m, 10m")
	files := flag.String("file", "1g", "bytes of the file that is moved, several with commas: 256m, 1g")
	jobs := flag.String("jobs", "", "only these jobs, with commas: "+strings.Join(jobNames(), ", ")+"; transports = all that move a file")
	tools := flag.String("tools", "", "only these tools, with commas")
	flag.IntVar(&o.runs, "runs", 5, "runs of each tool")
	flag.IntVar(&o.threads, "threads", 2, "threads each tool may use, where that can be said")
	flag.StringVar(&o.headgate, "headgate", "", "the program to measure (built from this tree)")
	flag.StringVar(&o.cache, "cache", defaultCache(), "folder for data, results and peers")
	flag.StringVar(&o.out, "out", "bench/RESULTS.md", "the page to write; - = standard output only")
	flag.Parse()
	o.sizes, o.jobs, o.tools, o.files = list(*sizes), list(*jobs), list(*tools), list(*files)
	return o
}

// list splits at commas; nothing gives nothing.
func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' })
}

// wanted reports whether name is in only, or only is empty.
func wanted(only []string, name string) bool {
	return len(only) == 0 || slices.Contains(only, name)
}

func defaultCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "headgate-bench")
}

func run(ctx context.Context, o options) error {
	b, err := prepare(ctx, o)
	if err != nil {
		return err
	}
	defer b.servers.close()
	defer b.depots.close()
	page := &page{machine: describeMachine(), tools: b.tools, runs: o.runs, threads: o.threads}
	for _, j := range allJobs() {
		if !wanted(o.jobs, j.name) && !(j.format == noise && wanted(o.jobs, transports)) {
			continue
		}
		for _, size := range j.sizesOf(o) {
			table, err := b.run(ctx, j, size)
			if errors.Is(err, errNoServer) {
				fmt.Printf("%s is left out: %v\n", j.name, err)
				continue
			}
			if err != nil {
				return fmt.Errorf("%s %s: %w", j.name, size, err)
			}
			table.write(os.Stdout, false)
			page.tables = append(page.tables, table)
		}
	}
	if o.out != "-" {
		if err := os.WriteFile(o.out, page.bytes(), 0o644); err != nil {
			return err
		}
		fmt.Println("written:", o.out)
	}
	return page.disagreement()
}
