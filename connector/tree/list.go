package tree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/glob"
)

// Clean is glob.Clean for a store that is rooted in a folder. In one that is not, a name that
// starts with a slash keeps it: it is counted from the top of the machine, and others
// from where a login ends up.
func Clean(name string, rooted bool) (string, error) {
	clean, err := glob.Clean(name)
	if err == nil && !rooted && strings.HasPrefix(name, "/") {
		clean = "/" + clean
	}
	return clean, err
}

// ListAnywhere is List for a store that need not be rooted; see Clean.
func ListAnywhere(ctx context.Context, l Lister, label func(string) string, pattern string, rooted bool) ([]connector.Object, error) {
	if rooted || !strings.HasPrefix(pattern, "/") {
		return List(ctx, l, label, pattern)
	}
	objects, err := List(ctx, top{l}, func(name string) string { return label("/" + name) }, pattern)
	for i := range objects {
		objects[i].Name = "/" + objects[i].Name
	}
	return objects, err
}

// top is a machine seen from its top.
type top struct{ Lister }

func (t top) ReadDir(ctx context.Context, dir string) ([]Entry, error) {
	return t.Lister.ReadDir(ctx, path.Join("/", dir))
}

func (t top) Stat(ctx context.Context, name string) (Entry, error) {
	return t.Lister.Stat(ctx, path.Join("/", name))
}

// List is Store.List for the files of l. label names a file in messages.
func List(ctx context.Context, l Lister, label func(string) string, pattern string) ([]connector.Object, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	clean, err := glob.Clean(pattern)
	if err != nil {
		return nil, err
	}
	if !glob.HasWildcard(clean) {
		o, err := literal(ctx, l, label, glob.Unescape(clean))
		if err != nil {
			return nil, err
		}
		return []connector.Object{o}, nil
	}
	if err := glob.Valid(clean); err != nil {
		return nil, err
	}
	w := &walk{lister: l, pattern: clean, parts: strings.Split(clean, "/"), whole: strings.Contains(clean, "**") || acrossFolders(clean)}
	if err := w.folder(ctx, path.Clean(glob.Folder(clean)), 0); err != nil {
		return nil, err
	}
	if len(w.found) == 0 { // a file whose very name is the pattern
		if e, err := l.Stat(ctx, clean); err == nil && e.Kind != Folder {
			w.found = append(w.found, object(clean, e))
		}
	}
	slices.SortFunc(w.found, func(a, b connector.Object) int { return strings.Compare(a.Name, b.Name) })
	return w.found, nil
}

// acrossFolders reports whether an alternative holds a slash, so that the parts of the
// pattern between slashes are none.
func acrossFolders(pattern string) bool {
	open := strings.IndexByte(pattern, '{')
	return open >= 0 && strings.Contains(pattern[open:], "/")
}

func object(name string, e Entry) connector.Object {
	o := connector.Object{Name: name, Size: e.Size, Modified: e.Modified}
	if e.Kind == Other {
		o.Size = -1
	}
	return o
}

// literal finds the one file called name.
func literal(ctx context.Context, l Lister, label func(string) string, name string) (connector.Object, error) {
	e, err := l.Stat(ctx, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return connector.Object{}, missing(ctx, l, name)
	case err != nil:
		return connector.Object{}, err
	case e.Kind == Folder:
		return connector.Object{}, fmt.Errorf("%w: write %s for the files in it", ErrFolder, path.Join(label(name), "*"))
	}
	return object(name, e), nil
}

// missing is the error for a name that is not there. It names the nearest one
// that is, or the first folder on the way that is missing.
func missing(ctx context.Context, l Lister, name string) error {
	dir := path.Dir(name)
	if dir != "." {
		if _, err := l.Stat(ctx, dir); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("folder %s: %w", dir, missing(ctx, l, dir))
		}
	}
	var near []string
	entries, _ := l.ReadDir(ctx, dir)
	for _, e := range entries {
		if CheckName(e.Name) == nil {
			near = append(near, e.Name)
		}
	}
	slices.Sort(near)
	return glob.NotExist(name, near)
}

// walk looks for the files that match a pattern.
type walk struct {
	lister  Lister
	pattern string
	parts   []string // of pattern
	whole   bool     // parts say nothing of the folders on the way
	seen    int      // names so far
	found   []connector.Object
}

// folder looks through dir and the folders below it that files of the pattern may lie in.
func (w *walk) folder(ctx context.Context, dir string, depth int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if depth > maxDepth {
		return Refuse("folder %s: more than %d folders below one another: refused", Show(dir), maxDepth)
	}
	entries, err := w.lister.ReadDir(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		if errors.Is(err, fs.ErrPermission) && depth > 0 && w.whole {
			return nil // ** means what one may see
		}
		return err
	}
	if w.seen += len(entries); w.seen > MaxEntries {
		return TooMany(dir)
	}
	for _, e := range entries {
		if err := w.entry(ctx, dir, e, depth); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) entry(ctx context.Context, dir string, e Entry, depth int) error {
	if e.Name == "" || e.Name == "." || e.Name == ".." || strings.Contains(e.Name, "/") {
		return fmt.Errorf("folder %s: %w", Show(dir), CheckName(e.Name))
	}
	name := path.Join(dir, e.Name)
	hit, below := glob.Match(w.pattern, name), w.below(name)
	if !hit && !below {
		return nil
	}
	if err := CheckName(e.Name); err != nil {
		return fmt.Errorf("folder %s: %w", Show(dir), err)
	}
	if e.Kind == Link {
		// A linked folder may contain itself, which only matters where depth has no end.
		to, err := w.lister.Stat(ctx, name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
			return err
		}
		if err != nil || to.Kind == Folder && w.whole {
			return nil
		}
		e = to
	}
	switch {
	case e.Kind != Folder && hit:
		w.found = append(w.found, object(name, e))
	case e.Kind == Folder && below:
		return w.folder(ctx, name, depth+1)
	}
	return nil
}

// below reports whether files of the pattern may lie below the folder called name.
func (w *walk) below(name string) bool {
	if w.whole {
		return glob.Match("**", name) || strings.Contains(w.pattern, "/.") || strings.HasPrefix(w.pattern, ".")
	}
	n := strings.Count(name, "/") + 1
	return n < len(w.parts) && glob.Match(strings.Join(w.parts[:n], "/"), name)
}
