package raw

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/record"
)

// pass reads everything in pieces of size bytes and writes it again.
func pass(r io.Reader, size int) (out string, rows, pieces int, err error) {
	f := Format()
	dec, err := f.NewDecoder(f.Config(), r, connector.DecodeOptions{ChunkSize: size})
	if err != nil {
		return "", 0, 0, err
	}
	names, err := dec.Columns(context.Background())
	if err != nil {
		return "", 0, 0, err
	}
	schema := &record.Schema{Fields: []record.Field{{Name: names[0], Type: record.Type{Kind: record.Bytes}}}}
	enc, err := f.NewEncoder(f.Config(), schema)
	if err != nil {
		return "", 0, 0, err
	}
	var w bytes.Buffer
	var m connector.Morsel
	for err = dec.Bind(schema); err == nil; pieces++ {
		if err = dec.Next(context.Background(), &m); err != nil {
			break
		}
		if err = dec.Decode(&m); err == nil {
			m.Out, err = enc.Encode(m.Out[:0], &m.Batch)
		}
		rows += m.Batch.Rows
		err = errors.Join(err, enc.Append(&w, m.Out))
	}
	if err == io.EOF {
		err = enc.Close(&w)
	}
	return w.String(), rows, pieces, err
}

func TestBytesPass(t *testing.T) {
	for _, text := range []string{"", "a", "abcd", "abcdefghij\x00\r\n\"\xff"} {
		for _, size := range []int{1, 4, 5, 100} {
			for name, wrap := range map[string]func(io.Reader) io.Reader{"at once": func(r io.Reader) io.Reader { return r },
				"byte by byte": iotest.OneByteReader, "with the end": iotest.DataErrReader} {
				got, rows, pieces, err := pass(wrap(strings.NewReader(text)), size)
				if err != nil || got != text || rows != 1 || pieces > len(text)/size+1 {
					t.Errorf("%q in pieces of %d, %s: %q, %d rows, %d pieces, %v", text, size, name, got, rows, pieces, err)
				}
			}
		}
	}
}

// TestErrorsAreNoEnd: a file that is cut off is not taken for a short one.
func TestErrorsAreNoEnd(t *testing.T) {
	for _, cause := range []error{io.ErrUnexpectedEOF, errors.New("reset")} {
		r := io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(cause))
		if _, _, _, err := pass(r, 100); !errors.Is(err, cause) {
			t.Errorf("%v: %v", cause, err)
		}
	}
}
