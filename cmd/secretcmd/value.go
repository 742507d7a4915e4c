package secretcmd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/vault"
)

// Value says where a value comes from. Never from an argument, which every user of
// the machine can read.
type Value struct {
	Stdin bool
	File  string
}

func (v *Value) flags(f *pflag.FlagSet) {
	f.BoolVar(&v.Stdin, "stdin", false, "read the value from standard input")
	f.StringVar(&v.File, "file", "", "read the value from this `file`")
}

// read is the value. Line ends at the end of a text belong to how it was written and
// not to the value; what is not text is taken as it is.
func (v Value) read(ctx context.Context, env *cli.Env, what string) ([]byte, error) {
	value, err := v.raw(ctx, env, what)
	if err != nil {
		return nil, err
	}
	if utf8.Valid(value) {
		value = bytes.TrimRight(value, "\r\n")
	}
	switch {
	case len(value) == 0:
		return nil, cli.Usagef("the value of %s is empty", what)
	case len(value) > vault.MaxSecret:
		return nil, cli.Usagef("the value of %s is larger than %d bytes", what, vault.MaxSecret)
	}
	env.Secrets.Add(value)
	return value, nil
}

func (v Value) raw(ctx context.Context, env *cli.Env, what string) ([]byte, error) {
	most := int64(vault.MaxSecret + 3)
	switch {
	case v.Stdin && v.File != "":
		return nil, cli.Usagef("the value comes from --stdin or from --file, not from both")
	case v.Stdin:
		b, err := io.ReadAll(io.LimitReader(env.UI.In, most))
		if err != nil {
			return nil, fmt.Errorf("read the value: %w", err)
		}
		return b, nil
	case v.File != "":
		f, err := os.Open(v.File)
		if err != nil {
			return nil, &cli.UsageError{Message: err.Error()}
		}
		defer f.Close()
		return io.ReadAll(io.LimitReader(f, most))
	case !env.UI.Interactive:
		return nil, &cli.InputError{Message: "the value of " + what + " is needed, and there is nobody to ask", Hint: "--stdin or --file FILE"}
	}
	return env.UI.AskSecret(ctx, "Value of "+what)
}

// shortest is what a value should have at least: shorter ones stand in logs and
// messages by chance, and can be guessed.
const shortest = 6

// check refuses a value without the fields that are taken from it, and warns of what
// is legal and doubtful.
func check(env *cli.Env, what string, value []byte, fields []string) error {
	var object map[string]string
	isObject := json.Unmarshal(value, &object) == nil
	for _, f := range fields {
		if _, err := vault.Field(value, f); err != nil {
			return &cli.UsageError{Message: what + ": " + err.Error(),
				Hint: "it is used with fields: its value is a JSON object of texts with " + strings.Join(named(fields), ", ")}
		}
	}
	if !isObject || len(named(fields)) == 0 {
		warnShort(env, what, string(value))
		return nil
	}
	for _, f := range named(fields) {
		warnShort(env, what+"#"+f, object[f])
	}
	return nil
}

func named(fields []string) []string {
	return slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return f == "" })
}

func warnShort(env *cli.Env, what, value string) {
	if utf8.RuneCountInString(value) < shortest {
		env.UI.Warn(fmt.Sprintf("%s has fewer than %d characters: it is easy to guess, and cannot be kept out of every message", what, shortest))
	}
}
