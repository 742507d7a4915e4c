package blob

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/headgate/headgate/connector"
)

// Open starts the file of a split.
func (s *Sink) Open(ctx context.Context, ses *connector.Session, sp connector.Split) (connector.Writer, error) {
	name, err := s.cfg.Name(sp)
	if err != nil {
		return nil, err
	}
	if other, taken := s.names[name]; taken && other != sp.ID {
		return nil, fmt.Errorf("write %s: two splits, %s and %s, have the same name; put ${{ split.id }} into it", s.label(name), other, sp.ID)
	}
	s.names[name] = sp.ID
	layers, err := s.cfg.Layers.resolve(s.cfg.Registry, name)
	if err == nil && layers.Format.NewEncoder == nil {
		err = fmt.Errorf("%s cannot be written", layers.Format.Name)
	}
	by, rest, e := s.partition()
	if err == nil {
		err = e
	}
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", s.label(name), err)
	}
	file := func(name string) (*writer, error) {
		enc, err := layers.Format.NewEncoder(layers.Config, rest)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", s.label(name), err)
		}
		return &writer{sink: s, layers: layers, tag: tagOf(ses) + string(sp.ID), enc: enc, name: name, label: s.label(name), split: sp.ID}, nil
	}
	if len(by) > 0 {
		return &partitions{by: by, columns: s.cfg.PartitionBy, file: file, name: name, label: s.label(name), split: sp.ID, files: map[string]*writer{}}, nil
	}
	w, err := file(name)
	if err != nil {
		return nil, err
	}
	return w, w.open(ctx)
}

// tally counts the bytes that reach the store.
type tally struct {
	w io.Writer
	n *int64
}

func (t *tally) Write(p []byte) (int, error) {
	n, err := t.w.Write(p)
	*t.n += int64(n)
	return n, err
}

// writer writes one file.
type writer struct {
	sink        *Sink
	layers      Layers
	tag         string
	enc         connector.Encoder
	top         io.Writer // above the codecs
	codecs      closers
	up          connector.Upload // nil until open
	name, label string
	split       connector.SplitID
	rows, bytes int64
}

// open starts the upload.
func (w *writer) open(ctx context.Context) (err error) {
	if w.up, err = w.sink.cfg.Store.Create(ctx, w.name, w.tag); err != nil {
		return err
	}
	w.top, w.codecs, err = w.layers.encode(&tally{w: w.up, n: &w.bytes}, connector.CodecOptions{Context: ctx, File: w.label, Keys: w.sink.cfg.Keys})
	if err != nil {
		w.Close()
		return fmt.Errorf("write %s: %w", w.label, err)
	}
	return nil
}

func (w *writer) Encode(m *connector.Morsel) error {
	out, err := w.enc.Encode(m.Out[:0], &m.Batch)
	m.Out = out
	if err != nil {
		return fmt.Errorf("write %s: %w", w.label, err)
	}
	return nil
}

func (w *writer) Append(ctx context.Context, m *connector.Morsel) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := w.enc.Append(w.top, m.Out); err != nil {
		return err
	}
	w.rows += int64(len(m.Batch.Sel))
	return nil
}

func (w *writer) Seal(ctx context.Context) (connector.Receipt, error) {
	return receipt(ctx, w.split, w)
}

// receipt seals files, in order.
func receipt(ctx context.Context, split connector.SplitID, files ...*writer) (connector.Receipt, error) {
	r := connector.Receipt{Split: split}
	list := make([]staged, len(files))
	for i, w := range files {
		held, err := w.seal(ctx)
		if err != nil {
			return r, err
		}
		r.Rows += w.rows
		r.Bytes += w.bytes
		list[i] = staged{held, w.name}
	}
	var err error
	r.Spec, err = json.Marshal(list)
	return r, err
}

func (w *writer) seal(ctx context.Context) (held string, err error) {
	if err := w.enc.Close(w.top); err != nil {
		return "", err
	}
	if err := w.codecs.Close(); err != nil {
		return "", err
	}
	return w.up.Seal(ctx)
}

func (w *writer) Close() error {
	if w.up == nil {
		return nil
	}
	w.codecs.Close() // what it flushes is thrown away
	return w.up.Close()
}
