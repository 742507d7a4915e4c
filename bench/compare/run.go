package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/bench/facts"
)

// run does one job with every tool that can, in turns, so that a drift of the machine's
// speed falls on all of them.
func (b *bench) run(ctx context.Context, j job, size string) (*table, error) {
	in := ""
	t := &table{job: j.name, title: j.title, section: j.section}
	if j.format != "" {
		var err error
		if in, err = b.input(size, j.format); err != nil {
			return nil, err
		}
		if j.format != noise {
			t.rows, err = rows(size)
		}
		if err != nil {
			return nil, err
		}
		stat, err := os.Stat(filepath.Join(b.project, in))
		if err != nil {
			return nil, err
		}
		t.bytes = stat.Size()
	}
	if j.begin != nil {
		if err := j.begin(b, in); err != nil {
			return nil, err
		}
	}
	var lines []*line
	var entries []entry
	for _, e := range j.entries(b, filepath.ToSlash(in)) {
		at := slices.IndexFunc(b.tools, func(t tool) bool { return t.name == e.tool })
		if at < 0 {
			continue
		}
		entries = append(entries, e)
		lines = append(lines, &line{tool: b.tools[at], command: e.command(b.tools[at])})
	}
	for turn := range b.runs {
		for i, e := range entries {
			if lines[i].failure != "" {
				continue
			}
			b.turn(ctx, turn, e, lines[i])
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
	}
	t.lines = lines
	return t, nil
}

// turn runs one tool once and, the first time, looks at its result.
func (b *bench) turn(ctx context.Context, turn int, e entry, l *line) {
	stdout := os.DevNull
	if e.output != "" {
		path := filepath.Join(b.project, filepath.FromSlash(e.output))
		for _, old := range []string{path, path + "-wal", path + "-shm", path + "-journal"} {
			os.Remove(old)
		}
		if e.stdout {
			stdout = path
		}
	}
	if e.ready != nil {
		if err := e.ready(b); err != nil {
			l.failure = strings.Join(strings.Fields(err.Error()), " ")
			return
		}
	}
	before := b.servers.cpu()
	f, err := b.measure(ctx, l.tool.words(e.args...), stdout)
	if before > 0 {
		time.Sleep(settle)
		f.Server = b.servers.cpu() - before
	}
	if err != nil {
		l.failure = strings.Join(strings.Fields(err.Error()), " ")
		return
	}
	l.figures = append(l.figures, f)
	if stat, err := os.Stat(filepath.Join(b.project, filepath.FromSlash(e.output))); e.output != "" && err == nil {
		l.output = stat.Size()
	}
	if turn == 0 && e.check != nil {
		if l.facts, err = e.check(b, e.output); err != nil {
			l.failure = err.Error()
		}
	}
}

// settle is how long a server has to be done with a client that has left.
const settle = 300 * time.Millisecond

// resultFacts reads a file that a tool wrote.
func resultFacts(b *bench, output string) (string, error) {
	f, err := os.Open(filepath.Join(b.project, filepath.FromSlash(output)))
	if err != nil {
		return "", err
	}
	defer f.Close()
	got, err := facts.Read(f)
	if err != nil {
		return "", fmt.Errorf("%s: %w", output, err)
	}
	return got.String(), nil
}

// tableFacts asks the sqlite3 program about the table that a tool filled.
func tableFacts(b *bench, output string) (string, error) {
	const query = "SELECT 'rows=' || count(*) || ' ids=' || sum(order_id) || ' cents=' || sum(CAST(round(amount * 100) AS INTEGER)) || " +
		"' quantity=' || sum(quantity) || ' note characters=' || sum(length(note)) FROM orders"
	c := exec.Command("sqlite3", output, query)
	c.Dir = b.project
	out, err := c.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("sqlite3 %s: %w: %s", output, err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// copyFacts reads a CSV file that holds what it was made from.
func copyFacts(b *bench, output string) (string, error) {
	f, err := os.Open(filepath.Join(b.project, filepath.FromSlash(output)))
	if err != nil {
		return "", err
	}
	defer f.Close()
	rows, digest, err := facts.Cells(f)
	if err != nil {
		return "", fmt.Errorf("%s: %w", output, err)
	}
	return fmt.Sprintf("rows=%d sha256=%s", rows, digest), nil
}

// parquetFacts asks DuckDB about a Parquet file.
func parquetFacts(b *bench, output string) (string, error) {
	return b.ask("SELECT count(*), sum(order_id), sum(amount), sum(amount * quantity), count(email), count(sku), count(note), " +
		"sum(epoch_us(created_at)), sum(length(note)), bit_xor(hash(email, country, status, sku, note)) FROM '" + output + "'")
}
