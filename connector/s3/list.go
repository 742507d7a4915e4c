package s3

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/glob"
	"github.com/headgate/headgate/connector/tree"
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
	var hostile error
	err = s.walk(ctx, core, folder(s.under(glob.Folder(pattern))), glob.Deep(pattern), func(o minio.ObjectInfo) bool {
		name := strings.TrimPrefix(o.Key, folder(s.prefix))
		if strings.HasSuffix(name, "/") || !glob.Match(pattern, name) {
			return true
		}
		hostile = trusted(name, o)
		objects = append(objects, object(name, o))
		return hostile == nil
	})
	if hostile != nil {
		err = hostile
	}
	if err != nil {
		return nil, err
	}
	if len(objects) == 0 {
		if o, e := core.StatObject(ctx, s.cfg.Bucket, s.under(pattern), minio.StatObjectOptions{}); e == nil {
			objects = append(objects, object(pattern, o))
		}
	}
	return unique(objects)
}

// leads reports whether a key has . or .. among its folders.
func leads(key string) bool {
	for part := range strings.SplitSeq(key, "/") {
		if part == "." || part == ".." {
			return true
		}
	}
	return false
}

// trusted refuses what a server makes up to lead elsewhere, or to do harm where it is shown, and
// keys that no name of an object stands for, such as a//b.
func trusted(name string, o minio.ObjectInfo) error {
	for part := range strings.SplitSeq(name, "/") {
		if err := tree.CheckName(part); err != nil {
			return err
		}
	}
	if o.Size < 0 {
		return tree.Refuse("the server lists %s with %d bytes: refused", name, o.Size)
	}
	return nil
}

// unique sorts objects by name, and refuses a name that is listed twice.
func unique(objects []connector.Object) ([]connector.Object, error) {
	slices.SortFunc(objects, func(a, b connector.Object) int { return strings.Compare(a.Name, b.Name) })
	for i := 1; i < len(objects); i++ {
		if objects[i].Name == objects[i-1].Name {
			return nil, tree.Refuse("the server lists %s twice: refused", objects[i].Name)
		}
	}
	return objects, nil
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
// deep, until fn returns false. What the server lists beside those it was asked for is refused.
func (s *Store) walk(ctx context.Context, core *minio.Core, prefix string, deep bool, fn func(minio.ObjectInfo) bool) error {
	l := listing{most: s.most}
	for o := range core.ListObjectsIter(l.with(ctx), s.cfg.Bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: deep}) {
		if o.Err != nil {
			return o.Err
		}
		if err := l.add(); err != nil {
			return err
		}
		if !strings.HasPrefix(o.Key, prefix) {
			return tree.Refuse("the server lists %q, which is not in the folder that it was asked for: refused", clip(o.Key))
		}
		if leads(o.Key) {
			return tree.Refuse("the server lists %q, which leads elsewhere: refused", clip(o.Key))
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
		if name := strings.Trim(strings.TrimPrefix(o.Key, prefix), "/"); tree.CheckName(name) == nil {
			near = append(near, name)
		}
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

// copy copies an object within the server, and looks whether the copy is there.
func (s *Store) copy(ctx context.Context, core *minio.Core, source, target string) error {
	info, err := core.StatObject(ctx, s.cfg.Bucket, source, minio.StatObjectOptions{})
	if err != nil {
		return err
	}
	_, err = core.ComposeObject(ctx, minio.CopyDestOptions{Bucket: s.cfg.Bucket, Object: target},
		minio.CopySrcOptions{Bucket: s.cfg.Bucket, Object: source, MatchETag: info.ETag})
	if err != nil {
		return err
	}
	made, err := core.StatObject(ctx, s.cfg.Bucket, target, minio.StatObjectOptions{})
	if err == nil && made.Size != info.Size {
		err = fmt.Errorf("its copy has %d bytes instead of %d", made.Size, info.Size)
	}
	return err
}

// Rename copies an object within the server and removes the original: S3 has no move. A crash in
// between leaves both, and the original is moved again.
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
	if err := s.copy(ctx, core, source, target); err != nil {
		return s.explain("move", from, err)
	}
	return s.explain("move", from, core.RemoveObject(ctx, s.cfg.Bucket, source, minio.RemoveObjectOptions{}))
}
