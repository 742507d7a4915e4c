package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The DuckDB that is installed when npm is there.
const duckPackage = "@duckdb/node-api@1.5.6-r.1"

// tool is a program under test.
type tool struct {
	name    string
	start   []string // the words before the arguments
	shown   string   // how commands call it in the results
	ask     string   // the argument that prints the version
	version string
}

// portable is headgate without its assembly.
const portable = "portable"

// findTools looks for headgate's peers. One that is not there is left out.
func (b *bench) findTools(ctx context.Context) error {
	found := []tool{{name: "headgate", start: []string{b.headgate}, shown: "headgate", ask: "version"},
		{name: portable, start: []string{b.portable}, shown: "headgate", ask: "version"}}
	if t, err := b.duck(ctx); err != nil {
		fmt.Println("duckdb is left out:", err)
	} else {
		found = append(found, t)
	}
	for _, name := range []string{"mlr", "sqlite3"} {
		path, err := exec.LookPath(name)
		if err != nil {
			fmt.Printf("%s is left out: it is not installed\n", name)
			continue
		}
		found = append(found, tool{name: name, start: []string{path}, shown: name, ask: "--version"})
	}
	found = append(found, databaseTools()...)
	found = append(found, transportTools()...)
	for _, t := range found {
		if !wanted(b.options.tools, t.name) {
			continue
		}
		if t.version != "" {
			b.tools = append(b.tools, t)
			continue
		}
		words := t.words(t.ask)
		out, err := exec.CommandContext(ctx, words[0], words[1:]...).Output()
		if err != nil {
			return fmt.Errorf("%s %s: %w", t.name, t.ask, err)
		}
		t.version, _, _ = strings.Cut(strings.TrimSpace(string(out)), "\n")
		b.tools = append(b.tools, t)
	}
	return nil
}

// words is the command line of the tool with args.
func (t tool) words(args ...string) []string {
	return append(append([]string{}, t.start...), args...)
}

// duck finds DuckDB, installing its npm package into the cache. It is started through
// Python's ctypes where there is a Python, because that adds less to DuckDB's own time and
// memory than Node does.
func (b *bench) duck(ctx context.Context) (tool, error) {
	home := filepath.Join(b.cache, "duckdb")
	library := func() string {
		found, _ := filepath.Glob(filepath.Join(home, "node_modules", "@duckdb", "node-bindings-*", "libduckdb.*"))
		if len(found) == 0 {
			return ""
		}
		return found[0]
	}
	if library() == "" {
		npm, err := exec.LookPath("npm")
		if err != nil {
			return tool{}, fmt.Errorf("npm is not installed")
		}
		if err := os.MkdirAll(home, 0o755); err != nil {
			return tool{}, err
		}
		fmt.Println("installing", duckPackage, "into", home)
		out, err := exec.CommandContext(ctx, npm, "install", "--no-audit", "--no-fund", "--prefix", home, duckPackage).CombinedOutput()
		if err != nil {
			return tool{}, fmt.Errorf("npm install: %w: %s", err, lastLine(out))
		}
	}
	peers := filepath.Join(b.root, "bench", "peers")
	if python, err := exec.LookPath("python3"); err == nil && library() != "" {
		return tool{name: "duckdb", start: []string{python, filepath.Join(peers, "duck.py"), library()}, shown: "duck", ask: "--version"}, nil
	}
	node, err := exec.LookPath("node")
	if err != nil {
		return tool{}, fmt.Errorf("neither python3 nor node is installed")
	}
	return tool{name: "duckdb", start: []string{node, filepath.Join(peers, "duck.cjs"), filepath.Join(home, "node_modules")}, shown: "duck", ask: "--version"}, nil
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}
