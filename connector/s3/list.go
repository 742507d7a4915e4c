package s3

import (
	"context"
	"fmt"
	"strings"

	"github.com/minio/minio-go/v7"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/glob"
)

// maxNames bounds how many names of a folder are looked at for a suggestion.
const maxNames = 10_000

// List returns the objects that match pattern, sorted by name.
func (s *Store) List(ctx context.Context, pattern string) ([]connector.Object, error) {
	objects, err := s.list(ctx, pattern)
	if err != nil {
		return nil, s.explain("list", pattern, err)
	}
	return objects, ctx.Err()
}

func (s *Store) list(ctx context.Context, pattern string) ([]connector.Object, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	pattern, err := glob.Clean(pattern)
	if err != nil {
		return nil, err
	}
	core, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	if !glob.HasWildcard(pattern) {
		return s.literal(ctx, core, glob.Unescape(pattern))
	}
	if err := glob.Valid(pattern); err != nil {
		return nil, err
	}
	var objects []connector.Object
	err = s.walk(ctx, core, folder(s.under(glob.Folder(pattern))), glob.Deep(pattern), func(o minio.ObjectInfo) bool {
		name := strings.TrimPrefix(o.Key, folder(s.prefix))
		if !strings.HasSuffix(name, "/") && glob.Match(pattern, name) {
			objects = append(objects, object(name, o))
		}
		return true
	})
	if len(objects) == 0 && err == nil {
		if o, e := core.StatObject(ctx, s.cfg.Bucket, s.under(pattern), minio.StatObjectOptions{}); e == nil {
			objects = append(objects, object(pattern, o))
		}
	}
	return objects, err
}

// folder is a key's form as the beginning of others.
func folder(key string) string {
	if key = strings.TrimSuffix(key, "/"); key == "" {
		return ""
	}
	return key + "/"
}

func object(name string, o minio.ObjectInfo) connector.Object {
	return connector.Object{Name: name, Size: o.Size, Modified: o.LastModified}
}

// walk calls fn for the objects that start with prefix, and for folders when it is not
// deep, in order, until fn returns false.
func (s *Store) walk(ctx context.Context, core *minio.Core, prefix string, deep bool, fn func(minio.ObjectInfo) bool) error {
	for o := range core.ListObjectsIter(ctx, s.cfg.Bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: deep}) {
		if o.Err != nil {
			return o.Err
		}
		if !fn(o) {
			return nil
		}
	}
	return ctx.Err()
}

// literal finds the one object called name.
func (s *Store) literal(ctx context.Context, core *minio.Core, name string) ([]connector.Object, error) {
	o, err := core.StatObject(ctx, s.cfg.Bucket, s.under(name), minio.StatObjectOptions{})
	if err == nil {
		return []connector.Object{object(name, o)}, nil
	}
	if !missing(err) {
		return nil, err
	}
	filled, err := s.filled(ctx, core, name)
	if err != nil {
		return nil, err
	}
	if filled {
		return nil, fmt.Errorf("it is a folder: write %s/* for the objects in it", s.label(name))
	}
	return nil, s.notExist(ctx, core, name)
}

// filled reports whether there are objects in the folder called name.
func (s *Store) filled(ctx context.Context, core *minio.Core, name string) (found bool, err error) {
	err = s.walk(ctx, core, folder(s.under(name)), true, func(minio.ObjectInfo) bool { found = true; return false })
	return found, err
}

// notExist is the error for a name that is not there; it names the nearest one that is, or
// the first folder on the way that is missing.
func (s *Store) notExist(ctx context.Context, core *minio.Core, name string) error {
	dir := ""
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		dir = name[:i]
		there, err := s.filled(ctx, core, dir)
		if err != nil {
			return err
		}
		if !there {
			return fmt.Errorf("folder %s: %w", dir, s.notExist(ctx, core, dir))
		}
	}
	var near []string
	prefix := folder(s.under(dir))
	err := s.walk(ctx, core, prefix, false, func(o minio.ObjectInfo) bool {
		near = append(near, strings.Trim(strings.TrimPrefix(o.Key, prefix), "/"))
		return len(near) < maxNames
	})
	if err != nil {
		return err
	}
	return glob.NotExist(name, near)
}

// Remove deletes an object, or gives up a staged upload.
func (s *Store) Remove(ctx context.Context, name string) error {
	core, err := s.open(ctx)
	if err != nil {
		return err
	}
	if u, ok := parseStaged(name); ok {
		err := core.AbortMultipartUpload(ctx, s.cfg.Bucket, u.Key, u.ID)
		if minio.ToErrorResponse(err).Code == "NoSuchUpload" || err != nil && missing(err) {
			err = nil
		}
		return s.explain("remove", u.Key, err)
	}
	key, err := s.key(name)
	if err == nil {
		err = core.RemoveObject(ctx, s.cfg.Bucket, key, minio.RemoveObjectOptions{})
	}
	if err != nil && missing(err) {
		return nil
	}
	return s.explain("remove", name, err)
}

// Rename copies an object within the server and removes the original: S3 has no move.
func (s *Store) Rename(ctx context.Context, from, to string) error {
	core, err := s.open(ctx)
	if err != nil {
		return err
	}
	source, err := s.key(from)
	if err != nil {
		return s.explain("move", from, err)
	}
	target, err := s.key(to)
	if err != nil {
		return s.explain("move", to, err)
	}
	if source == target {
		return nil
	}
	_, err = core.ComposeObject(ctx, minio.CopyDestOptions{Bucket: s.cfg.Bucket, Object: target}, minio.CopySrcOptions{Bucket: s.cfg.Bucket, Object: source})
	if err != nil {
		return s.explain("move", from, err)
	}
	return s.explain("move", from, core.RemoveObject(ctx, s.cfg.Bucket, source, minio.RemoveObjectOptions{}))
}
