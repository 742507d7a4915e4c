// Package password gets a new password from where a person or a program gives it:
// the terminal, standard input, or a generator. Never from an argument, which every
// user of the machine can read.
package password

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/pflag"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/vault/slot"
)

// Source says where a new password comes from. With neither the terminal is asked.
type Source struct {
	Stdin    bool // --password-stdin
	Generate bool
}

// Flags declares the flags of a command that takes a new password. generate names the
// one that makes it.
func (s *Source) Flags(f *pflag.FlagSet, generate string) {
	f.BoolVar(&s.Stdin, "password-stdin", false, "read the password from standard input")
	f.BoolVar(&s.Generate, generate, false, "make a password and print it, once")
}

// Given reports whether a flag says where the password comes from.
func (s Source) Given() bool { return s.Stdin || s.Generate }

// New is a new password. made is the same when it was generated and must be shown,
// otherwise empty. hint names the flags that a program would have to give.
func New(ctx context.Context, env *cli.Env, s Source, hint string) (password []byte, made string, err error) {
	switch {
	case s.Stdin && s.Generate:
		return nil, "", cli.Usagef("a password is either read or generated, not both")
	case s.Stdin:
		password, err = Read(env.UI.In)
		return password, "", err
	case s.Generate:
		return generate()
	case !env.UI.Interactive:
		return nil, "", &cli.InputError{Message: "a new password is needed, and there is nobody to ask", Hint: hint}
	}
	password, err = env.UI.AskSecret(ctx, "New password (empty: one is made)")
	if err != nil {
		return nil, "", err
	}
	if len(password) == 0 {
		return generate()
	}
	again, err := env.UI.AskSecret(ctx, "The same again")
	if err != nil {
		return nil, "", err
	}
	if !bytes.Equal(password, again) {
		return nil, "", cli.Usagef("the two passwords differ")
	}
	return password, "", nil
}

func generate() (password []byte, made string, err error) {
	made, err = slot.Generate()
	return []byte(made), made, err
}

// longest is more than any password may have.
const longest = 4096

// Read reads a password that a program hands over: all of r, without one line end.
func Read(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, longest+1))
	if err != nil {
		return nil, fmt.Errorf("read the password: %w", err)
	}
	b = bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
	switch {
	case len(b) == 0:
		return nil, cli.Usagef("standard input has no password")
	case len(b) > longest:
		return nil, errors.New("read the password: it is too long")
	}
	return b, nil
}
