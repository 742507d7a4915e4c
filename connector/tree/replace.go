package tree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/headgate/headgate/connector"
)

// Mover is a machine that can rename, but maybe not onto a name that is taken. A name that
// is not there is fs.ErrNotExist for all of them.
type Mover interface {
	Move(ctx context.Context, from, to string) error
	Delete(ctx context.Context, name string) error
	Exists(ctx context.Context, name string) (bool, error)
}

// Replace renames from to to. Where that fails because there is a file of that name, the old
// one stands aside while the new one takes its place, and comes back if that fails.
func Replace(ctx context.Context, m Mover, from, to string) error {
	err := m.Move(ctx, from, to)
	if err == nil || errors.Is(err, fs.ErrNotExist) || connector.IsTransient(err) {
		return err
	}
	there, e := m.Exists(ctx, to)
	if e != nil || !there {
		return errors.Join(err, e)
	}
	old := aside(to)
	if err := m.Delete(ctx, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := m.Move(ctx, to, old); err != nil {
		return fmt.Errorf("set the old file aside: %w", err)
	}
	if err := m.Move(ctx, from, to); err != nil {
		return errors.Join(err, m.Move(ctx, old, to))
	}
	return m.Delete(ctx, old)
}

// aside is where an old file waits while a new one takes its name. Sweep leaves it
// alone: after a crash it may be the only copy.
func aside(name string) string {
	dir, base := path.Split(name)
	return dir + "." + base + ".old"
}

// Publish is Store.Publish for files beside their final name.
func Publish(ctx context.Context, m Mover, staged, final string) error {
	err := Replace(ctx, m, staged, final)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	there, e := m.Exists(ctx, final)
	if e == nil && !there {
		return fmt.Errorf("neither it nor the staged file %s is there: %w", Show(path.Base(staged)), connector.ErrNothingStaged)
	}
	return e
}
