package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// Open starts the file of a split.
func (s *Sink) Open(ctx context.Context, ses *connector.Session, sp connector.Split) (connector.Writer, error) {
	name, err := s.nameOf(sp)
	if err != nil {
		return nil, err
	}
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
		return &writer{sink: s, layers: layers, tag: tagOf(ses) + string(sp.ID), enc: enc, name: name, label: s.label(name)}, nil
	}
	if len(by) > 0 {
		return &partitions{by: by, columns: s.cfg.PartitionBy, file: s.rolling(file), name: name, label: s.label(name), split: sp.ID, files: map[string]output{}, begun: map[output]bool{}}, nil
	}
	out, err := s.rolling(file)(name)
	if err != nil {
		return nil, err
	}
	return &single{out: out, split: sp.ID}, out.open(ctx)
}

// nameOf is the name of the file of a split, which no other split has.
func (s *Sink) nameOf(sp connector.Split) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, err := s.cfg.Name(sp)
	if err != nil {
		return "", err
	}
	if other, taken := s.names[name]; taken && other != sp.ID {
		return "", fmt.Errorf("write %s: two splits, %s and %s, have the same name; put ${{ split.id }} into it", s.label(name), other, sp.ID)
	}
	s.names[name] = sp.ID
	return name, nil
}

// output is where rows of one kind go: a file, or one after the other.
type output interface {
	open(ctx context.Context) error
	// encode may run many times at once, append may not.
	encode(dst []byte, b *record.Batch) ([]byte, error)
	// append takes what encode made of some rows. It opens what is not open.
	append(ctx context.Context, enc []byte, rows int) error
	seal(ctx context.Context) (sealed, error)
	Close() error
}

// sealed is what an output has become.
type sealed struct {
	files       []staged
	rows, bytes int64
}

// single writes everything to one output.
type single struct {
	out   output
	split connector.SplitID
}

func (w *single) Encode(m *connector.Morsel) (err error) {
	m.Out, err = w.out.encode(m.Out[:0], &m.Batch)
	return err
}

func (w *single) Append(ctx context.Context, m *connector.Morsel) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return w.out.append(ctx, m.Out, len(m.Batch.Sel))
}

func (w *single) Seal(ctx context.Context) (connector.Receipt, error) {
	return receipt(ctx, w.split, w.out)
}

func (w *single) Close() error { return w.out.Close() }

// receipt seals outputs, in order.
func receipt(ctx context.Context, split connector.SplitID, outputs ...output) (connector.Receipt, error) {
	r := connector.Receipt{Split: split}
	list := []staged{}
	for _, out := range outputs {
		done, err := out.seal(ctx)
		if err != nil {
			return r, err
		}
		r.Rows += done.rows
		r.Bytes += done.bytes
		list = append(list, done.files...)
	}
	var err error
	r.Spec, err = json.Marshal(list)
	return r, err
}

// tally counts the bytes that reach the store, and hashes them when that is wanted.
type tally struct {
	w   io.Writer
	n   *int64
	sum hash.Hash // nil = not wanted
}

func (t *tally) Write(p []byte) (int, error) {
	n, err := t.w.Write(p)
	*t.n += int64(n)
	if t.sum != nil {
		t.sum.Write(p[:n])
	}
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
	rows, bytes int64
	sum         hash.Hash // nil = not wanted
}

// open starts the upload.
func (w *writer) open(ctx context.Context) (err error) {
	if w.up, err = w.sink.cfg.Store.Create(ctx, w.name, w.tag); err != nil {
		return err
	}
	if w.sink.cfg.Hold && w.name == "-" {
		w.up = &held{Upload: w.up}
	}
	if w.sink.cfg.Sums {
		w.sum = sha256.New()
	}
	w.top, w.codecs, err = w.layers.encode(&tally{w: w.up, n: &w.bytes, sum: w.sum}, connector.CodecOptions{Context: ctx, File: w.label, Keys: w.sink.cfg.Keys})
	if err != nil {
		w.Close()
		return fmt.Errorf("write %s: %w", w.label, err)
	}
	return nil
}

func (w *writer) encode(dst []byte, b *record.Batch) ([]byte, error) {
	dst, err := w.enc.Encode(dst, b)
	if err != nil {
		return dst, fmt.Errorf("write %s: %w", w.label, err)
	}
	return dst, nil
}

func (w *writer) append(ctx context.Context, enc []byte, rows int) error {
	if w.up == nil {
		if err := w.open(ctx); err != nil {
			return err
		}
	}
	w.rows += int64(rows)
	return w.enc.Append(w.top, enc)
}

func (w *writer) seal(ctx context.Context) (sealed, error) {
	if err := w.enc.Close(w.top); err != nil {
		return sealed{}, err
	}
	if err := w.codecs.Close(); err != nil {
		return sealed{}, err
	}
	held, err := w.up.Seal(ctx)
	file := staged{Staged: held, Name: w.name}
	if w.sum != nil {
		file.Bytes, file.SHA256 = w.bytes, hex.EncodeToString(w.sum.Sum(nil))
	}
	return sealed{[]staged{file}, w.rows, w.bytes}, err
}

func (w *writer) Close() error {
	if w.up == nil {
		return nil
	}
	w.codecs.Close() // what it flushes is thrown away
	return w.up.Close()
}
