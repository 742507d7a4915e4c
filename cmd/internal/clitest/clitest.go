// Package clitest makes environments for the tests of commands: buffers instead of a
// terminal, a folder of the test's own, the real registry.
package clitest

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/connector/all"
)

// Place is an environment with what its commands printed.
type Place struct {
	*cli.Env
	Dir      string // the project's folder
	Out, Err *bytes.Buffer
}

// New makes a project folder with files, given as path and content in turn.
func New(t *testing.T, files ...string) *Place {
	t.Helper()
	p := &Place{Dir: t.TempDir(), Out: new(bytes.Buffer), Err: new(bytes.Buffer)}
	for i := 0; i < len(files); i += 2 {
		p.Write(t, files[i], files[i+1])
	}
	_, signals := cli.Listen(context.Background(), func(code int) { t.Errorf("exit %d", code) })
	p.Env = &cli.Env{
		UI:       &ui.Terminal{In: strings.NewReader(""), Out: p.Out, Err: p.Err},
		Global:   cli.Global{Project: p.Dir},
		Flags:    pflag.NewFlagSet("", pflag.ContinueOnError),
		Getenv:   func(string) string { return "" },
		Signals:  signals,
		Now:      func() time.Time { return time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC) },
		Registry: all.Registry,
		Failure:  failure,
	}
	return p
}

// failure stands in for the table of exit codes, which lives above the commands.
func failure(err error) *ui.Failure {
	if err == nil {
		return nil
	}
	return &ui.Failure{Code: "failed", Exit: 1, Message: err.Error()}
}

// Path is a file of the project.
func (p *Place) Path(name string) string { return filepath.Join(p.Dir, filepath.FromSlash(name)) }

// Write writes a file of the project.
func (p *Place) Write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(p.Path(name)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.Path(name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Read reads a file of the project.
func (p *Place) Read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(p.Path(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Parse gives a command its arguments and runs it.
func Parse(c *cobra.Command, args ...string) error {
	c.SetArgs(args)
	c.SetOut(io.Discard)
	c.SetErr(io.Discard)
	c.SilenceErrors, c.SilenceUsage = true, true
	return c.ExecuteContext(context.Background())
}
