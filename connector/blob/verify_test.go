package blob_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/all"
	"github.com/headgate/headgate/connector/blob"
)

// sealCodec stands for a codec with an integrity check at its end: the file must end in
// "SEAL\n", which is not part of what it says.
func sealCodec() *connector.Codec {
	return &connector.Codec{Name: "seal", Verifies: true, NewReader: func(_ any, r io.Reader, _ connector.CodecOptions) (io.ReadCloser, error) {
		return io.NopCloser(&sealReader{in: bufio.NewReader(r)}), nil
	}}
}

type sealReader struct {
	in   *bufio.Reader
	rest string
}

func (s *sealReader) Read(p []byte) (int, error) {
	if s.rest == "" {
		line, err := s.in.ReadString('\n')
		switch {
		case line == "SEAL\n":
			return 0, io.EOF
		case err == io.EOF:
			return 0, connector.Mark(errors.New("the seal is broken"), connector.ErrIntegrity)
		case err != nil:
			return 0, err
		}
		s.rest = line
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// headCodec reads no more than three lines, whatever follows.
func headCodec() *connector.Codec {
	return &connector.Codec{Name: "head", NewReader: func(_ any, r io.Reader, _ connector.CodecOptions) (io.ReadCloser, error) {
		in := bufio.NewReaderSize(r, 16)
		var b strings.Builder
		for range 3 {
			line, _ := in.ReadString('\n')
			b.WriteString(line)
		}
		return io.NopCloser(strings.NewReader(b.String())), nil
	}}
}

// TestVerified: a file with a broken seal is never read to its end without an error, and
// that error is the seal's, whatever else is wrong.
func TestVerified(t *testing.T) {
	rows := strings.Repeat("1,a\n", 5000)
	for _, c := range []struct {
		name, text string
		codecs     []*connector.Codec
		broken     bool
	}{
		{"sealed", "id,name\n" + rows + "SEAL\n", []*connector.Codec{sealCodec()}, false},
		{"broken", "id,name\n" + rows, []*connector.Codec{sealCodec()}, true},
		{"below a codec that stops", "id,name\n" + rows, []*connector.Codec{sealCodec(), headCodec()}, true},
		{"below a codec that stops, sealed", "id,name\n" + rows + "SEAL\n", []*connector.Codec{sealCodec(), headCodec()}, false},
		{"not even a header", "", []*connector.Codec{sealCodec()}, true},
		{"nonsense", "id,name\n1,\"a\n" + rows, []*connector.Codec{sealCodec()}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "x.csv"), []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			layers := &blob.Layers{Format: all.Registry().Format("csv")}
			for _, codec := range c.codecs {
				layers.Codecs = append(layers.Codecs, blob.Codec{Codec: codec})
			}
			n, err := readSome(newSource(connector.Env{Project: dir}, blob.SourceConfig{Glob: "x.csv", Layers: layers}), -1)
			if c.broken != errors.Is(err, connector.ErrIntegrity) || c.broken != (err != nil) || !c.broken && n == 0 {
				t.Errorf("%d rows, error %v", n, err)
			}
			if len(c.text) > 1000 {
				_, err = readSome(newSource(connector.Env{Project: dir}, blob.SourceConfig{Glob: "x.csv", Layers: layers, ChunkSize: 1024}), 2)
				if errors.Is(err, connector.ErrIntegrity) != c.broken {
					t.Errorf("verified after the first pieces: error %v", err)
				}
			}
		})
	}
}

// readSome reads every row of the first split, or pieces and then what verifies the rest.
func readSome(src *blob.Source, pieces int) (rows int, err error) {
	defer src.Close()
	ctx := context.Background()
	if _, err := src.Discover(ctx); err != nil {
		return 0, err
	}
	p, err := src.Plan(ctx, nil)
	if err != nil {
		return 0, err
	}
	r, err := src.Open(ctx, p.Splits[0])
	if err != nil {
		return 0, err
	}
	defer r.Close()
	var m connector.Morsel
	for ; pieces != 0; pieces-- {
		if err := r.Next(ctx, &m); err == io.EOF {
			return rows, nil
		} else if err != nil {
			return rows, err
		}
		if err := r.Decode(&m); err != nil {
			return rows, fmt.Errorf("decode: %w", err)
		}
		rows += len(m.Batch.Sel)
	}
	return rows, r.(connector.Verifier).Verify(ctx)
}
