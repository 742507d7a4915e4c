package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/headgate/headgate/bench/orders"
)

// bench is everything a job needs: where things are and which tools there are.
type bench struct {
	options
	root    string // of this module
	project string // headgate's project folder, where every tool is started
	tools   []tool

	portable string // the headgate without assembly
	servers  fleet
	depots   depots
}

// prepare builds headgate, lays out the project folder and looks for the peers.
func prepare(ctx context.Context, o options) (*bench, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	if o.cache, err = filepath.Abs(o.cache); err != nil {
		return nil, err
	}
	b := &bench{options: o, root: root, project: filepath.Join(o.cache, "project")}
	for _, dir := range []string{"data", "out", "flows"} {
		if err := os.MkdirAll(filepath.Join(b.project, dir), 0o755); err != nil {
			return nil, err
		}
	}
	if b.headgate == "" {
		b.headgate = filepath.Join(o.cache, "headgate")
		if err := build(ctx, root, b.headgate, ""); err != nil {
			return nil, err
		}
	} else if b.headgate, err = filepath.Abs(b.headgate); err != nil {
		return nil, err
	}
	b.portable = filepath.Join(o.cache, "headgate-portable")
	if wanted(o.tools, portable) {
		if err := build(ctx, root, b.portable, "purego"); err != nil {
			return nil, err
		}
	}
	if err := b.copyFlows(); err != nil {
		return nil, err
	}
	if err := b.multiplyFlows(); err != nil {
		return nil, err
	}
	return b, b.findTools(ctx)
}

// build builds headgate, as releases are built, with tags.
func build(ctx context.Context, root, to, tags string) error {
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-tags", tags, "-o", to, ".")
	c.Dir, c.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("build headgate: %w\n%s", err, out)
	}
	return nil
}

// moduleRoot is the nearest folder above that holds go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("start it in the folder of headgate's source")
		}
		dir = up
	}
}

// copyFlows puts the flows and the connections into the project.
func (b *bench) copyFlows() error {
	from := filepath.Join(b.root, "bench", "flows")
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		to := filepath.Join(b.project, "flows", d.Name())
		if d.Name() == "connections.yaml" {
			to = filepath.Join(b.project, d.Name())
		}
		return os.WriteFile(to, text, 0o644)
	})
}

// manyFlows is a project with a thousand flows, in the project's folder.
const manyFlows = "many"

func (b *bench) multiplyFlows() error {
	text, err := os.ReadFile(filepath.Join(b.root, "bench", "flows", "csv-csv.yaml"))
	if err != nil {
		return err
	}
	dir := filepath.Join(b.project, manyFlows, "flows")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for i := range 1000 {
		name := fmt.Sprintf("flow-%03d", i)
		copied := strings.Replace(string(text), "flow: csv-csv\n", "flow: "+name+"\n", 1)
		if err := os.WriteFile(filepath.Join(dir, name+".yaml"), []byte(copied), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// rows reads a size: 10, 100k, 1m.
func rows(size string) (int, error) {
	digits, factor := size, 1
	switch {
	case strings.HasSuffix(size, "k"):
		digits, factor = strings.TrimSuffix(size, "k"), 1_000
	case strings.HasSuffix(size, "m"):
		digits, factor = strings.TrimSuffix(size, "m"), 1_000_000
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("size %q: not a number of rows such as 100k or 10m", size)
	}
	return n * factor, nil
}

// input returns the file of that many orders, relative to the project, made when it is
// not there.
func (b *bench) input(size, format string) (string, error) {
	if format == noise {
		return b.noise(size)
	}
	n, err := rows(size)
	if err != nil {
		return "", err
	}
	name := filepath.Join("data", "orders-"+size+"."+format)
	path := filepath.Join(b.project, name)
	if _, err := os.Stat(path); err == nil {
		return name, nil
	}
	fmt.Println("making", path)
	if format == "parquet" {
		return name, b.parquet(size, name)
	}
	f, err := os.Create(path + ".part")
	if err != nil {
		return "", err
	}
	defer f.Close()
	if err := orders.Write(f, format, 1, 1, n); err != nil {
		return "", err
	}
	if err := f.Close(); err != nil {
		return "", err
	}
	return name, os.Rename(path+".part", path)
}

// parquet has DuckDB make a file of orders.
func (b *bench) parquet(size, name string) error {
	from, err := b.input(size, "csv")
	if err != nil {
		return err
	}
	part := name + ".part"
	err = b.tell(fmt.Sprintf("COPY (SELECT * FROM read_csv('%s', header = true, columns = %s)) TO '%s' (FORMAT parquet, COMPRESSION snappy)",
		filepath.ToSlash(from), duckTypes, filepath.ToSlash(part)))
	if err != nil {
		return err
	}
	return os.Rename(filepath.Join(b.project, part), filepath.Join(b.project, name))
}

// tell runs a statement in DuckDB.
func (b *bench) tell(statement string) error {
	at := slices.IndexFunc(b.tools, func(t tool) bool { return t.name == "duckdb" })
	if at < 0 {
		return errors.New("this needs DuckDB")
	}
	words := b.tools[at].words(statement)
	c := exec.Command(words[0], words[1:]...)
	c.Dir = b.project
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("duckdb: %w: %s", err, lastLine(out))
	}
	return nil
}

// ask is the one row that a query gives in DuckDB, as CSV.
func (b *bench) ask(query string) (string, error) {
	const answer = "out/answer.csv"
	if err := b.tell("COPY (" + query + ") TO '" + answer + "' (HEADER false)"); err != nil {
		return "", err
	}
	text, err := os.ReadFile(filepath.Join(b.project, answer))
	if err == nil && len(text) == 0 {
		err = errors.New("duckdb gave no answer to " + query)
	}
	return strings.TrimSpace(string(text)), err
}
