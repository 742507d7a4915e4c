// Package ui is the only place that reads from and prints to the terminal.
//
// Results go to standard output, everything said to people to standard error.
// With --json a command prints one object, see Envelope; a run prints a line of
// JSON an event. Messages have no capital at the start and no full stop. Text that
// comes from data or from file names is made harmless by Safe on its way out.
package ui

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"sync"

	"golang.org/x/term"
)

// Terminal is where a command reads and prints. Its methods may be called from
// several goroutines.
type Terminal struct {
	In       io.Reader
	Out, Err io.Writer

	InTTY, OutTTY, ErrTTY bool // whether the three are terminals
	Interactive           bool // a person is there: live lines and, later, questions
	Color                 bool // of what goes to Err
	Columns               int  // width of the terminal; 0 = not a terminal, no limit

	JSON    bool // --json
	Quiet   bool // --quiet: results and errors only
	LogJSON bool // --log-format json: what goes to Err is one JSON object a line

	Redact func([]byte) []byte // takes secrets out of everything that is printed; nil: nothing

	mu       sync.Mutex
	live     bool // a live line is on the screen
	result   any
	streamed bool
}

// System is the terminal of this process. getenv tells of CI, NO_COLOR and TERM.
func System(getenv func(string) string) *Terminal {
	t := &Terminal{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
	t.InTTY = term.IsTerminal(int(os.Stdin.Fd()))
	t.OutTTY = term.IsTerminal(int(os.Stdout.Fd()))
	t.ErrTTY = term.IsTerminal(int(os.Stderr.Fd()))
	dumb := getenv("TERM") == "dumb"
	t.Interactive = t.InTTY && t.ErrTTY && !dumb && !truthy(getenv("CI"))
	t.Color = t.ErrTTY && !dumb && getenv("NO_COLOR") == ""
	if t.OutTTY {
		t.Columns = columns(os.Stdout)
	} else if t.ErrTTY {
		t.Columns = columns(os.Stderr)
	}
	return t
}

func columns(f *os.File) int {
	if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
		return w
	}
	return 80
}

func truthy(s string) bool { return s != "" && s != "0" && s != "false" }

// Note says something to people. Quiet leaves it out.
func (t *Terminal) Note(text string, attrs ...any) {
	if !t.Quiet {
		t.say(slog.LevelInfo, "", text, attrs)
	}
}

// Warn says what a person should look at, also when quiet.
func (t *Terminal) Warn(text string) { t.say(slog.LevelWarn, t.paint(yellow, "warning: "), text, nil) }

// Error says why a command failed, and what may help.
func (t *Terminal) Error(message, hint string) {
	if t.LogJSON {
		var attrs []any
		if hint != "" {
			attrs = []any{"hint", hint}
		}
		t.say(slog.LevelError, "", message, attrs)
		return
	}
	t.say(slog.LevelError, t.paint(red, "error: "), message, nil)
	if hint != "" {
		t.say(slog.LevelError, t.paint(cyan, "hint: "), hint, nil)
	}
}

// say prints one message. attrs are for machines: they stand only in JSON lines.
func (t *Terminal) say(level slog.Level, prefix, text string, attrs []any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wipe()
	if t.LogJSON {
		slog.New(slog.NewJSONHandler(t.err(), nil)).Log(context.Background(), level, text, attrs...)
		return
	}
	io.WriteString(t.err(), prefix+SafeLines(text)+"\n")
}

// SetLive replaces the live line at the bottom of the screen; "" takes it away.
func (t *Terminal) SetLive(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wipe()
	if line == "" {
		return
	}
	if t.Columns > 1 {
		line = fit(Safe(line), t.Columns-1)
	}
	io.WriteString(t.err(), line)
	t.live = true
}

// wipe takes the live line off the screen; t.mu is held.
func (t *Terminal) wipe() {
	if t.live {
		io.WriteString(t.Err, "\r\x1b[K")
		t.live = false
	}
}

const (
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

func (t *Terminal) paint(color, s string) string {
	if !t.Color {
		return s
	}
	return "\x1b[" + color + "m" + s + "\x1b[0m"
}

// Good paints s as good news, Bad as bad news and Doubtful as something to look
// at, where colour may be used. The text says the same without colour.
func (t *Terminal) Good(s string) string     { return t.paint(green, s) }
func (t *Terminal) Bad(s string) string      { return t.paint(red, s) }
func (t *Terminal) Doubtful(s string) string { return t.paint(yellow, s) }

// Report says several lines to people at once; with --log-format json it is one
// object, v under key. lines may be painted: what they quote was made Safe before.
// Quiet leaves it out.
func (t *Terminal) Report(lines, key string, v any) {
	if t.Quiet {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wipe()
	if t.LogJSON {
		slog.New(slog.NewJSONHandler(t.err(), nil)).Info(key, key, v)
		return
	}
	io.WriteString(t.err(), lines+"\n")
}

// Block prints several lines to people, also when quiet. What they quote was made
// Safe before.
func (t *Terminal) Block(write func(w io.Writer)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wipe()
	var w bytes.Buffer // whole, so that nothing to redact is cut in two
	write(&w)
	t.err().Write(w.Bytes())
}

// err and out are where everything goes. What is written at once is redacted as one.
func (t *Terminal) err() io.Writer { return redacting{t.Err, t.Redact} }
func (t *Terminal) out() io.Writer { return redacting{t.Out, t.Redact} }

type redacting struct {
	to     io.Writer
	redact func([]byte) []byte
}

// Write implements io.Writer.
func (c redacting) Write(p []byte) (int, error) {
	if c.redact == nil {
		return c.to.Write(p)
	}
	_, err := c.to.Write(c.redact(p))
	return len(p), err
}
