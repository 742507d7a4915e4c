package flow

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// StateDir is the folder of a project that keeps what runs and looks leave behind.
const StateDir = ".headgate"

// spokenFile is what it keeps of TLS: a list of connections and hosts.
const spokenFile = "tls.json"

// Spoke13 lists where TLS 1.3 was spoken, as connector.NetworkPolicy has it. What guards against
// somebody on the way needs no key: who can write into the folder can also change connections.yaml.
func (p *Project) Spoke13() ([]string, error) {
	data, err := os.ReadFile(filepath.Join(p.Dir, StateDir, spokenFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var list []string
	if err == nil {
		err = json.Unmarshal(data, &list)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Join(StateDir, spokenFile), err)
	}
	return list, nil
}

// Remember13 notes that the host of a connection spoke TLS 1.3.
func (p *Project) Remember13(connection, host string) error {
	list, err := p.Spoke13()
	entry := connection + " " + host
	if err != nil || slices.Contains(list, entry) {
		return err
	}
	return p.keepSpoken(append(list, entry))
}

// Forget13 forgets that of all hosts of a connection, and reports whether there was any.
func (p *Project) Forget13(connection string) (bool, error) {
	list, err := p.Spoke13()
	if err != nil {
		return false, err
	}
	rest := slices.DeleteFunc(slices.Clone(list), func(s string) bool { return strings.HasPrefix(s, connection+" ") })
	if len(rest) == len(list) {
		return false, nil
	}
	return true, p.keepSpoken(rest)
}

func (p *Project) keepSpoken(list []string) error {
	data, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	dir := filepath.Join(p.Dir, StateDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	name := filepath.Join(dir, spokenFile)
	if err := os.WriteFile(name+".new", append(data, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}
