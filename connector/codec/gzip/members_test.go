package gzip

import (
	"bytes"
	stdgzip "compress/gzip"
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
	"github.com/klauspost/compress/gzip"

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

// member is a member whose extra field is id, with a value that is made from the lengths of
// the whole and of its deflated data.
func member(t testing.TB, data []byte, id string, value func(whole, deflated int) []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if id != "" {
		z.Extra = append([]byte(id), byte(len(value(0, 0))), 0)
		z.Extra = append(z.Extra, value(0, 0)...)
	}
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	b := out.Bytes()
	if id != "" {
		head := fixedHeader + len(z.Extra)
		copy(b[fixedHeader+4:], value(len(b), len(b)-head-trailer))
	}
	return b
}

func bgzf(whole, _ int) []byte { return binary.LittleEndian.AppendUint16(nil, uint16(whole-1)) }
func migz(_, n int) []byte     { return binary.LittleEndian.AppendUint32(nil, uint32(n)) }

// stream is data as members of size bytes.
func stream(t testing.TB, data []byte, size int, id string, value func(whole, deflated int) []byte) []byte {
	var out []byte
	for ; len(data) > size; data = data[size:] {
		out = append(out, member(t, data[:size], id, value)...)
	}
	return append(append(out, member(t, data, id, value)...), member(t, nil, id, value)...)
}

// streams are ways to store data.
func streams(t testing.TB, data []byte) map[string][]byte {
	mixed := append(stream(t, data[:len(data)/2], 20_000, "BC", bgzf), stream(t, data[len(data)/2:], 70_000, "", nil)...)
	return map[string][]byte{
		"BGZF":     stream(t, data, 60_000, "BC", bgzf),
		"MiGz":     stream(t, data, 100_000, "MZ", migz),
		"plain":    stream(t, data, 50_000, "", nil),
		"mixed":    append(mixed, stream(t, nil, 10, "MZ", migz)...),
		"too long": stream(t, data, 60_000, "MZ", func(_, n int) []byte { return migz(0, n+1) }),
		"short":    stream(t, data, 60_000, "MZ", func(_, n int) []byte { return migz(0, n-1) }),
		"nothing":  stream(t, data, 60_000, "MZ", func(int, int) []byte { return migz(0, 0) }),
		"huge":     stream(t, data, 60_000, "MZ", func(int, int) []byte { return migz(0, 1<<31) }),
		"two":      stream(t, data, 60_000, "BC", func(n, _ int) []byte { return bgzf(2*n, 0) }),
		"tiny":     stream(t, data[:2000], 7, "BC", bgzf),
		"other":    stream(t, data, 60_000, "XY", migz),
	}
}

func TestStreams(t *testing.T) {
	conntest.NoLeak(t)
	data := lines(1 << 20)
	for name, packed := range streams(t, data) {
		want, err := sequential(packed)
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

// sequential is what another reader makes of a stream: one that knows a header that was
// cut from the end of the stream, which is not true of the one used here.
func sequential(packed []byte) ([]byte, error) {
	z, err := stdgzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// TestLarge has a member that is above the limit between others.
func TestLarge(t *testing.T) {
	data := make([]byte, inorder.MaxPiece+1)
	packed := append(stream(t, []byte("head\n"), 10, "MZ", migz), stream(t, data, len(data), "MZ", migz)...)
	packed = append(packed, stream(t, []byte("tail\n"), 10, "MZ", migz)...)
	got, err := unpack(t, bytes.NewReader(packed))
	if want := "head\n" + string(data) + "tail\n"; err != nil || got != want {
		t.Errorf("%d bytes, want %d, error %v", len(got), len(want), err)
	}
}

// TestDamagedMember: everything before the damage is read, and the error says which
// member it is.
func TestDamagedMember(t *testing.T) {
	data := lines(100_000)
	for name, value := range map[string]func(whole, deflated int) []byte{"BC": bgzf, "MZ": migz, "": nil} {
		packed := stream(t, data, 10_000, name, value)
		at := 0
		for range 6 { // the seventh
			at += len(member(t, data[:10_000], name, value))
			data = data[10_000:]
		}
		data = lines(100_000)
		for what, broken := range map[string][]byte{
			"a checksum": flip(packed, at+len(member(t, data[60_000:70_000], name, value))-trailer),
			"the data":   flip(packed, at+2000),
			"the end":    packed[:at+2000],
		} {
			got, err := unpack(t, bytes.NewReader(broken))
			if err == nil || !strings.HasPrefix(err.Error(), "gunzip: member 7: ") || len(got) < 60_000 || !bytes.HasPrefix(data, []byte(got)[:60_000]) {
				t.Errorf("%q, %s: %d bytes, error %v", name, what, len(got), err)
			}
			if what == "the end" && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%q: %v", name, err)
			}
		}
	}
}

func flip(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 0xff
	return b
}

// TestClaim: a member that claims to become large is not believed.
func TestClaim(t *testing.T) {
	packed := member(t, []byte("x"), "MZ", migz)
	binary.LittleEndian.PutUint32(packed[len(packed)-4:], 1<<32-1)
	if _, err := unpack(t, bytes.NewReader(packed)); !errors.Is(err, gzip.ErrChecksum) {
		t.Errorf("error %v", err)
	}
}

// TestSameBytes writes the same whatever the number of processors and the size of the writes.
func TestSameBytes(t *testing.T) {
	conntest.NoLeak(t)
	data := lines(memberSize + 1000)
	for _, level := range []int{1, 9} {
		var first []byte
		for _, way := range []struct{ procs, size int }{{1, len(data)}, {8, 1000}} {
			was := runtime.GOMAXPROCS(way.procs)
			got := write(t, &Options{Level: level}, data, way.size)
			runtime.GOMAXPROCS(was)
			if first == nil {
				first = got
				if back, err := sequential(got); err != nil || !bytes.Equal(back, data) {
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

// TestOwnMembers: what is written here tells its lengths.
func TestOwnMembers(t *testing.T) {
	packed := write(t, &Options{Level: 6}, lines(2*memberSize+1), 1<<16)
	for n := range 3 {
		size := memberLength(packed)
		if size <= 0 || size > len(packed) {
			t.Fatalf("member %d: length %d of %d", n, size, len(packed))
		}
		packed = packed[size:]
	}
	if len(packed) != 0 {
		t.Errorf("%d bytes after the last member", len(packed))
	}
}

func FuzzReader(f *testing.F) {
	for _, packed := range streams(f, lines(3000)) {
		f.Add(packed)
	}
	f.Add(append(stream(f, lines(500), 100, "BC", bgzf), "trailing"...))
	f.Fuzz(func(t *testing.T, packed []byte) {
		want, wantErr := sequential(packed)
		if len(packed) == 0 {
			wantErr = nil
		}
		got, err := unpack(t, bytes.NewReader(packed))
		n := min(len(got), len(want)) // they may give up the same block sooner or later
		if wantErr == nil && got != string(want) || got[:n] != string(want[:n]) || (err == nil) != (wantErr == nil) {
			t.Errorf("%d bytes, error %v; want %d bytes, error %v", len(got), err, len(want), wantErr)
		}
	})
}
