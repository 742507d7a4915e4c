package zstd

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/headgate/headgate/connector"
	"github.com/klauspost/compress/zstd"

	"github.com/headgate/headgate/connector/codec/internal/inorder"
	"github.com/headgate/headgate/connector/conntest"
)

// lines is text that is neither all the same nor random.
func lines(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	var b []byte
	for len(b) < n {
		b = fmt.Appendf(b, "%d,%x,name %d\n", len(b), r.Uint32(), r.IntN(100))
	}
	return b[:n]
}

// sized is a frame that tells how much it becomes.
func sized(t testing.TB, data []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil, zstd.WithZeroFrames(true), zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	return z.EncodeAll(data, nil)
}

// unsized is one that does not.
func unsized(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z, err := zstd.NewWriter(&out, zstd.WithZeroFrames(true), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false))
	if err != nil {
		t.Fatal(err)
	}
	for len(data) > 0 { // in steps, as one write of everything would tell
		n := min(len(data), 1000)
		z.Write(data[:n])
		z.Flush()
		data = data[n:]
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func skipped(n int) []byte {
	b := binary.LittleEndian.AppendUint32(nil, skippable+7)
	b = binary.LittleEndian.AppendUint32(b, uint32(n))
	return append(b, make([]byte, n)...)
}

// stream is data as frames of size bytes.
func stream(t testing.TB, data []byte, size int, frame func(testing.TB, []byte) []byte) []byte {
	var out []byte
	for ; len(data) > size; data = data[size:] {
		out = append(out, frame(t, data[:size])...)
	}
	return append(append(out, frame(t, data)...), frame(t, nil)...)
}

// streams are ways to store data.
func streams(t testing.TB, data []byte) map[string][]byte {
	skips := func(t testing.TB, data []byte) []byte { return append(skipped(len(data)), sized(t, data)...) }
	return map[string][]byte{
		"sized":   stream(t, data, 100_000, sized),
		"unsized": stream(t, data, 100_000, unsized),
		"one":     unsized(t, data),
		"skips":   append(stream(t, data, 100_000, skips), skipped(100)...),
		"tiny":    stream(t, data[:1000], 7, sized),
		"mixed":   append(stream(t, data, 50_000, unsized), stream(t, data, 1<<20, sized)...),
	}
}

// sequential is what another reader makes of a stream.
func sequential(t testing.TB, packed []byte) ([]byte, error) {
	z, err := zstd.NewReader(bytes.NewReader(packed), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	return io.ReadAll(z)
}

func TestStreams(t *testing.T) {
	conntest.NoLeak(t)
	for name, packed := range streams(t, lines(1<<20)) {
		want, err := sequential(t, packed)
		if err != nil {
			t.Fatal(name, err)
		}
		for way, wrap := range map[string]func(io.Reader) io.Reader{"whole": same, "halves": iotest.HalfReader, "EOF with data": iotest.DataErrReader} {
			if got, err := unpack(t, wrap(bytes.NewReader(packed))); err != nil || got != string(want) {
				t.Errorf("%s, %s: %d bytes, want %d, error %v", name, way, len(got), len(want), err)
			}
		}
	}
}

func same(r io.Reader) io.Reader { return r }

// TestLarge has frames that are above the limit between others.
func TestLarge(t *testing.T) {
	data := make([]byte, 2*inorder.MaxPiece)
	for name, frame := range map[string]func(testing.TB, []byte) []byte{"sized": sized, "unsized": unsized} {
		packed := append(sized(t, []byte("head\n")), frame(t, data)...)
		packed = append(append(packed, frame(t, data)...), sized(t, []byte("tail\n"))...)
		got, err := unpack(t, bytes.NewReader(packed))
		if want := "head\n" + string(data) + string(data) + "tail\n"; err != nil || got != want {
			t.Errorf("%s: %d bytes, want %d, error %v", name, len(got), len(want), err)
		}
	}
}

// TestDamagedFrame: everything before the damage is read, and the error says which frame
// it is.
func TestDamagedFrame(t *testing.T) {
	data := lines(100_000)
	packed := stream(t, data, 10_000, sized)
	at := len(stream(t, data[:60_000], 10_000, sized)) - len(sized(t, nil))
	for what, broken := range map[string][]byte{
		"a checksum":       flip(packed, at+len(sized(t, data[60_000:70_000]))-1),
		"the magic number": flip(packed, at),
		"the end":          packed[:at+2000],
		"a skipped frame":  append(bytes.Clone(packed[:at]), skipped(100)[:50]...),
	} {
		got, err := unpack(t, bytes.NewReader(broken))
		if err == nil || !strings.HasPrefix(err.Error(), "unzstd: ") || len(got) < 60_000 || !bytes.HasPrefix(data, []byte(got)[:60_000]) {
			t.Errorf("%s: %d bytes, error %v", what, len(got), err)
		}
		if what != "a skipped frame" && !strings.Contains(err.Error(), "frame 7: ") {
			t.Errorf("%s: error %v", what, err)
		}
		if strings.HasSuffix(what, "e end") && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: error %v", what, err)
		}
	}
}

func flip(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 0xff
	return b
}

// TestSameBytes writes the same whatever the number of processors and the size of the writes.
func TestSameBytes(t *testing.T) {
	conntest.NoLeak(t)
	data := lines(highFrameSize + 1000)
	for _, level := range []int{3, 12} {
		var first []byte
		for _, way := range []struct{ procs, size int }{{1, len(data)}, {8, 1000}} {
			was := runtime.GOMAXPROCS(way.procs)
			got := write(t, &Options{Level: level}, data, way.size)
			runtime.GOMAXPROCS(was)
			if first == nil {
				first = got
				if back, err := sequential(t, got); err != nil || !bytes.Equal(back, data) {
					t.Errorf("level %d: %d bytes, error %v", level, len(back), err)
				}
			}
			if !bytes.Equal(got, first) {
				t.Errorf("level %d, %+v: other bytes", level, way)
			}
		}
	}
}

func write(t *testing.T, o *Options, data []byte, size int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := Codec().NewWriter(o, &out, connector.CodecOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for len(data) > 0 {
		n := min(size, len(data))
		if _, err := w.Write(data[:n]); err != nil {
			t.Fatal(err)
		}
		data = data[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func FuzzReader(f *testing.F) {
	for _, packed := range streams(f, lines(3000)) {
		f.Add(packed)
	}
	f.Fuzz(func(t *testing.T, packed []byte) {
		want, wantErr := sequential(t, packed)
		got, err := unpack(t, bytes.NewReader(packed))
		if got != string(want) || (err == nil) != (wantErr == nil) {
			t.Errorf("%d bytes, error %v; want %d bytes, error %v", len(got), err, len(want), wantErr)
		}
	})
}
