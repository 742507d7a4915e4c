package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/headgate/headgate/connector/spec"
)

func load(t *testing.T, text string, env map[string]string, args ...string) (*Settings, []string, error) {
	t.Helper()
	dir := t.TempDir()
	if text != "" {
		if err := os.WriteFile(filepath.Join(dir, FileName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.String("log-format", "text", "")
	flags.Bool("quiet", false, "")
	flags.Duration("lock-timeout", 0, "")
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	s, diags, err := Load(dir, flags, func(k string) string { return env[k] })
	var found []string
	for _, d := range diags {
		found = append(found, d.Code)
	}
	return s, found, err
}

func TestPrecedence(t *testing.T) {
	const file = "version: 1\nlog: {format: json}\ndefaults: {env: dev, quiet: true, lock_timeout: 5s}\n"
	for _, c := range []struct {
		name, file string
		env        map[string]string
		args       []string
		want       Settings
	}{
		{name: "built in", want: Settings{LogFormat: "text"}},
		{name: "only comments", file: "# nothing\n", want: Settings{LogFormat: "text"}},
		{name: "file", file: file, want: Settings{LogFormat: "json", Quiet: true, Env: "dev", LockTimeout: 5 * time.Second}},
		{name: "environment", file: file, env: map[string]string{"HEADGATE_ENV": "test", "HEADGATE_LOCK_TIMEOUT": "1m", "HEADGATE_QUIET": "false", "HEADGATE_LOG_FORMAT": "text"}, want: Settings{LogFormat: "text", Env: "test", LockTimeout: time.Minute}},
		{name: "flags", file: file, env: map[string]string{"HEADGATE_LOCK_TIMEOUT": "1m"}, args: []string{"--lock-timeout", "7s", "--quiet=false", "--log-format", "text"}, want: Settings{LogFormat: "text", Env: "dev", LockTimeout: 7 * time.Second}},
		{name: "store", file: "version: 1\nstore: /srv/store.db\n", want: Settings{LogFormat: "text", Store: "/srv/store.db"}},
		{name: "store of the environment", file: "version: 1\nstore: /srv/store.db\n", env: map[string]string{"HEADGATE_STORE": "here.db"}, want: Settings{LogFormat: "text", Store: "here.db"}},
		{name: "unlisted variables are not read", env: map[string]string{"HEADGATE_DEFAULTS_ENV": "x"}, want: Settings{LogFormat: "text"}},
	} {
		got, found, err := load(t, c.file, c.env, c.args...)
		if err != nil || found != nil || *got != c.want {
			t.Errorf("%s: %+v %v %v, want %+v", c.name, got, found, err, c.want)
		}
	}
}

func TestFindings(t *testing.T) {
	for text, want := range map[string]string{
		"versoin: 1\n":                     "yaml.unknown_key",
		"Log: {format: json}\n":            "yaml.unknown_key",
		"log: {format: xml}\n":             "yaml.value",
		"defaults: {lock_timeout: soon}\n": "yaml.value",
		"version: 2\n":                     "flow.version",
		"- a\n":                            "yaml.type",
		"a: [\n":                           "yaml.syntax",
	} {
		if _, found, err := load(t, text, nil); err != nil || strings.Join(found, " ") != want {
			t.Errorf("%q: %v %v, want %s", text, found, err, want)
		}
	}
}

func TestBadEnvironment(t *testing.T) {
	for _, env := range []map[string]string{{"HEADGATE_LOG_FORMAT": "xml"}, {"HEADGATE_LOCK_TIMEOUT": "soon"}} {
		if _, _, err := load(t, "", env); err == nil {
			t.Errorf("%v: no error", env)
		}
	}
}

func TestTags(t *testing.T) {
	if err := spec.Lint(&file{}); err != nil {
		t.Error(err)
	}
}
