package runcmd

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/flow/engine"
)

// summary tells people what a run did.
func (s *session) summary(f Finished) {
	t := s.env.UI
	status := string(f.Status)
	switch f.Status {
	case engine.Succeeded, engine.Empty, engine.Skipped:
		status = t.Good(status)
	case engine.Partial, engine.Interrupted:
		status = t.Doubtful(status)
	default:
		status = t.Bad(status)
	}
	for _, n := range f.Notes {
		t.Note("note: " + n)
	}
	t.Report(strings.Join(summaryLines(f, status), "\n"), "run", f)
}

func summaryLines(f Finished, status string) []string {
	took := time.Duration(f.DurationMS) * time.Millisecond
	lines := []string{fmt.Sprintf("%s: %s in %s", f.Flow, status, ui.Duration(took))}
	if f.Status == engine.Skipped {
		return append(lines, "  another run of this flow is under way")
	}
	count := func(name string, n int64, more string) {
		line := fmt.Sprintf("  %-9s %12s %s", name, ui.Count(n), noun(n))
		if more != "" {
			line += "  " + more
		}
		lines = append(lines, line)
	}
	count("read", f.RowsRead, ui.Bytes(f.BytesRead))
	count("written", f.RowsWritten, written(f))
	if f.RowsFiltered > 0 {
		count("filtered", f.RowsFiltered, "")
	}
	if f.RowsDeduped > 0 {
		count("deduped", f.RowsDeduped, "")
	}
	if f.RowsRejected > 0 {
		count("rejected", f.RowsRejected, f.Rejects)
	}
	if f.Status != engine.Failed && f.Status != engine.Interrupted {
		lines = append(lines, fmt.Sprintf("  balance   %12s = %s + %s + %s + %s (written, filtered, deduped, rejected)", ui.Count(f.RowsRead),
			ui.Count(f.RowsWritten), ui.Count(f.RowsFiltered), ui.Count(f.RowsDeduped), ui.Count(f.RowsRejected)))
	}
	if sec := took.Seconds(); sec > 0 && f.Committed {
		lines = append(lines, fmt.Sprintf("  speed     %12s rows/s, %.1f MB/s, peak memory %s",
			ui.Count(int64(float64(f.RowsRead)/sec)), float64(f.BytesRead)/sec/1e6, ui.Bytes(f.PeakRSS)))
	}
	lines = append(lines, streamLines(f.Streams)...)
	for i, out := range f.Outputs {
		if i == maxOutputs {
			lines = append(lines, "  output    and "+ui.Count(int64(len(f.Outputs)-i))+" more")
			break
		}
		lines = append(lines, "  output    "+ui.Safe(out))
	}
	return lines
}

// streamLines has a line for each stream: those that did not end well first.
func streamLines(list []Streamed) []string {
	ordered := slices.Clone(list)
	slices.SortStableFunc(ordered, func(a, b Streamed) int { return rank(a) - rank(b) })
	width := 0
	for _, st := range ordered {
		width = max(width, len([]rune(ui.Safe(st.Name))))
	}
	var lines []string
	for i, st := range ordered {
		if i == maxStreamLines {
			return append(lines, "  stream    and "+ui.Count(int64(len(list)-i))+" more")
		}
		line := fmt.Sprintf("  stream    %-*s  %-11s %12s rows", width, ui.Safe(st.Name), st.Status, ui.Count(st.RowsWritten))
		if st.Error != nil {
			line = fmt.Sprintf("  stream    %-*s  %-11s %s", width, ui.Safe(st.Name), st.Status, ui.Safe(st.Error.Message))
		}
		lines = append(lines, line)
	}
	return lines
}

// maxStreamLines is how many streams a summary names; the events name all.
const maxStreamLines = 40

// rank orders streams by what is worth a look.
func rank(st Streamed) int {
	switch st.Status {
	case engine.Failed:
		return 0
	case engine.Partial, engine.Interrupted, engine.Skipped:
		return 1
	}
	return 2
}

// maxOutputs is how many outputs a summary names; the events name all.
const maxOutputs = 10

func noun(n int64) string {
	if n == 1 {
		return "row "
	}
	return "rows"
}

func written(f Finished) string {
	var more []string
	if f.BytesWritten > 0 {
		more = append(more, ui.Bytes(f.BytesWritten))
	}
	if !f.Committed && f.RowsWritten > 0 {
		more = append(more, "undone: nothing of it is visible")
	}
	return strings.Join(more, ", ")
}
