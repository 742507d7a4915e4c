package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
)

// page is what bench/RESULTS.md holds.
type page struct {
	machine       string
	tools         []tool
	runs, threads int
	tables        []*table
}

// table is one job over one input.
type table struct {
	job, title string
	section    string
	rows       int
	bytes      int64
	lines      []*line
}

// line is one tool's row of a table.
type line struct {
	tool    tool
	command string
	figures []figures
	facts   string
	failure string
	output  int64 // bytes of the file it wrote
}

// median of what get takes from the figures.
func (l *line) median(get func(figures) float64) float64 {
	var all []float64
	for _, f := range l.figures {
		all = append(all, get(f))
	}
	slices.Sort(all)
	n := len(all)
	if n == 0 {
		return 0
	}
	return (all[(n-1)/2] + all[n/2]) / 2
}

func (l *line) wall() float64 { return l.median(func(f figures) float64 { return f.Wall }) }
func (l *line) cpu() float64  { return l.median(func(f figures) float64 { return f.CPU }) }
func (l *line) peak() float64 { return l.median(func(f figures) float64 { return float64(f.Peak) }) }
func (l *line) server() float64 {
	return l.median(func(f figures) float64 { return f.Server })
}

// least is the shortest wall time.
func (l *line) least() float64 {
	least := l.figures[0].Wall
	for _, f := range l.figures {
		least = min(least, f.Wall)
	}
	return least
}

// agree reports whether the tools that were compared gave the same.
func (t *table) agree() bool {
	seen := ""
	for _, l := range t.lines {
		switch {
		case l.failure != "":
			return false
		case l.facts == "":
		case seen == "":
			seen = l.facts
		case seen != l.facts:
			return false
		}
	}
	return true
}

// write prints the table; commands are left out on a terminal.
func (t *table) write(w io.Writer, commands bool) {
	fmt.Fprintf(w, "\n### %s\n\n%s", t.job, t.title)
	if t.rows > 0 {
		fmt.Fprintf(w, " (%d rows, %.1f MB)", t.rows, float64(t.bytes)/1e6)
	}
	if t.rows == 0 && t.bytes > 0 {
		fmt.Fprintf(w, " (%.1f MB)", float64(t.bytes)/1e6)
	}
	unit := "krows/s"
	if t.rows == 0 {
		unit = "MB/s"
	}
	fmt.Fprint(w, ".\n\n| tool | wall s (least) | CPU s | peak MiB | "+unit+" | headgate's wall | its CPU | its peak |\n|---|---|---|---|---|---|---|---|\n")
	base := t.lines[0]
	for _, l := range t.lines {
		if len(l.figures) == 0 {
			fmt.Fprintf(w, "| %s | failed: %s | | | | | | |\n", l.tool.name, strings.ReplaceAll(l.failure, "|", `\|`))
			continue
		}
		speed := ""
		if t.rows > 1000 {
			speed = fmt.Sprintf("%.0f", float64(t.rows)/l.wall()/1000)
		}
		if t.rows == 0 && t.bytes > 0 {
			speed = fmt.Sprintf("%.0f", float64(t.bytes)/l.wall()/1e6)
		}
		fmt.Fprintf(w, "| %s | %.3f (%.3f) | %.3f | %.1f | %s | %s | %s | %s |\n", l.tool.name, l.wall(), l.least(), l.cpu(), l.peak()/(1<<20), speed,
			ratio(base.wall(), l.wall()), ratio(base.cpu(), l.cpu()), ratio(base.peak(), l.peak()))
	}
	fmt.Fprintln(w)
	for _, l := range t.lines {
		if l.facts != "" {
			fmt.Fprintf(w, "- %s: `%s`, %.1f MB\n", l.tool.name, l.facts, float64(l.output)/1e6)
		}
		if l.failure != "" && len(l.figures) > 0 {
			fmt.Fprintf(w, "- %s failed: %s\n", l.tool.name, l.failure)
		}
	}
	for _, l := range t.lines {
		if s := l.server(); s > 0 {
			fmt.Fprintf(w, "- %s: %.2f CPU seconds of the server\n", l.tool.name, s)
		}
	}
	if commands {
		fmt.Fprint(w, "\n```sh\n")
		for _, l := range t.lines {
			fmt.Fprintln(w, l.command)
		}
		fmt.Fprint(w, "```\n")
	}
}

// ratio says how much of the other's figure headgate needs: 0.50x is half.
func ratio(own, other float64) string {
	if own == 0 || other == 0 {
		return ""
	}
	return fmt.Sprintf("%.2fx", own/other)
}

func (p *page) bytes() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Results\n\nWritten by `make bench`. Figures are medians of %d runs of whole processes that took turns, each with %d threads where "+
		"that can be said; CPU is user and system time, the peak is the largest resident set. A ratio below 1 means that headgate needs less. "+
		"Only figures of one table were taken side by side.\n\n%s\n\n", p.runs, p.threads, p.machine)
	for _, t := range p.tools {
		fmt.Fprintf(&b, "- %s: %s\n", t.name, t.version)
	}
	section := ""
	for _, t := range p.tables {
		if t.section != section {
			section = t.section
			fmt.Fprintf(&b, "\n## %s\n", section)
		}
		t.write(&b, true)
	}
	return b.Bytes()
}

// disagreement is an error when a tool failed or results differ.
func (p *page) disagreement() error {
	var bad []string
	for _, t := range p.tables {
		if !t.agree() {
			bad = append(bad, t.job)
		}
	}
	if bad != nil {
		return fmt.Errorf("a tool failed or results differ: %s", strings.Join(bad, ", "))
	}
	return nil
}
