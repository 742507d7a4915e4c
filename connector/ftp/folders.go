package ftp

import (
	"context"
	"errors"
	"io/fs"
	"path"

	"github.com/headgate/headgate/connector/tree"
)

// folders is a store as package tree looks at it.
type folders Store

// ReadDir lists a folder.
func (f *folders) ReadDir(ctx context.Context, dir string) ([]tree.Entry, error) {
	var found []tree.Entry
	err := (*Store)(f).with(ctx, func(c *control) (err error) {
		found, err = c.readDir(dir)
		return err
	})
	if is550(err) {
		if there, e := f.folder(ctx, dir); e != nil || !there {
			err = errors.Join(errNotExist, e)
		}
	}
	return found, tree.In(dir, err)
}

// readDir lists a folder. A server without MLSD is first led there: LIST takes a name for
// a pattern.
func (c *control) readDir(dir string) ([]tree.Entry, error) {
	at := c.remote(dir)
	if c.listed {
		if err := c.ChangeDir(at); err != nil {
			return nil, err
		}
		at = ""
	}
	c.bound()
	entries, err := c.List(at)
	if c.overflowed() {
		return nil, &verdict{tree.TooMany(dir)}
	}
	if err != nil {
		return nil, err
	}
	if len(entries) > tree.MaxEntries {
		return nil, &verdict{tree.TooMany(dir)}
	}
	list := make([]tree.Entry, 0, len(entries))
	for _, e := range entries {
		if e.Name != "." && e.Name != ".." {
			list = append(list, entryOf(e))
		}
	}
	return list, nil
}

// folder reports whether dir is one.
func (f *folders) folder(ctx context.Context, dir string) (bool, error) {
	err := (*Store)(f).with(ctx, func(c *control) error { return c.ChangeDir(c.remote(dir)) })
	if is550(err) {
		return false, nil
	}
	return err == nil, err
}

// Stat describes a name. A server that cannot lists the folder it is in, so that sizes and times
// are those of List.
func (f *folders) Stat(ctx context.Context, name string) (tree.Entry, error) {
	s := (*Store)(f)
	var e tree.Entry
	var listed bool
	err := s.with(ctx, func(c *control) error {
		if listed = c.listed; listed {
			return nil
		}
		found, err := c.GetEntry(c.remote(name))
		if err == nil {
			e = entryOf(found)
			e.Name = path.Base(name)
		}
		return err
	})
	if is550(err) {
		return e, errNotExist
	}
	if err != nil || !listed {
		return e, err
	}
	entries, err := f.ReadDir(ctx, path.Dir(name))
	if err != nil {
		return e, err
	}
	for _, e := range entries {
		if e.Name == path.Base(name) && e.Kind != tree.Link {
			return e, nil
		}
	}
	return f.probe(ctx, name)
}

// probe describes what a listing does not show as it is: a link, a name with a space in front.
func (f *folders) probe(ctx context.Context, name string) (tree.Entry, error) {
	if there, err := f.folder(ctx, name); err != nil || there {
		return tree.Entry{Name: path.Base(name), Kind: tree.Folder}, err
	}
	e := tree.Entry{Name: path.Base(name)}
	err := (*Store)(f).with(ctx, func(c *control) (err error) {
		if e.Size, err = c.FileSize(c.remote(name)); err != nil {
			return err
		}
		e.Modified, err = c.GetTime(c.remote(name))
		return err
	})
	if is550(err) {
		err = errNotExist
	}
	return e, err
}

// Move renames.
func (f *folders) Move(ctx context.Context, from, to string) error {
	err := (*Store)(f).with(ctx, func(c *control) error { return c.ServerConn.Rename(c.remote(from), c.remote(to)) })
	return f.why(ctx, err, from)
}

// Delete removes a file.
func (f *folders) Delete(ctx context.Context, name string) error {
	err := (*Store)(f).with(ctx, func(c *control) error { return c.ServerConn.Delete(c.remote(name)) })
	return f.why(ctx, err, name)
}

// Exists reports whether there is something of that name.
func (f *folders) Exists(ctx context.Context, name string) (bool, error) {
	_, err := f.Stat(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// why finds out whether the server said no because name is not there.
func (f *folders) why(ctx context.Context, err error, name string) error {
	if !is550(err) {
		return err
	}
	if there, e := f.Exists(ctx, name); e == nil && !there {
		return errNotExist
	}
	return err
}

// maxListing is how many bytes one listing may have.
const maxListing = 96 << 20

// bound keeps the next data connection from listing for ever: the library collects what it
// gets.
func (c *control) bound() { c.limit = maxListing }

// overflowed reports whether it tried, and ends the bound.
func (c *control) overflowed() bool {
	c.limit = 0
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.data != nil && c.data.over
}

// errTooLong ends a listing that has no end.
var errTooLong = tree.Refuse("the server's listing has no end: refused")

func (d *dataConn) Read(p []byte) (int, error) {
	n, err := d.Conn.Read(p)
	if d.limit > 0 {
		for _, b := range p[:n] {
			if b == '\n' {
				d.lines++
			}
		}
		if d.limit -= n; d.limit <= 0 || d.lines > tree.MaxEntries {
			d.over = true
			return 0, errTooLong
		}
	}
	return n, err
}
