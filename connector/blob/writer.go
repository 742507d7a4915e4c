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
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", s.label(name), err)
	}
	enc, err := layers.Format.NewEncoder(layers.Config, s.schema)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", s.label(name), err)
	}
	up, err := s.cfg.Store.Create(ctx, name, tagOf(ses)+string(sp.ID))
	if err != nil {
		return nil, err
	}
	w := &writer{enc: enc, up: up, name: name, label: s.label(name), split: sp.ID}
	w.top, w.codecs, err = layers.encode(&tally{w: up, n: &w.bytes})
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("write %s: %w", w.label, err)
	}
	return w, nil
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
	enc         connector.Encoder
	top         io.Writer // above the codecs
	codecs      closers
	up          connector.Upload
	name, label string
	split       connector.SplitID
	rows, bytes int64
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
	r := connector.Receipt{Split: w.split}
	if err := w.enc.Close(w.top); err != nil {
		return r, err
	}
	if err := w.codecs.Close(); err != nil {
		return r, err
	}
	held, err := w.up.Seal(ctx)
	if err != nil {
		return r, err
	}
	r.Rows, r.Bytes = w.rows, w.bytes
	r.Spec, err = json.Marshal(staged{held, w.name})
	return r, err
}

func (w *writer) Close() error {
	w.codecs.Close() // what it flushes is thrown away
	return w.up.Close()
}
