package ui

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"syscall"
)

// Envelope is what every command but run prints with --json.
type Envelope struct {
	Command string   `json:"command"`
	OK      bool     `json:"ok"`
	Result  any      `json:"result"`
	Error   *Failure `json:"error"`
}

// Failure is why a command did not end with 0.
type Failure struct {
	Code    string `json:"code"` // stable, for programs: "usage", "unreachable"
	Exit    int    `json:"exit"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// ErrNobodyReads is a result that could not be printed because its reader went
// away: | head has seen enough.
var ErrNobodyReads = errors.New("standard output is closed")

// Result hands in what the command found. With --json it is v, printed by Finish;
// otherwise text prints it at once.
func (t *Terminal) Result(v any, text func(w io.Writer)) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.JSON {
		t.result = v
		return nil
	}
	t.wipe()
	var w bytes.Buffer // whole, so that nothing to redact is cut in two
	text(&w)
	_, err := t.out().Write(w.Bytes())
	if errors.Is(err, syscall.EPIPE) {
		return ErrNobodyReads
	}
	return err
}

// Event prints one line of JSON now. A command that prints events prints no
// Envelope.
func (t *Terminal) Event(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.streamed = true
	_, err = t.out().Write(append(line, '\n'))
	return err
}

// Finish prints the Envelope when --json was given and no event was printed. f is
// nil when the command succeeded.
func (t *Terminal) Finish(command string, f *Failure) error {
	if !t.JSON || t.streamed {
		return nil
	}
	e := json.NewEncoder(t.out())
	e.SetEscapeHTML(false)
	return e.Encode(Envelope{Command: command, OK: f == nil, Result: t.result, Error: f})
}
