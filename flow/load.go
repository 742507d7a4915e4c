package flow

import (
	"fmt"
	"io"
	"io/fs"
	"os"

	"go.yaml.in/yaml/v3"

	"github.com/headgate/headgate/connector/spec"
)

// Load reads a flow file; display is its path as shown to people. It reports everything that one
// file alone can tell. The flow is nil when the file cannot be read or is not a YAML map;
// otherwise it is usable for further checks even when there are findings.
func Load(path, display string) (*Flow, []Diag) {
	data, finding := readFile(path)
	if finding != nil {
		return nil, file{display: display}.diags([]spec.Finding{*finding})
	}
	return LoadBytes(data, display)
}

// LoadBytes is Load for a file in memory.
func LoadBytes(data []byte, display string) (*Flow, []Diag) {
	src := file{display: display, bytes: data}
	root, d := parse(data, "flow")
	if root == nil {
		return nil, src.diags(d.Findings)
	}
	f := &Flow{File: display, Bytes: data}
	if k, _ := keyOf(root, "streams"); k != nil {
		rest, common := splitStreams(root)
		d.Decode(rest, f)
		checkStreams(rest, f, common, d)
		root = rest
	} else {
		d.Decode(root, f)
		checkWhole(root, f, d)
	}
	checkFlow(root, f, d)
	checkLater(root, d)
	checkTemplates(root, f, d)
	return f, src.diags(d.Findings)
}

// parse returns a map, or nil and findings.
func parse(data []byte, what string) (*yaml.Node, *spec.Decoder) {
	root, findings := spec.Parse(data)
	d := &spec.Decoder{Findings: findings, Source: data}
	if root != nil && spec.ShapeOf(root) != spec.Map {
		d.Report(root, "yaml.type", "a "+what+" file is a map of keys, got "+spec.ShapeOf(root).String(), "")
		return nil, d
	}
	return root, d
}

// readFile reads a file that is not too large.
func readFile(path string) ([]byte, *spec.Finding) {
	data, size, err := readRegular(path)
	if err != nil {
		return nil, &spec.Finding{Code: "yaml.read", Message: err.Error()}
	}
	if size > spec.MaxFileSize {
		return nil, spec.TooLarge(size)
	}
	return data, nil
}

// readRegular returns the contents, or only the size of a file that is too large.
func readRegular(path string) ([]byte, int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, pathless("read", err)
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("read: not a regular file")
	}
	if info.Size() > spec.MaxFileSize {
		return nil, info.Size(), nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, pathless("read", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, spec.MaxFileSize+1))
	if err != nil {
		return nil, 0, pathless("read", err)
	}
	return data, int64(len(data)), nil
}

// pathless drops the path from an error, which the finding shows already.
func pathless(operation string, err error) error {
	if pe, ok := err.(*fs.PathError); ok {
		err = pe.Err
	}
	return fmt.Errorf("%s: %w", operation, err)
}
