package blob

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// rolled writes one file after the other. A file ends with the batch, or the row group, that
// takes it to the limit.
type rolled struct {
	limit int64 // bytes
	file  func(number int) (*writer, error)
	// first encodes for all: what one encoder made another with the same options may append.
	first   *writer
	current *writer // nil before the first file and between two
	number  int     // of files so far
	done    sealed
}

// rolling makes file roll when the sink is told to.
func (s *Sink) rolling(file func(name string) (*writer, error)) func(name string) (output, error) {
	if s.cfg.RollSize <= 0 {
		return func(name string) (output, error) { return file(name) }
	}
	return func(name string) (output, error) {
		r := &rolled{limit: s.cfg.RollSize}
		r.file = func(number int) (*writer, error) {
			w, err := file(numbered(s.cfg.Registry, name, number))
			if err == nil {
				w.tag += fmt.Sprintf(".%d", number)
			}
			return w, err
		}
		var err error
		r.first, err = r.file(1)
		return r, err
	}
}

func (r *rolled) open(ctx context.Context) (err error) {
	r.number++
	if r.current = r.first; r.number > 1 {
		if r.current, err = r.file(r.number); err != nil {
			return err
		}
	}
	return r.current.open(ctx)
}

func (r *rolled) encode(dst []byte, b *record.Batch) ([]byte, error) { return r.first.encode(dst, b) }

func (r *rolled) append(ctx context.Context, enc []byte, rows int) error {
	if rows == 0 {
		return nil // no file for nothing
	}
	if r.current == nil {
		if err := r.open(ctx); err != nil {
			return err
		}
	}
	if err := r.current.append(ctx, enc, rows); err != nil {
		return err
	}
	if r.current.bytes < r.limit {
		return nil
	}
	return r.end(ctx)
}

// end seals the current file.
func (r *rolled) end(ctx context.Context) error {
	w := r.current
	one, err := w.seal(ctx)
	if err != nil {
		return err
	}
	r.done.files = append(r.done.files, one.files...)
	r.done.rows += one.rows
	r.done.bytes += one.bytes
	r.current = nil
	return w.Close()
}

func (r *rolled) seal(ctx context.Context) (sealed, error) {
	if r.current != nil {
		if err := r.end(ctx); err != nil {
			return sealed{}, err
		}
	}
	done := r.done
	r.done = sealed{} // they are the receipt's now
	return done, nil
}

// Close discards all files, unless they were sealed together.
func (r *rolled) Close() error {
	var errs []error
	if r.current != nil {
		errs = append(errs, r.current.Close())
	}
	for _, f := range r.done.files {
		errs = append(errs, r.first.sink.cfg.Store.Remove(context.Background(), f.Staged))
	}
	r.done = sealed{}
	return errors.Join(errs...)
}

// first is how name begins, or stays when nothing rolls.
func (s *Sink) first(name string) string {
	if s.cfg.RollSize <= 0 {
		return name
	}
	return numbered(s.cfg.Registry, name, 1)
}

// numbered puts a number into a file's name, before its extensions.
func numbered(reg *connector.Registry, name string, n int) string {
	stem := name
	for {
		ext := path.Ext(stem)
		codecs, format := reg.Layers(ext)
		if ext == "" || len(codecs) == 0 && format == nil {
			break
		}
		stem = strings.TrimSuffix(stem, ext)
	}
	if stem == name {
		stem = strings.TrimSuffix(name, path.Ext(name))
	}
	return fmt.Sprintf("%s-%05d%s", stem, n, name[len(stem):])
}
