package blob

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/headgate/headgate/connector"
)

// archived reports whether a file is an archive whose members are read one by one, and by
// which codec. A stream is not: it is read as it comes.
func (s *Source) archived(o connector.Object) (outer Codec, ok bool) {
	layers, err := s.cfg.Layers.resolve(s.cfg.Registry, o.Name)
	if err != nil || len(layers.Codecs) == 0 || layers.Codecs[0].Archive == nil || o.Size < 0 {
		return Codec{}, false
	}
	return layers.Codecs[0], true
}

// members reads an archive as if its members were files that follow one another. It is the
// Reader of the split; each member has a reader of its own, with its own header.
type members struct {
	source  *Source
	file    connector.Object
	archive connector.Archive
	list    []connector.Member
	next    int     // of list
	cur     *reader // nil between two
	at      *place  // what the archive is read from
	told    []func()
	began   func()
}

// openMembers opens the directory of an archive.
func (s *Source) openMembers(ctx context.Context, o connector.Object, codec Codec) (*members, error) {
	at, err := s.placed(ctx, o)
	if err != nil {
		return nil, err
	}
	m := &members{source: s, file: o, at: at}
	m.archive, err = codec.Archive(codec.Config, at, o.Size, connector.CodecOptions{Context: ctx, File: s.label(o.Name), Keys: s.cfg.Keys})
	if err != nil {
		at.Close()
		return nil, fmt.Errorf("read %s: %w", s.label(o.Name), err)
	}
	m.list = m.archive.Members()
	return m, nil
}

// openFirst opens a member that has something in it, for a sample.
func (s *Source) openFirst(ctx context.Context, o connector.Object, codec Codec) (*input, error) {
	m, err := s.openMembers(ctx, o, codec)
	if err != nil {
		return nil, err
	}
	i := 0
	for i+1 < len(m.list) && m.list[i].Size == 0 {
		i++
	}
	in, err := m.open(ctx, i, true)
	if err != nil {
		m.at.Close()
		return nil, err
	}
	in.open = append(closers{m.at}, in.open...)
	return in, nil
}

// open opens a member down to its decoder.
func (m *members) open(ctx context.Context, i int, sample bool) (*input, error) {
	s, name := m.source, m.file.Name+"/"+m.list[i].Name
	in := &input{label: s.label(name), packed: true}
	layers, err := s.cfg.Layers.resolve(s.cfg.Registry, m.file.Name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", in.label, err)
	}
	layers.Codecs = layers.Codecs[1:]
	if layers.Format.NewDecoder == nil || layers.Format.RandomAccess {
		return nil, fmt.Errorf("read %s: %s cannot be read from an archive: unpack it first", in.label, layers.Format.Name)
	}
	rc, err := m.archive.Open(i)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", in.label, err)
	}
	in.open = append(in.open, rc)
	in.read = &counter{r: rc}
	return in, s.stack(ctx, in, layers, sample, false)
}

// advance opens the next member.
func (m *members) advance(ctx context.Context) error {
	s := m.source
	if m.next == len(m.list) {
		if err := s.unchanged(ctx, split{Name: m.file.Name, Size: m.file.Size, Modified: m.file.Modified}); err != nil {
			return err
		}
		return io.EOF
	}
	in, err := m.open(ctx, m.next, false)
	if err != nil {
		return err
	}
	file := m.file
	file.Name, file.Size = m.file.Name+"/"+m.list[m.next].Name, m.list[m.next].Size
	r := &reader{in: in, size: -1, place: s.places[m.file.Name], file: file, about: s.described(s.schema)}
	if err := s.attach(ctx, r); err != nil {
		return err
	}
	m.next++
	m.cur = r
	return nil
}

// ofMember is what a morsel keeps: whose it is, and what that keeps in it.
type ofMember struct {
	reader *reader
	kept   any
}

func (m *members) Next(ctx context.Context, to *connector.Morsel) error {
	if m.began != nil {
		m.began()
		m.began = nil
	}
	for {
		if m.cur == nil {
			if err := m.advance(ctx); err != nil {
				return err
			}
		}
		of, ok := to.Scratch.(*ofMember)
		if !ok {
			of = &ofMember{}
		}
		if of.reader != m.cur {
			of.reader, of.kept = m.cur, nil
		}
		to.Scratch = of.kept
		err := m.cur.Next(ctx, to)
		of.kept, to.Scratch = to.Scratch, of
		if err != io.EOF {
			return err
		}
		if err := m.leave(); err != nil {
			return err
		}
	}
}

// leave ends the current member. Pieces of it may still be under way, which need no more
// than what they hold.
func (m *members) leave() error {
	if m.cur.told != nil {
		m.told = append(m.told, m.cur.told)
	}
	err := m.cur.in.Close()
	m.cur = nil
	return err
}

func (m *members) Decode(to *connector.Morsel) error {
	of := to.Scratch.(*ofMember)
	to.Scratch = of.kept
	err := of.reader.Decode(to)
	of.kept, to.Scratch = to.Scratch, of
	return err
}

// BytesRead counts the directory as read once the members are.
func (m *members) BytesRead() int64 {
	return min(m.at.n.Load(), m.file.Size)
}

// Verify implements connector.Verifier. What was read before was verified then.
func (m *members) Verify(ctx context.Context) error {
	if m.cur == nil {
		return nil
	}
	return m.cur.Verify(ctx)
}

func (m *members) Close() error {
	var err error
	if m.cur != nil {
		err = m.leave()
	}
	for _, told := range m.told {
		told()
	}
	m.told = nil
	return errors.Join(err, m.at.Close())
}
