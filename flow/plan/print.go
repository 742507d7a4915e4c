package plan

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/headgate/headgate/connector/record"
)

// Columns describes a schema for people.
func Columns(s *record.Schema) []Column {
	out := make([]Column, len(s.Fields))
	for i, f := range s.Fields {
		out[i] = Column{Name: f.Name, Type: f.Type.String(), Declared: f.Declared}
	}
	return out
}

// Print writes the plan for people.
func (p *Plan) Print(to io.Writer) error {
	w := bufio.NewWriter(to)
	fmt.Fprintf(w, "flow %s (%s)\n", p.Flow, p.File)
	for _, name := range sortedKeys(p.Params) {
		fmt.Fprintf(w, "  param %s = %s\n", name, p.Params[name])
	}
	p.Needs.print(w)
	if p.Source.Type == "" { // it is many
		p.printStreams(w)
		return w.Flush()
	}
	p.printRows(w)
	return w.Flush()
}

// printStreams writes the plans of the streams of a flow.
func (p *Plan) printStreams(w *bufio.Writer) {
	fmt.Fprintf(w, "  %d streams\n", len(p.Streams))
	for _, s := range p.Streams {
		fmt.Fprintf(w, "\n== stream %s\n", s.Stream)
		s.printRows(w)
	}
	for _, n := range p.Notes {
		fmt.Fprintf(w, "\nnote: %s\n", n)
	}
}

// printRows writes where rows come from, what becomes of them and where they go.
func (p *Plan) printRows(w *bufio.Writer) {
	fmt.Fprintf(w, "\nsource  %s\n", p.Source)
	p.printSplits(w)
	printColumns(w, p.Columns)
	for i, s := range p.Steps {
		fmt.Fprintf(w, "\nstep %d  %s\n", i+1, s.Name)
		for line := range strings.Lines(s.Explain) {
			fmt.Fprintf(w, "  %s\n", strings.TrimRight(line, "\n"))
		}
	}
	fmt.Fprintf(w, "\nsink    %s\n", p.Sink)
	printColumns(w, p.Output)
	for _, c := range p.Changes {
		fmt.Fprintf(w, "  will: %s\n", strings.ReplaceAll(c, "\n", "\n        "))
	}
	for _, n := range p.Notes {
		fmt.Fprintf(w, "\nnote: %s\n", n)
	}
}

// print names what is needed from outside, and never a value.
func (u *Needs) print(w io.Writer) {
	if u == nil {
		return
	}
	for _, h := range u.Hosts {
		fmt.Fprintf(w, "  host %s\n", h)
	}
	for _, c := range u.Connections {
		if c.Tunnel != "" {
			fmt.Fprintf(w, "  connection %s goes through %s\n", c.Name, c.Tunnel)
		}
	}
	for _, s := range u.Secrets {
		fmt.Fprintf(w, "  secret %s for %s\n", s.Name, Ask{Connection: s.Connection, Key: s.Key}.For())
	}
}

// maxSplitsShown keeps the plan of a folder of thousands of files readable.
const maxSplitsShown = 10

func (p *Plan) printSplits(w io.Writer) {
	if p.Splits == nil {
		return
	}
	n := len(p.Splits.Splits)
	if n == 0 {
		fmt.Fprintln(w, "  nothing to read")
	}
	for i, s := range p.Splits.Splits {
		if i == maxSplitsShown {
			fmt.Fprintf(w, "  and %d more\n", n-i)
			break
		}
		size := ""
		if s.Bytes >= 0 {
			size = fmt.Sprintf("  %d bytes", s.Bytes)
		}
		if s.Rows >= 0 {
			size += fmt.Sprintf("  about %d rows", s.Rows)
		}
		fmt.Fprintf(w, "  split %s%s\n", s.Name, size)
	}
}

func printColumns(w io.Writer, cols []Column) {
	width := 0
	for _, c := range cols {
		width = max(width, len([]rune(c.Name)))
	}
	for _, c := range cols {
		how := ""
		if !c.Declared {
			how = "  (inferred)"
		}
		fmt.Fprintf(w, "  %-*s  %s%s\n", width, c.Name, c.Type, how)
	}
}

// String is the endpoint in one line.
func (e Endpoint) String() string {
	s := e.Type + " " + e.Object
	if e.Connection != "" {
		s = e.Connection + " (" + e.Type + ") " + e.Object
	}
	if e.Mode != "" {
		s += ", " + e.Mode
	}
	return s
}
