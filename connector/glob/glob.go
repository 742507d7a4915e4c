// Package glob is how all stores read names and patterns: ** crosses folders,
// wildcards do not match names that start with a point, a backslash takes a wildcard's
// meaning away.
package glob

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/headgate/headgate/connector/spec"
)

// ErrMalformed is a pattern with a bracket that is not closed.
var ErrMalformed = errors.New("the pattern is malformed (a bracket is not closed)")

// HasWildcard reports whether pattern may match several names.
func HasWildcard(pattern string) bool {
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
		case '*', '?', '[', '{':
			return true
		}
	}
	return false
}

// Unescape is the name that a pattern without wildcards stands for.
func Unescape(pattern string) string {
	if !strings.Contains(pattern, `\`) {
		return pattern
	}
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] == '\\' && i+1 < len(pattern) {
			i++
		}
		b.WriteByte(pattern[i])
	}
	return b.String()
}

// Clean is name, or a pattern, without a leading slash and without . and .. in it; an
// error when it leads out of the store or names nothing.
func Clean(name string) (string, error) {
	clean := path.Clean(strings.TrimLeft(name, "/"))
	if name == "" || !fs.ValidPath(clean) || clean == "." || strings.ContainsRune(clean, 0) {
		return "", errors.New("the name leads out of the connection")
	}
	return clean, nil
}

// Folder is the deepest folder that every name matching pattern lies in; "" is the root.
func Folder(pattern string) string {
	parts := strings.Split(pattern, "/")
	n := slices.IndexFunc(parts, HasWildcard)
	if n < 0 {
		n = len(parts) - 1
	}
	return Unescape(strings.Join(parts[:n], "/"))
}

// Deep reports whether pattern matches below Folder by more than one level.
func Deep(pattern string) bool {
	rest := strings.Split(pattern, "/")
	n := slices.IndexFunc(rest, HasWildcard)
	return n >= 0 && n < len(rest)-1 || strings.Contains(pattern, "**") || strings.ContainsAny(pattern, "{}") && strings.Count(pattern, "/") > n
}

// Match reports whether name matches pattern, which must be well formed.
func Match(pattern, name string) bool {
	if ok, err := doublestar.Match(pattern, name); err != nil || !ok {
		return false
	}
	shown := strings.Split(pattern, "/")
	for part := range strings.SplitSeq(name, "/") {
		if !strings.HasPrefix(part, ".") {
			continue
		}
		asked := slices.ContainsFunc(shown, func(p string) bool {
			ok, _ := doublestar.Match(p, part)
			return ok && (strings.HasPrefix(p, ".") || strings.HasPrefix(p, `\.`))
		})
		if !asked {
			return false
		}
	}
	return true
}

// Valid checks the form of pattern.
func Valid(pattern string) error {
	if !doublestar.ValidatePattern(pattern) {
		return ErrMalformed
	}
	return nil
}

// NotExist is fs.ErrNotExist for the object called name; near are the names that are
// there instead, in the same folder.
func NotExist(name string, near []string) error {
	dir, base := path.Split(name)
	visible := slices.DeleteFunc(slices.Clone(near), func(n string) bool { return strings.HasPrefix(n, ".") })
	if hit := spec.Nearest(base, visible); hit != "" {
		return &notExist{"no such file or folder; did you mean " + path.Join(dir, hit) + "?"}
	}
	return &notExist{"no such file or folder"}
}

// notExist is fs.ErrNotExist with a text of its own.
type notExist struct{ text string }

func (e *notExist) Error() string        { return e.text }
func (e *notExist) Is(target error) bool { return target == fs.ErrNotExist }
