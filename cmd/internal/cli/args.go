package cli

import (
	"bytes"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/connector/spec"
)

// OneOf checks that the first argument is one of known. what names it.
func OneOf(what string, known []string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 || slices.Contains(known, args[0]) {
			return nil
		}
		return &UsageError{Message: "unknown " + what + " " + spec.Quote(args[0]), Hint: spec.DidYouMean(args[0], known)}
	}
}

// ResultText is UI.Result of a text that may fail to be written: with --json it is
// the string under key.
func (e *Env) ResultText(key string, write func(w io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	return e.UI.Result(map[string]string{key: b.String()}, func(w io.Writer) { w.Write(b.Bytes()) })
}
