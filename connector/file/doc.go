// Package file is the store of files under one folder of this machine.
//
// Names are relative to the folder and never lead out of it, not by ".." and not
// through a symbolic link. A file being written stands beside its final name as
// ".NAME.TAG.partial", which no wildcard matches, and is renamed when published.
// What cannot be renamed into place, standard output and devices, is written
// through directly.
package file

import (
	"context"
	"path/filepath"

	"github.com/headgate/headgate/connector"
)

// Config is what a file connection takes.
type Config struct {
	Path string `key:"path" required:"true" help:"folder that file names start from; relative to the project, or absolute"`
}

// Type is the registry entry. With an empty Config.Path the store holds the
// project's own files.
func Type() *connector.Type {
	return &connector.Type{
		Name:    "file",
		Summary: "files of a folder of this machine",
		Config:  func() any { return &Config{} },
		Store: func(_ context.Context, env connector.Env, cfg any) (connector.Store, error) {
			c, _ := cfg.(*Config)
			if c == nil {
				c = &Config{}
			}
			return Open(env, *c), nil
		},
	}
}

// Open makes a store. It touches no file: a folder that does not exist is an
// error of the first read, and is made by the first write.
func Open(env connector.Env, cfg Config) *Store {
	path := cfg.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(env.Project, path)
	}
	return &Store{env: env, path: path, own: cfg.Path == ""}
}
