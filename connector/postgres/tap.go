package postgres

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/headgate/headgate/connector/record"
)

// tap stands between a connection and the library that reads messages from it. It
// hands out no more than one message at a time, so that between two messages nothing is
// buffered behind it and rows can be read past the library: as they are, in pieces.
type tap struct {
	r     io.Reader
	buf   []byte // read and not handed on; a part of store
	left  int    // bytes of the message under way that are not handed on yet
	store []byte
}

const (
	tapSize = 32 << 10
	header  = 5 // of a message: its type and its length, which counts itself
)

// Read hands out the rest of a message, or the start of the next one.
func (t *tap) Read(p []byte) (int, error) {
	if t.left == 0 {
		for len(t.buf) < header {
			if err := t.fill(); err != nil {
				return 0, err
			}
		}
		t.left = max(header, 1+int(binary.BigEndian.Uint32(t.buf[1:])))
	}
	if len(t.buf) == 0 {
		if err := t.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, t.buf[:min(len(t.buf), t.left)])
	t.buf = t.buf[n:]
	t.left -= n
	return n, nil
}

// fill reads more behind what there is, which is less than a header.
func (t *tap) fill() error {
	if cap(t.store) < tapSize {
		t.store = make([]byte, tapSize)
	}
	store := t.store[:cap(t.store)]
	kept := copy(store, t.buf)
	n, err := t.r.Read(store[kept:])
	t.buf = store[:kept+n]
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

// unread puts bytes back.
func (t *tap) unread(b []byte) {
	t.store = append(t.store[:0], b...)
	t.buf = t.store
}

// rows fills chunk with whole DataRow messages, until there are most of them, or size bytes, or a
// message of another kind comes: more is false then, and that message is the next that the
// library reads.
func (t *tap) rows(chunk []byte, size, most int) (out []byte, n int, more bool, err error) {
	chunk = append(chunk, t.buf...)
	t.buf = nil
	at, need := 0, header
	for {
		for need = header; len(chunk)-at >= header; need = header {
			if chunk[at] != 'D' {
				t.unread(chunk[at:])
				return chunk[:at], n, false, nil
			}
			need = 1 + int(binary.BigEndian.Uint32(chunk[at+1:]))
			if len(chunk)-at < need {
				break
			}
			at += need
			n++
			if n == most || at >= size {
				t.unread(chunk[at:])
				return chunk[:at], n, true, nil
			}
		}
		if at+need > record.MaxChunk {
			return chunk[:at], n, false, fmt.Errorf("a row of more than %d bytes", record.MaxChunk)
		}
		if chunk, err = t.more(chunk, max(at+need, size)); err != nil {
			return chunk[:at], n, false, err
		}
	}
}

// more reads something behind chunk, up to the length of upTo.
func (t *tap) more(chunk []byte, upTo int) ([]byte, error) {
	if cap(chunk) < upTo {
		grown := make([]byte, len(chunk), upTo+upTo/8)
		copy(grown, chunk)
		chunk = grown
	}
	n, err := t.r.Read(chunk[len(chunk):upTo])
	if n > 0 {
		return chunk[:len(chunk)+n], nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return chunk, err
}
