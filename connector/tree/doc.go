// Package tree is what stores share whose objects are files in folders of another
// machine: listing by patterns, the names of files being written, and the distrust that
// a listing of somebody else deserves.
package tree

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/headgate/headgate/connector"
)

// Kind says what an entry of a folder is.
type Kind int

// The kinds of entries.
const (
	File Kind = iota
	Folder
	Link  // where it leads is for Stat to say
	Other // a device, a pipe
)

// Entry is one name in a folder.
type Entry struct {
	Name     string // without the folder
	Kind     Kind
	Size     int64
	Modified time.Time
}

// Lister is the machine. Names are relative to the store's root, which is ".".
type Lister interface {
	// ReadDir lists a folder, in any order, links as such. It fails with TooMany beyond
	// MaxEntries.
	ReadDir(ctx context.Context, dir string) ([]Entry, error)
	// Stat describes what name leads to. A name that is not there is fs.ErrNotExist.
	Stat(ctx context.Context, name string) (Entry, error)
}

// What a listing may come to before it is given up: whoever lists more wants to do harm,
// or has folders that no pattern should be let loose on.
const (
	MaxEntries = 500_000 // names of one folder, and of all folders of a listing
	maxDepth   = 100     // folders below one another
)

// Refuse is the error of a server that wants to do harm.
func Refuse(format string, args ...any) error {
	return connector.Mark(fmt.Errorf(format, args...), connector.ErrRefused)
}

// TooMany is the error for a folder with more than MaxEntries names.
func TooMany(dir string) error {
	return Refuse("folder %s: more than %d names: refused", Show(dir), MaxEntries)
}

// In says which folder an error is about, unless it is the whole connection.
func In(dir string, err error) error {
	if err == nil || dir == "." || errors.Is(err, connector.ErrUnreachable) || errors.Is(err, connector.ErrRefused) {
		return err
	}
	return fmt.Errorf("folder %s: %w", Show(dir), err)
}

// ErrFolder is what reading or writing a folder as a file comes to.
var ErrFolder = errors.New("is a folder, not a file")

// CheckName refuses a name that a server made up to lead elsewhere, or to do something to the
// terminal it is shown on.
func CheckName(base string) error {
	switch {
	case base == "" || base == "." || base == "..":
		return Refuse("the server lists a file called %q: refused", base)
	case strings.Contains(base, "/"):
		return Refuse("the server lists a file called %q, with a slash in its name: refused", base)
	case !utf8.ValidString(base):
		return Refuse("the server lists a file called %q, which is not UTF-8: refused", base)
	case strings.ContainsFunc(base, unicode.IsControl):
		return Refuse("the server lists a file called %q, with control characters in its name: refused", base)
	}
	return nil
}

// Show is a name as messages show it: as it is, or quoted where it would harm a terminal.
func Show(name string) string {
	if !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return fmt.Sprintf("%q", name)
	}
	return name
}
