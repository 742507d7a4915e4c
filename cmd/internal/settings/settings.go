// Package settings reads the tool's own settings. A flag wins over the environment
// (HEADGATE_...), that over headgate.yaml of the project, and that over what is
// built in. Only the names listed here are ever looked up in the environment, and
// only the project's own folder is searched.
package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"github.com/headgate/headgate/connector/spec"
	"github.com/headgate/headgate/flow"
)

// FileName is the settings file of a project.
const FileName = "headgate.yaml"

// Settings is the tool's settings, all sources merged.
type Settings struct {
	LogFormat   string        // text or json
	Quiet       bool          // results and errors only
	Env         string        // the profile of runs that name none
	LockTimeout time.Duration // how long a run waits for another one of its flow, and everything for the store
	Store       string        // the store's file; "" = the person's own
}

// file is what headgate.yaml may hold. Its keys in lower case, joined by points,
// are the names viper knows.
type file struct {
	Version int `key:"version" help:"version of the file's format" default:"1"`
	Log     struct {
		Format string `key:"format" help:"messages on standard error" enum:"text,json" default:"text"`
	} `key:"log" help:"how the program talks"`
	Store    string `key:"store" help:"the store's file; a relative path starts in the project's folder"`
	Defaults struct {
		Env         string        `key:"env" help:"profile of connections.yaml for runs that name none"`
		Quiet       bool          `key:"quiet" help:"print results and errors only"`
		LockTimeout time.Duration `key:"lock_timeout" help:"how long a run waits for another run of the same flow, and a command for the store"`
	} `key:"defaults" help:"values of flags that are not given"`
}

// source ties a setting to its flag and its variable of the environment.
type source struct{ key, flag, variable string }

func sources() []source {
	return []source{
		{"log.format", "log-format", "HEADGATE_LOG_FORMAT"},
		{"defaults.env", "", "HEADGATE_ENV"}, // --env belongs to some commands only and is handled there
		{"defaults.quiet", "quiet", "HEADGATE_QUIET"},
		{"defaults.lock_timeout", "lock-timeout", "HEADGATE_LOCK_TIMEOUT"},
		{"store", "store", "HEADGATE_STORE"},
	}
}

// Load merges the settings for the project in dir. Findings are about headgate.yaml, an error about
// reading it or about the environment.
func Load(dir string, flags *pflag.FlagSet, getenv func(string) string) (*Settings, []flow.Diag, error) {
	data, err := os.ReadFile(filepath.Join(dir, FileName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	if diags := Check(filepath.Join(dir, FileName), data); len(diags) > 0 {
		return nil, diags, nil
	}
	v := viper.New()
	v.SetConfigType("yaml")
	v.SetDefault("log.format", "text")
	if err := v.ReadConfig(bytes.NewReader(data)); err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", FileName, err)
	}
	if s := v.GetString("store"); s != "" && !filepath.IsAbs(s) {
		v.Set("store", filepath.Join(dir, s))
	}
	for _, s := range sources() {
		if x := getenv(s.variable); x != "" {
			v.Set(s.key, x)
		}
		if f := flags.Lookup(s.flag); s.flag != "" && f != nil && f.Changed {
			v.Set(s.key, f.Value.String())
		}
	}
	return merged(v)
}

func merged(v *viper.Viper) (*Settings, []flow.Diag, error) {
	s := &Settings{LogFormat: v.GetString("log.format"), Env: v.GetString("defaults.env"), Quiet: v.GetBool("defaults.quiet"), Store: v.GetString("store")}
	if s.LogFormat != "text" && s.LogFormat != "json" {
		return nil, nil, fmt.Errorf("HEADGATE_LOG_FORMAT %s: write text or json", spec.Quote(s.LogFormat))
	}
	if x := v.GetString("defaults.lock_timeout"); x != "" {
		d, err := time.ParseDuration(x)
		if err != nil || d < 0 {
			return nil, nil, fmt.Errorf("HEADGATE_LOCK_TIMEOUT %s: write a duration, such as 30s", spec.Quote(x))
		}
		s.LockTimeout = d
	}
	return s, nil, nil
}

// Check reports what is wrong with a settings file, data as read from name. No data is fine.
func Check(name string, data []byte) []flow.Diag {
	if len(data) == 0 {
		return nil
	}
	root, findings := spec.Parse(data)
	if root == nil && len(findings) == 1 && findings[0].Code == "yaml.empty" {
		return nil // comments only: init writes such files
	}
	if root != nil {
		var f file
		d := spec.Decoder{Source: data}
		d.Decode(root, &f)
		if f.Version != 1 {
			d.Report(root, "flow.version", fmt.Sprintf("version %d of %s is not known", f.Version, FileName), "write `version: 1`")
		}
		findings = append(findings, d.Findings...)
	}
	return (&flow.Flow{File: name, Bytes: data}).Diags(findings)
}
