package runcmd

import (
	"strings"

	"github.com/spf13/pflag"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/connector/spec"
)

// inputFlags are the flags of commands that build a plan.
func inputFlags(f *pflag.FlagSet, params *[]string, profile *string) {
	f.StringArrayVar(params, "param", nil, "give a parameter its value: `name=value` (may be repeated)")
	f.StringVar(profile, "env", "", "the `profile` of connections.yaml to use")
}

// parseParams reads name=value pairs.
func parseParams(list []string) (map[string]string, error) {
	params := map[string]string{}
	for _, p := range list {
		name, value, ok := strings.Cut(p, "=")
		if !ok || name == "" {
			return nil, &cli.UsageError{Message: "--param " + spec.Quote(p) + ": no value", Hint: "write --param name=value"}
		}
		if _, twice := params[name]; twice {
			return nil, cli.Usagef("--param %s is given twice", name)
		}
		params[name] = value
	}
	return params, nil
}
