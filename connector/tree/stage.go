package tree

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"
)

// suffix ends the name of every file being written.
const suffix = ".part"

// maxName is the longest file name common file systems take, in bytes.
const maxName = 255

// Staged is where final is written before it is published: in the same folder, so that
// a rename is all it takes, under a name that no wildcard matches.
func Staged(final, tag string) string {
	dir, base := path.Split(final)
	tag = safe(tag)
	if room := maxName - len(tag) - len(suffix) - len(".."); len(base) > room {
		base = strings.ToValidUTF8(base[:max(room, 0)], "")
	}
	return dir + "." + base + "." + tag + suffix
}

// Sweep removes the files in dir and below that were being written under a tag that starts
// with tag.
func Sweep(ctx context.Context, l Lister, dir, tag string, remove func(context.Context, string) error) error {
	return sweep(ctx, l, path.Clean(dir), "."+safe(tag), remove, 0)
}

func sweep(ctx context.Context, l Lister, dir, mark string, remove func(context.Context, string) error, depth int) error {
	entries, err := l.ReadDir(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || depth > maxDepth {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name)
		switch {
		case CheckName(e.Name) != nil:
		case e.Kind == Folder:
			err = sweep(ctx, l, name, mark, remove, depth+1)
		case isStaged(e.Name, mark):
			err = remove(ctx, name)
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// isStaged recognises what Staged makes of a tag that starts with mark.
func isStaged(base, mark string) bool {
	return strings.HasPrefix(base, ".") && strings.HasSuffix(base, suffix) && strings.Contains(base[1:], mark)
}

// safe keeps of tag what may stand in a file name.
func safe(tag string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z', r == '-', r == '_', r == '.':
			return r
		}
		return '-'
	}, tag)
}
