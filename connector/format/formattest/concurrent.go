package formattest

import (
	"bytes"
	"context"
	"io"
	"sync"
	"testing"

	"github.com/headgate/headgate/connector"
)

// concurrent decodes many pieces of one input at once, as the engine's workers do, and
// encodes them with one encoder. Another one writes them, as when an output rolls.
func (s *suite) concurrent(t *testing.T) {
	schema, b := generated(500, 10)
	data := s.write(t, schema, b)
	want := s.copy(t, schema, data, 0)
	d, err := s.input(schema, 256).Decoder(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.input(schema, 256).bind(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	cfg := s.config()
	enc, err := s.format.NewEncoder(cfg, schema)
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.format.NewEncoder(cfg, schema)
	if err != nil {
		t.Fatal(err)
	}
	var pieces []*connector.Morsel
	var wg sync.WaitGroup
	for {
		m := &connector.Morsel{}
		if err := d.Next(context.Background(), m); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		pieces = append(pieces, m)
		wg.Go(func() {
			if err := d.Decode(m); err != nil {
				t.Error(err)
				return
			}
			var err error
			if m.Out, err = enc.Encode(nil, &m.Batch); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(pieces) < 4 {
		t.Fatalf("only %d pieces", len(pieces))
	}
	var out bytes.Buffer
	for _, m := range pieces {
		if err := other.Append(&out, m.Out); err != nil {
			t.Fatal(err)
		}
	}
	if err := other.Close(&out); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Errorf("differs: %s", firstDifference(out.Bytes(), want))
	}
}
