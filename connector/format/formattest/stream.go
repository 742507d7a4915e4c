package formattest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// chunkSizes reads the same input in pieces of every size, from readers of every habit.
func (s *suite) chunkSizes(t *testing.T) {
	schema, b := generated(60, 3)
	inputs := append([]string{string(s.write(t, schema, b))}, s.Samples...)
	readers := map[string]func(io.Reader) io.Reader{
		"whole": func(r io.Reader) io.Reader { return r }, "one byte": iotest.OneByteReader,
		"half": iotest.HalfReader, "data with error": iotest.DataErrReader,
	}
	for i, data := range inputs {
		want, wantErr := s.input(nil, 0).Read(context.Background(), strings.NewReader(data))
		for _, size := range []int{1, 2, 7, 64, 1000, 512 << 10} {
			for name, wrap := range readers {
				got, err := s.input(nil, size).Read(context.Background(), wrap(strings.NewReader(data)))
				if fmt.Sprint(err) != fmt.Sprint(wantErr) {
					t.Fatalf("input %d, chunk %d, reader %q: error %v, want %v", i, size, name, err, wantErr)
				}
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("input %d, chunk %d, reader %q: differs from one chunk\n got %+v\nwant %+v", i, size, name, got, want)
				}
			}
		}
	}
}

// readerErrors lets the input fail after any number of bytes.
func (s *suite) readerErrors(t *testing.T) {
	schema, b := generated(20, 4)
	data := s.write(t, schema, b)
	broken := errors.New("the line went dead")
	for cut := 0; cut < len(data); cut += 1 + len(data)/50 {
		r := io.MultiReader(bytes.NewReader(data[:cut]), iotest.ErrReader(broken))
		if _, err := s.input(nil, 64).Read(context.Background(), r); !errors.Is(err, broken) {
			t.Fatalf("after %d bytes: error %v, want %v", cut, err, broken)
		}
	}
}

// cancel stops between two chunks.
func (s *suite) cancel(t *testing.T) {
	schema, b := generated(50, 5)
	data := s.write(t, schema, b)
	if s.format.RandomAccess {
		s.cancelAt(t, schema, data)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	d, err := s.input(schema, 100).Decoder(iotest.HalfReader(&endless{data: data, after: func(n int) {
		if n > 3<<20 {
			stop()
		}
	}}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.input(schema, 100).bind(ctx, d)
	for m := (&connector.Morsel{}); err == nil; {
		err = d.Next(ctx, m)
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

// cancelAt stops after the first chunk.
func (s *suite) cancelAt(t *testing.T, schema *record.Schema, data []byte) {
	ctx, stop := context.WithCancel(context.Background())
	d, err := s.input(schema, 100).Decoder(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = s.input(schema, 100).bind(ctx, d); err != nil {
		t.Fatal(err)
	}
	m := &connector.Morsel{}
	if err := d.Next(ctx, m); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := d.Next(ctx, m); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

// endless repeats data for ever and counts the bytes it gave.
type endless struct {
	data  []byte
	n     int
	after func(n int)
}

func (e *endless) Read(p []byte) (int, error) {
	k := copy(p, e.data[e.n%len(e.data):])
	e.n += k
	e.after(e.n)
	return k, nil
}

// emptyInput has no columns and no rows, and says so as often as it is asked.
func (s *suite) emptyInput(t *testing.T) {
	d, err := s.input(nil, 0).Decoder(strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	names, err := s.input(nil, 0).bind(context.Background(), d)
	if err != nil || len(names) != 0 {
		t.Fatalf("columns %q, error %v", names, err)
	}
	for range 3 {
		if err := d.Next(context.Background(), &connector.Morsel{}); err != io.EOF {
			t.Errorf("error %v, want EOF", err)
		}
	}
}
