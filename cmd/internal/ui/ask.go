package ui

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// ErrNobodyThere says that there is nobody to ask.
var ErrNobodyThere = errors.New("nobody to ask: this is no terminal, or --non-interactive or CI=true is set")

// ErrNoAnswer says that whoever was asked ended the input instead.
var ErrNoAnswer = errors.New("no answer")

// Ask asks for a line of text.
func (t *Terminal) Ask(ctx context.Context, prompt string) (string, error) {
	line, err := t.ask(ctx, prompt, true, func(f *os.File) ([]byte, error) {
		s, err := bufio.NewReader(f).ReadString('\n')
		if errors.Is(err, io.EOF) {
			fmt.Fprintln(t.Err)
			err = ErrNoAnswer
		}
		return []byte(s), err
	})
	return strings.TrimSpace(string(line)), err
}

// AskSecret asks for a text that is not shown while it is typed.
func (t *Terminal) AskSecret(ctx context.Context, prompt string) ([]byte, error) {
	return t.ask(ctx, prompt, false, func(f *os.File) ([]byte, error) {
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(t.Err)
		return b, err
	})
}

// Confirm asks a question whose answer is yes or no; anything but yes is no.
func (t *Terminal) Confirm(ctx context.Context, question string) (bool, error) {
	answer, err := t.Ask(ctx, question+" [y/N]")
	if errors.Is(err, ErrNoAnswer) {
		return false, nil
	}
	return strings.EqualFold(answer, "y") || strings.EqualFold(answer, "yes"), err
}

// ask reads from the terminal itself, since standard input may be data. Whatever
// ends the command leaves the terminal as it was.
func (t *Terminal) ask(ctx context.Context, prompt string, echo bool, read func(*os.File) ([]byte, error)) ([]byte, error) {
	if !t.Interactive {
		return nil, ErrNobodyThere
	}
	f, err := openTerminal()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	before, err := term.GetState(int(f.Fd()))
	if err != nil {
		return nil, err
	}
	defer func() { _ = term.Restore(int(f.Fd()), before) }()
	if !echo { // before the prompt: who answers at once is not shown either
		if err := hideInput(f); err != nil {
			return nil, err
		}
	}
	t.mu.Lock()
	t.wipe()
	io.WriteString(t.Err, SafeLines(prompt)+": ")
	t.mu.Unlock()
	type answer struct {
		text []byte
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		b, err := read(f)
		done <- answer{b, err}
	}()
	select {
	case a := <-done:
		return a.text, a.err
	case <-ctx.Done():
		fmt.Fprintln(t.Err)
		return nil, ctx.Err()
	}
}
