package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/glob"
)

// List returns the files that match pattern, sorted by name. Wildcards do not match
// names that start with a point; a backslash takes a wildcard's meaning away. A
// file whose very name is the pattern is found when the pattern matches nothing.
func (s *Store) List(ctx context.Context, pattern string) ([]connector.Object, error) {
	if pattern == stdio {
		return []connector.Object{{Name: stdio, Size: -1}}, nil
	}
	objects, err := s.list(ctx, pattern)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.label(pattern), err)
	}
	return objects, nil
}

func (s *Store) list(ctx context.Context, given string) ([]connector.Object, error) {
	pattern, err := s.clean(given)
	if err != nil {
		return nil, err
	}
	root, err := s.folder(false)
	if err != nil {
		return nil, err
	}
	if !glob.HasWildcard(pattern) {
		return s.literal(root, glob.Unescape(pattern))
	}
	if err := glob.Valid(pattern); err != nil {
		return nil, err
	}
	var objects []connector.Object
	walk := func(name string, d fs.DirEntry) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		o, ok, err := stat(root, name)
		if ok {
			objects = append(objects, o)
		}
		return err
	}
	options := []doublestar.GlobOption{doublestar.WithNoHidden(), doublestar.WithFailOnIOErrors()}
	if strings.Contains(pattern, "**") {
		options = append(options, doublestar.WithNoFollow()) // a linked folder may contain itself
	}
	err = doublestar.GlobWalk(root.FS(), pattern, walk, options...)
	if err != nil {
		return nil, nameCause(err)
	}
	if len(objects) == 0 {
		if o, ok, err := stat(root, pattern); ok && err == nil {
			objects = append(objects, o)
		}
	}
	slices.SortFunc(objects, func(a, b connector.Object) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(objects, func(a, b connector.Object) bool { return a.Name == b.Name }), nil
}

// stat describes a file; ok is false for a folder.
func stat(root *os.Root, name string) (o connector.Object, ok bool, err error) {
	info, err := root.Stat(name)
	if err != nil {
		return o, false, fmt.Errorf("%s: %w", name, cause(err))
	}
	o = connector.Object{Name: name, Size: info.Size(), Modified: info.ModTime()}
	if !info.Mode().IsRegular() {
		o.Size = -1
	}
	return o, !info.IsDir(), nil
}

// nameCause is a listing error in our words: the file, then the cause.
func nameCause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Path, p.Err)
	}
	return err
}

// literal finds the one file called name.
func (s *Store) literal(root *os.Root, name string) ([]connector.Object, error) {
	o, ok, err := stat(root, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, missing(root, name)
	case err != nil:
		return nil, cause(errors.Unwrap(err))
	case !ok:
		return nil, fmt.Errorf("%w: write %s for the files in it", errFolder, path.Join(s.label(name), "*"))
	}
	return []connector.Object{o}, nil
}

// missing is the error for a name that is not there. It names the nearest one
// that is, or the first folder on the way that is missing.
func missing(root *os.Root, name string) error {
	dir := path.Dir(name)
	if dir != "." {
		if _, err := root.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("folder %s: %w", dir, missing(root, dir))
		}
	}
	return glob.NotExist(name, names(root, dir))
}

// maxNames bounds how many names of a folder are looked at for a suggestion.
const maxNames = 10_000

// names lists the names in dir, at most maxNames.
func names(root *os.Root, dir string) []string {
	f, err := root.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	all, _ := f.Readdirnames(maxNames)
	slices.Sort(all)
	return all
}
