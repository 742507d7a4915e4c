package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/headgate/headgate/connector"
)

// stdio is the name of standard input and output.
const stdio = "-"

// Store is the files of a folder.
type Store struct {
	env  connector.Env
	path string // the folder
	own  bool   // the project's own files, no connection

	mu   sync.Mutex
	root *os.Root
}

// Close releases the folder. The store opens it again when it is used again.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.root == nil {
		return nil
	}
	err := s.root.Close()
	s.root = nil
	return err
}

// folder opens the root, making it first when create is set.
func (s *Store) folder(create bool) (*os.Root, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.root != nil {
		return s.root, nil
	}
	if create {
		if err := os.MkdirAll(s.path, 0o777); err != nil {
			return nil, err
		}
	}
	root, err := os.OpenRoot(s.path)
	if err != nil {
		return nil, fmt.Errorf("open folder %s: %w", s.path, cause(err))
	}
	s.root = root
	return root, nil
}

// clean turns a name or a pattern into the form package fs wants.
func (s *Store) clean(name string) (string, error) {
	given := name
	if strings.HasPrefix(name, "/") {
		if s.own {
			rel, err := filepath.Rel(s.path, name)
			if err != nil || !filepath.IsLocal(rel) {
				return "", fmt.Errorf("%s is outside the project: declare a connection of type file whose path is its folder", given)
			}
			name = filepath.ToSlash(rel)
		}
		name = strings.TrimLeft(name, "/")
	}
	name = path.Clean(name)
	if !fs.ValidPath(name) {
		if s.own {
			return "", fmt.Errorf("%s leads out of the project: declare a connection of type file whose path is its folder", given)
		}
		return "", fmt.Errorf("%s leads out of the connection's folder %s", given, s.path)
	}
	return name, nil
}

// label is how messages call a file.
func (s *Store) label(name string) string {
	switch {
	case name == stdio:
		return "standard input"
	case s.env.Connection == "":
		return name
	}
	return s.env.Connection + ":" + name
}

// Open reads name from offset on. Standard input can only be read from its start.
func (s *Store) Open(_ context.Context, name string, offset int64) (io.ReadCloser, error) {
	if name == stdio {
		return s.openStdin(offset)
	}
	f, err := s.open(name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.label(name), cause(err))
	}
	if offset > 0 {
		if _, err := f.Seek(offset, io.SeekStart); err != nil {
			f.Close()
			return nil, fmt.Errorf("read %s from byte %d: %w", s.label(name), offset, cause(err))
		}
	}
	return &reader{f: f, label: s.label(name)}, nil
}

func (s *Store) open(name string) (*os.File, error) {
	name, err := s.clean(name)
	if err != nil {
		return nil, err
	}
	root, err := s.folder(false)
	if err != nil {
		return nil, err
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		f.Close()
		return nil, errFolder
	}
	return f, nil
}

func (s *Store) openStdin(offset int64) (io.ReadCloser, error) {
	switch {
	case s.env.Stdin == nil:
		return nil, errors.New("read standard input: not available here")
	case offset > 0:
		return nil, errors.New("read standard input: it cannot be read from the middle")
	}
	return io.NopCloser(s.env.Stdin), nil
}

// Remove deletes a file. One that is not there is fine.
func (s *Store) Remove(_ context.Context, name string) error {
	clean, err := s.clean(name)
	if err == nil {
		var root *os.Root
		if root, err = s.folder(false); err == nil {
			err = root.Remove(clean)
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", s.label(name), cause(err))
	}
	return nil
}

// Rename moves a file, making folders as needed.
func (s *Store) Rename(_ context.Context, from, to string) error {
	if err := s.rename(from, to); err != nil {
		return fmt.Errorf("move %s to %s: %w", s.label(from), s.label(to), cause(err))
	}
	return nil
}

func (s *Store) rename(from, to string) error {
	from, err := s.clean(from)
	if err != nil {
		return err
	}
	if to, err = s.clean(to); err != nil {
		return err
	}
	root, err := s.folder(false)
	if err != nil {
		return err
	}
	if err := makeFolder(root, path.Dir(to)); err != nil {
		return err
	}
	if err := root.Rename(from, to); err != nil {
		return err
	}
	return errors.Join(syncFolders(root, path.Dir(to)), syncFolders(root, path.Dir(from)))
}

// errFolder is what reading or writing a folder as a file comes to.
var errFolder = errors.New("is a folder, not a file")

// errOutside is what a symbolic link that leads out of the folder comes to.
var errOutside = errors.New("is a link that leads out of the folder")

// cause takes the wrapping off an error of package os that names a path we name
// ourselves, or one that is none of the user's business.
func cause(err error) error {
	var p *fs.PathError
	var l *os.LinkError
	switch {
	case errors.As(err, &p):
		err = p.Err
	case errors.As(err, &l):
		err = l.Err
	}
	if err != nil && err.Error() == "path escapes from parent" { // package os does not export it
		return errOutside
	}
	return err
}

// reader names the file in its errors.
type reader struct {
	f     *os.File
	label string
	once  sync.Once
	err   error
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.f.Read(p)
	if err != nil && err != io.EOF {
		err = cause(err)
	}
	return n, err
}

// ReadAt reads at any place.
func (r *reader) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.f.ReadAt(p, off)
	if err != nil && err != io.EOF {
		err = cause(err)
	}
	return n, err
}

func (r *reader) Close() error {
	r.once.Do(func() { r.err = r.f.Close() })
	return r.err
}
