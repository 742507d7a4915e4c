package file

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"

	"github.com/headgate/headgate/connector"
)

// writeBuffer gathers the small writes of compressors; larger ones bypass it.
const writeBuffer = 64 << 10

// Create starts a file beside its final name. A leftover of the same name and tag
// is from a run that crashed, and replaced. A device or a named pipe that exists
// is written through, and so is standard output.
func (s *Store) Create(_ context.Context, name, tag string) (connector.Upload, error) {
	if name == stdio {
		if s.env.Stdout == nil {
			return nil, errors.New("write standard output: not available here")
		}
		return &direct{w: s.env.Stdout, label: "standard output"}, nil
	}
	u, err := s.create(name, tag)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", s.label(name), cause(err))
	}
	return u, nil
}

func (s *Store) create(name, tag string) (connector.Upload, error) {
	root, err := s.folder(true)
	if err != nil {
		return nil, err
	}
	final, err := s.target(root, name)
	if err != nil {
		return nil, err
	}
	mode := fs.FileMode(0)
	switch info, err := root.Stat(final); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errFolder
	case !info.Mode().IsRegular():
		f, err := root.OpenFile(final, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		return &direct{w: f, c: f, label: s.label(name)}, nil
	default:
		mode = info.Mode().Perm()
	}
	if err := makeFolder(root, path.Dir(final)); err != nil {
		return nil, err
	}
	staged := stagedName(final, tag)
	f, err := createNew(root, staged)
	if err != nil {
		return nil, err
	}
	if mode != 0 {
		if err := f.Chmod(mode); err != nil {
			return nil, errors.Join(err, f.Close(), root.Remove(staged))
		}
	}
	return &upload{root: root, f: f, w: bufio.NewWriterSize(f, writeBuffer), flush: flusher{f: f}, staged: staged, label: s.label(name)}, nil
}

// createNew makes a file that was not there before.
func createNew(root *os.Root, name string) (*os.File, error) {
	const flags = os.O_WRONLY | os.O_CREATE | os.O_EXCL
	f, err := root.OpenFile(name, flags, 0o666)
	if !errors.Is(err, fs.ErrExist) {
		return f, err
	}
	if err := root.Remove(name); err != nil {
		return nil, err
	}
	return root.OpenFile(name, flags, 0o666)
}

// maxLinks is how many symbolic links in a row are followed.
const maxLinks = 40

// target is the file that name stands for: the end of the links when it is a
// symbolic link, so that the link stays and what it points to is replaced.
func (s *Store) target(root *os.Root, name string) (string, error) {
	name, err := s.clean(name)
	if err != nil {
		return "", err
	}
	if name == "." {
		return "", errFolder
	}
	for range maxLinks {
		info, err := root.Lstat(name)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return name, nil
		}
		to, err := root.Readlink(name)
		if err != nil {
			return "", err
		}
		if !path.IsAbs(to) {
			to = path.Join(path.Dir(name), to)
		} else if to = strings.TrimPrefix(to, s.path+"/"); path.IsAbs(to) {
			return "", errOutside
		}
		if name = path.Clean(to); !fs.ValidPath(name) {
			return "", errOutside
		}
	}
	return "", errors.New("too many symbolic links")
}

// stagedSuffix ends the name of every file being written.
const stagedSuffix = ".partial"

// maxName is the longest file name common file systems take, in bytes.
const maxName = 255

// stagedName is where final is written before it is published.
func stagedName(final, tag string) string {
	dir, base := path.Split(final)
	tag = safe(tag)
	if room := maxName - len(tag) - len(stagedSuffix) - len(".."); len(base) > room {
		base = base[:max(room, 0)]
	}
	return dir + "." + base + "." + tag + stagedSuffix
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

// Publish renames a sealed file to its final name and makes that durable.
func (s *Store) Publish(_ context.Context, staged, name string) error {
	if staged == "" {
		return nil
	}
	if err := s.publish(staged, name); err != nil {
		return fmt.Errorf("write %s: %w", s.label(name), cause(err))
	}
	return nil
}

func (s *Store) publish(staged, name string) error {
	root, err := s.folder(false)
	if err != nil {
		return err
	}
	final, err := s.target(root, name)
	if err != nil {
		return err
	}
	err = root.Rename(staged, final)
	if errors.Is(err, fs.ErrNotExist) {
		if _, gone := root.Stat(final); gone != nil {
			return fmt.Errorf("neither it nor the staged file %s is there: %w", path.Base(staged), connector.ErrNothingStaged)
		}
		err = nil
	}
	if err != nil {
		return err
	}
	return syncFolders(root, path.Dir(final))
}

// upload is a file beside its final name.
type upload struct {
	root   *os.Root
	f      *os.File
	w      *bufio.Writer
	flush  flusher
	staged string
	label  string
	sealed bool
	once   sync.Once
}

func (u *upload) Write(p []byte) (int, error) {
	n, err := u.w.Write(p)
	u.flush.wrote(n)
	if err != nil {
		err = fmt.Errorf("write %s: %w", u.label, cause(err))
	}
	return n, err
}

// Seal makes the file durable under its staged name.
func (u *upload) Seal(ctx context.Context) (string, error) {
	u.flush.stop()
	err := ctx.Err()
	if err == nil {
		err = u.w.Flush()
	}
	if err == nil {
		err = u.f.Sync()
	}
	if err == nil {
		err = u.f.Close()
	}
	if err == nil {
		err = syncFolder(u.root, path.Dir(u.staged))
	}
	if err != nil {
		return "", fmt.Errorf("write %s: %w", u.label, cause(err))
	}
	u.sealed = true
	return u.staged, nil
}

func (u *upload) Close() error {
	var err error
	u.flush.stop()
	u.once.Do(func() {
		if !u.sealed {
			u.f.Close()
			err = u.root.Remove(u.staged)
		}
	})
	if err != nil {
		return fmt.Errorf("write %s: discard: %w", u.label, cause(err))
	}
	return nil
}

// direct writes to what cannot be held back.
type direct struct {
	w     io.Writer
	c     io.Closer // nil for standard output
	label string
	once  sync.Once
	err   error
}

func (d *direct) Write(p []byte) (int, error) {
	n, err := d.w.Write(p)
	if err != nil {
		err = fmt.Errorf("write %s: %w", d.label, cause(err))
	}
	return n, err
}

func (d *direct) Seal(context.Context) (string, error) { return "", d.Close() }

func (d *direct) Close() error {
	d.once.Do(func() {
		if d.c != nil {
			d.err = d.c.Close()
		}
	})
	return d.err
}
