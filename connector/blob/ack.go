package blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/glob"
)

// OnSuccess says what becomes of files once their rows are durable. The zero value
// leaves them alone.
type OnSuccess struct {
	Delete bool
	Move   string // a folder; the folders below the fixed part of the glob are kept
}

// Acks reports whether Ack has anything to do.
func (s *Source) Acks() bool { return s.cfg.OnSuccess != OnSuccess{} }

// Ack deletes or moves the files of a plan that are still the ones that were read. A file that
// was replaced since is left for the next run, one that is gone has been dealt with.
func (s *Source) Ack(ctx context.Context, p *connector.SplitPlan) error {
	s.forget(p)
	if !s.Acks() {
		return nil
	}
	now, err := s.cfg.Store.List(ctx, s.cfg.Glob)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	there := map[string]connector.Object{}
	for _, o := range now {
		there[o.Name] = o
	}
	for _, sp := range p.Splits {
		f, err := s.split(sp)
		if err != nil {
			return err
		}
		o, ok := there[f.Name]
		if !ok || f.Unread || f.Size < 0 || o.Size != f.Size || !o.Modified.Equal(f.Modified) {
			continue
		}
		if err := s.dismiss(ctx, f.Name); err != nil {
			return err
		}
	}
	return nil
}

// forget takes the files of a plan off the list of those to read: an earlier run, which this
// one only finishes, has read them.
func (s *Source) forget(p *connector.SplitPlan) {
	read := map[string]bool{}
	for _, sp := range p.Splits {
		if f, err := s.split(sp); err == nil && !f.Unread && f.Size >= 0 {
			read[nameOf(f.object())] = true
		}
	}
	if s.Acks() {
		s.objects = slices.DeleteFunc(s.objects, func(o connector.Object) bool { return read[nameOf(o)] })
	}
}

func (s *Source) dismiss(ctx context.Context, name string) error {
	if s.cfg.OnSuccess.Delete {
		return s.cfg.Store.Remove(ctx, name)
	}
	to, err := s.away(ctx, name)
	if err != nil {
		return err
	}
	return s.cfg.Store.Rename(ctx, name, to)
}

// maxSameName is how many files of one name the folder of OnSuccess.Move takes.
const maxSameName = 1000

// away is where a file goes: its place below the folder, with a number before its
// extensions when there is a file already.
func (s *Source) away(ctx context.Context, name string) (string, error) {
	dir := path.Join(s.moveFolder(), path.Dir(s.below(name)))
	stem, ext, _ := strings.Cut(path.Base(name), ".")
	for n := 1; n <= maxSameName; n++ {
		base := path.Base(name)
		if n > 1 {
			base = fmt.Sprintf("%s.%d", stem, n)
			if ext != "" {
				base += "." + ext
			}
		}
		to := path.Join(dir, base)
		_, err := s.cfg.Store.List(ctx, literal(to))
		if errors.Is(err, fs.ErrNotExist) {
			return to, nil
		}
		if err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("move %s: %s has %d files of that name", s.label(name), s.label(dir), maxSameName)
}

// below is a name without the folder that all files of the glob lie in.
func (s *Source) below(name string) string {
	folder, name := glob.Folder(strings.TrimLeft(s.cfg.Glob, "/")), strings.TrimLeft(name, "/")
	if rest, ok := strings.CutPrefix(name, folder+"/"); ok && folder != "" {
		return rest
	}
	if folder == "" {
		return name
	}
	return path.Base(name)
}

// moveFolder is the folder as the store takes names: a slash in front means what it means
// there.
func (s *Source) moveFolder() string { return path.Clean(s.cfg.OnSuccess.Move) }

// unmoved leaves out the files that earlier runs have moved away.
func (s *Source) unmoved(objects []connector.Object) []connector.Object {
	if s.cfg.OnSuccess.Move == "" {
		return objects
	}
	folder := strings.TrimLeft(s.moveFolder(), "/") + "/"
	return slices.DeleteFunc(objects, func(o connector.Object) bool { return strings.HasPrefix(strings.TrimLeft(o.Name, "/"), folder) })
}
