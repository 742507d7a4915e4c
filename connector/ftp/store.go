package ftp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"
	"time"

	wire "github.com/jlaffaye/ftp"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/netguard"
	"github.com/headgate/headgate/connector/pace"
	"github.com/headgate/headgate/connector/tree"
)

// Store is the files below a folder of a server.
type Store struct {
	env   connector.Env
	cfg   Config
	guard *netguard.Guard
	pace  *pace.Limiter

	mu     sync.Mutex
	idle   []*control
	closed bool // what is given back is not kept
	hidden bool // the server lists with LIST only, which has to be asked for hidden files
}

// Open makes a store. It connects when it is first used.
func Open(env connector.Env, cfg Config) *Store {
	if cfg.TLS == "" {
		cfg.TLS = "explicit"
	}
	if cfg.Port == 0 {
		cfg.Port = 21
		if cfg.TLS == "implicit" {
			cfg.Port = 990
		}
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 30 * time.Second
	}
	var plain netguard.Plaintext
	if cfg.Plaintext != nil {
		plain = *cfg.Plaintext
	}
	return &Store{env: env, cfg: cfg, guard: netguard.New(env, plain), pace: pace.Bytes(int64(cfg.Bandwidth))}
}

// Close disconnects. The store connects again when it is used again.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.idle {
		c.Quit()
		c.kill(errors.New("the connection was closed"))
	}
	s.idle, s.closed = nil, true
	return nil
}

// Control connections that are kept, and how long one may have been unused before it is
// asked whether it still is one.
const (
	maxIdle  = 4
	freshFor = 5 * time.Second
)

// take is a control connection for one use; give ends it.
func (s *Store) take(ctx context.Context) (*control, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for {
		s.mu.Lock()
		var c *control
		if n := len(s.idle); n > 0 {
			c, s.idle = s.idle[n-1], s.idle[:n-1]
		}
		hidden := s.hidden
		s.closed = false
		s.mu.Unlock()
		if c == nil {
			return s.open(ctx, hidden)
		}
		if time.Since(c.used) < freshFor {
			return c, nil
		}
		stop := c.obey(ctx)
		err := c.NoOp()
		if stop() && err == nil {
			return c, nil
		}
		c.kill(err)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
}

// open connects, a second time if it turns out that the server has to be asked for hidden
// files.
func (s *Store) open(ctx context.Context, hidden bool) (*control, error) {
	c, err := s.dial(ctx, hidden)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, s.named(err)
	}
	if c.listed && !hidden {
		c.Quit()
		c.kill(errors.New("replaced"))
		s.mu.Lock()
		s.hidden = true
		s.mu.Unlock()
		return s.open(ctx, true)
	}
	return c, nil
}

// named makes an error of connecting say which connection it is about.
func (s *Store) named(err error) error {
	if s.env.Connection == "" {
		return fmt.Errorf("connect to %s: %w", s.address(), err)
	}
	return fmt.Errorf("connection %s: %w", s.env.Connection, err)
}

func (s *Store) give(c *control) {
	c.used = time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.killed() != nil || c.broken || s.closed || len(s.idle) == maxIdle {
		c.kill(errors.New("the connection was given up"))
		return
	}
	c.mu.Lock()
	c.data = nil
	c.mu.Unlock()
	s.idle = append(s.idle, c)
}

// with lends a control connection to f, whose errors it explains.
func (s *Store) with(ctx context.Context, f func(c *control) error) error {
	c, err := s.take(ctx)
	if err != nil {
		return err
	}
	stop := c.obey(ctx)
	err = c.explain(ctx, f(c))
	stop()
	s.give(c)
	return err
}

// label is how messages call a file.
func (s *Store) label(name string) string {
	name = tree.Show(name)
	if s.env.Connection == "" {
		return name
	}
	return s.env.Connection + ":" + name
}

// remote is name as the server is asked for it: absolute, so that no name looks like an
// option and no command depends on another.
func (c *control) remote(name string) string {
	root := c.s.cfg.Path
	if root == "" && strings.HasPrefix(name, "/") {
		return name
	}
	if !strings.HasPrefix(root, "/") {
		root = path.Join("/", c.home, root)
	}
	return path.Join(root, name)
}

// rooted reports whether names lie below a folder that the connection names.
func (s *Store) rooted() bool { return s.cfg.Path != "" }

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
		err = (*folders)(s).Delete(ctx, clean)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", s.label(name), err)
	}
	return nil
}

// Rename moves a file, making folders as needed.
func (s *Store) Rename(ctx context.Context, from, to string) error {
	if err := s.rename(ctx, from, to); err != nil {
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
	if err := s.makeFolder(ctx, path.Dir(to)); err != nil {
		return err
	}
	return tree.Replace(ctx, (*folders)(s), from, to)
}

// makeFolder makes dir and the folders above it.
func (s *Store) makeFolder(ctx context.Context, dir string) error {
	return s.with(ctx, func(c *control) error {
		at := c.remote(dir)
		if c.ChangeDir(at) == nil {
			return nil
		}
		var last error
		for i := 1; i <= len(at); i++ {
			if i == len(at) || at[i] == '/' {
				last = c.MakeDir(at[:i]) // those above are there, or fail what is below
			}
		}
		if last != nil && c.ChangeDir(at) == nil { // somebody else was faster
			return nil
		}
		return last
	})
}

// Publish gives a sealed file its final name.
func (s *Store) Publish(ctx context.Context, staged, name string) error {
	final, err := s.clean(name)
	if err == nil {
		staged, err = s.clean(staged)
	}
	if err == nil {
		err = tree.Publish(ctx, (*folders)(s), staged, final)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", s.label(name), err)
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

// entryOf is the library's entry as package tree takes it.
func entryOf(e *wire.Entry) tree.Entry {
	t := tree.Entry{Name: e.Name, Size: int64(min(e.Size, 1<<62)), Modified: e.Time}
	switch e.Type {
	case wire.EntryTypeFolder:
		t.Kind = tree.Folder
	case wire.EntryTypeLink:
		t.Kind = tree.Link
	}
	return t
}
