package sftp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/pace"
	"github.com/headgate/headgate/connector/tree"
)

// Store is the files below a folder of a server.
type Store struct {
	*account
	root string // "" = where the server puts one at login
	pace *pace.Limiter

	mu   sync.Mutex
	link *link // nil = not connected
}

// Open makes a store. It connects when it is first used.
func Open(env connector.Env, cfg Config) *Store {
	return &Store{account: newAccount(env, cfg.withoutPath()), root: cfg.Path, pace: pace.Bytes(int64(cfg.Bandwidth))}
}

// Close disconnects. The store connects again when it is used again.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link != nil {
		s.link.close()
		s.link = nil
	}
	return nil
}

// connected is the link, made anew when there is none or it was lost.
func (s *Store) connected(ctx context.Context) (*link, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link != nil && s.link.alive() {
		return s.link, nil
	}
	if s.link != nil {
		s.link.close()
		s.link = nil
	}
	client, err := s.login(ctx)
	if err != nil {
		return nil, err
	}
	l, err := newLink(ctx, client, s.cfg.Timeout, s.pace)
	if err != nil {
		return nil, s.named(err)
	}
	s.link = l
	return l, nil
}

// label is how messages call a file.
func (s *Store) label(name string) string {
	name = tree.Show(name)
	if s.env.Connection == "" {
		return name
	}
	return s.env.Connection + ":" + name
}

// remote is name as the server is asked for it.
func (s *Store) remote(name string) string {
	if s.root == "" {
		return name
	}
	return path.Join(s.root, name)
}

// rooted reports whether names lie below a folder that the connection names.
func (s *Store) rooted() bool { return s.root != "" }

func (s *Store) clean(name string) (string, error) { return tree.Clean(name, s.rooted()) }

// List returns the files that match pattern, sorted by name. What the server lists is not
// believed: names that lead elsewhere or hold control characters are an error.
func (s *Store) List(ctx context.Context, pattern string) ([]connector.Object, error) {
	objects, err := tree.ListAnywhere(ctx, (*folders)(s), s.label, pattern, s.rooted())
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.label(pattern), err)
	}
	return objects, nil
}

// Remove deletes a file. One that is not there is fine.
func (s *Store) Remove(ctx context.Context, name string) error {
	clean, err := s.clean(name)
	if err == nil {
		err = s.remove(ctx, clean)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", s.label(name), err)
	}
	return nil
}

func (s *Store) remove(ctx context.Context, name string) error {
	l, err := s.connected(ctx)
	if err != nil {
		return err
	}
	return do(ctx, l, func() error { return l.sftp.Remove(s.remote(name)) })
}

// Rename moves a file, making folders as needed.
func (s *Store) Rename(ctx context.Context, from, to string) error {
	err := s.rename(ctx, from, to)
	if err != nil {
		return fmt.Errorf("move %s to %s: %w", s.label(from), s.label(to), err)
	}
	return nil
}

func (s *Store) rename(ctx context.Context, from, to string) error {
	from, err := s.clean(from)
	if err != nil {
		return err
	}
	if to, err = s.clean(to); err != nil {
		return err
	}
	l, err := s.connected(ctx)
	if err != nil {
		return err
	}
	if err := s.makeFolder(ctx, l, path.Dir(to)); err != nil {
		return err
	}
	return tree.Replace(ctx, mover{s, l}, from, to)
}

// makeFolder makes dir and the folders above it.
func (s *Store) makeFolder(ctx context.Context, l *link, dir string) error {
	if dir == "." && s.root == "" {
		return nil
	}
	info, err := call(ctx, l, func() (os.FileInfo, error) { return l.sftp.Stat(s.remote(dir)) })
	if err == nil && info.IsDir() {
		return nil
	}
	err = do(ctx, l, func() error { return l.sftp.MkdirAll(s.remote(dir)) })
	if err != nil {
		return fmt.Errorf("make folder %s: %w", tree.Show(dir), err)
	}
	return nil
}

// Sweep removes the files in dir and below it that were being written under a tag
// that starts with tag and were never published: what a crash left behind.
func (s *Store) Sweep(ctx context.Context, dir, tag string) error {
	if strings.Contains(dir, "..") {
		if _, err := s.clean(dir); err != nil {
			return err
		}
	}
	if err := tree.Sweep(ctx, (*folders)(s), dir, tag, s.Remove); err != nil {
		return fmt.Errorf("remove leftovers in %s: %w", s.label(dir), err)
	}
	return nil
}

// folders is a store as package tree looks at it.
type folders Store

// ReadDir lists a folder.
func (f *folders) ReadDir(ctx context.Context, dir string) ([]tree.Entry, error) {
	s := (*Store)(f)
	l, err := s.connected(ctx)
	if err != nil {
		return nil, err
	}
	l.listing.Lock()
	defer l.listing.Unlock()
	l.flow.allow(tree.MaxEntries)
	infos, err := call(ctx, l, func() ([]os.FileInfo, error) { return l.sftp.ReadDirContext(ctx, s.remote(dir)) })
	if err != nil {
		return nil, tree.In(dir, err)
	}
	if len(infos) > tree.MaxEntries {
		return nil, tree.TooMany(dir)
	}
	entries := make([]tree.Entry, len(infos))
	for i, info := range infos {
		entries[i] = entry(info)
	}
	return entries, nil
}

// Stat describes what a name leads to.
func (f *folders) Stat(ctx context.Context, name string) (tree.Entry, error) {
	s := (*Store)(f)
	l, err := s.connected(ctx)
	if err != nil {
		return tree.Entry{}, err
	}
	info, err := call(ctx, l, func() (os.FileInfo, error) { return l.sftp.Stat(s.remote(name)) })
	if err != nil {
		return tree.Entry{}, err
	}
	return entry(info), nil
}

func entry(info os.FileInfo) tree.Entry {
	e := tree.Entry{Name: info.Name(), Size: info.Size(), Modified: info.ModTime()}
	switch mode := info.Mode(); {
	case mode.IsDir():
		e.Kind = tree.Folder
	case mode&fs.ModeSymlink != 0:
		e.Kind = tree.Link
	case !mode.IsRegular():
		e.Kind = tree.Other
	}
	return e
}
