package inflate

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"

	"github.com/headgate/headgate/connector/format/parquet/internal/meta"
)

// contents are pages that compress well, badly, and with references of all lengths.
func contents() [][]byte {
	r := rand.New(rand.NewPCG(1, 1))
	noise := make([]byte, 300_000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	var words bytes.Buffer
	for words.Len() < 3_000_000 {
		fmt.Fprintf(&words, "%s.%d@example.%d,", []string{"anna", "bert", "carla"}[r.IntN(3)], r.IntN(1_000_000), r.IntN(3))
	}
	far := append(append(bytes.Clone(noise[:150_000]), noise[:150_000]...), noise...)
	return [][]byte{{}, {1}, []byte("abc"), bytes.Repeat([]byte("a"), 200_000), bytes.Repeat([]byte("abcdefg"), 30_000),
		noise, words.Bytes(), far, []byte(strings.Repeat("x", 70) + "y")}
}

func packed(t testing.TB, codec meta.Codec, page []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	switch codec {
	case meta.Snappy:
		return s2.EncodeSnappyBest(nil, page)
	case meta.Zstd:
		w, err := zstd.NewWriter(nil)
		if err != nil {
			t.Fatal(err)
		}
		return w.EncodeAll(page, nil)
	case meta.Gzip:
		w := gzip.NewWriter(&out)
		w.Write(page)
		w.Close()
		return out.Bytes()
	case meta.LZ4Raw:
		return literals(page)
	}
	return page
}

// literals is page as one LZ4 sequence without a copy.
func literals(page []byte) []byte {
	if len(page) < 15 {
		return append([]byte{byte(len(page) << 4)}, page...)
	}
	out := []byte{0xf0}
	n := len(page) - 15
	for ; n >= 255; n -= 255 {
		out = append(out, 255)
	}
	return append(append(out, byte(n)), page...)
}

// TestBody reads pages in every way their users do, several in one input.
func TestBody(t *testing.T) {
	for _, codec := range []meta.Codec{meta.Uncompressed, meta.Snappy, meta.Gzip, meta.Zstd, meta.LZ4Raw} {
		for _, small := range []int{0, 1 << 20} {
			t.Run(fmt.Sprint(codec, small), func(t *testing.T) {
				var file []byte
				var sizes []int
				for _, page := range contents() {
					p := packed(t, codec, page)
					file = append(file, p...)
					sizes = append(sizes, len(p))
				}
				var in Input
				var body Body
				in.Reset(bytes.NewReader(file), 0, int64(len(file)))
				for i, page := range contents() {
					start := in.Offset()
					if err := in.StartPage(int64(sizes[i]), true); err != nil {
						t.Fatal(err)
					}
					if err := body.Open(&in, codec, len(page), small); err != nil {
						t.Fatal(err)
					}
					if err := consume(&body, page, rand.New(rand.NewPCG(uint64(i), 1))); err != nil {
						t.Fatalf("page %d: %v", i, err)
					}
					sum := crc32.ChecksumIEEE(file[start : int(start)+sizes[i]])
					if err := in.EndPage(sum, true); err != nil {
						t.Fatalf("page %d: %v", i, err)
					}
				}
			})
		}
	}
}

// consume takes the page in pieces, sometimes changing the memory.
func consume(b *Body, want []byte, r *rand.Rand) error {
	spare := make([]byte, 10)
	for at := 0; at < len(want); {
		n := min(len(want)-at, 1+r.IntN(1+r.IntN(100_000)))
		if err := b.Need(n); err != nil {
			return err
		}
		if b.Base()+b.R != at {
			return fmt.Errorf("at %d instead of %d", b.Base()+b.R, at)
		}
		if !bytes.Equal(b.Unread()[:n], want[at:at+n]) {
			return fmt.Errorf("other bytes from %d on", at)
		}
		b.Advance(n)
		at += n
		switch r.IntN(3) {
		case 0:
			b.Compact()
		case 1:
			old := b.Buf
			b.Continue(spare)
			for i := range old { // whoever left it may overwrite it
				old[i] = 0xdb
			}
			spare = old
		}
	}
	if b.Rest() != 0 {
		return fmt.Errorf("%d bytes left", b.Rest())
	}
	if err := b.Need(1); !errors.Is(err, ErrCut) {
		return fmt.Errorf("beyond the end: %v", err)
	}
	return nil
}

func TestDamage(t *testing.T) {
	page := bytes.Repeat([]byte("some text, "), 10_000)
	for _, codec := range []meta.Codec{meta.Uncompressed, meta.Snappy, meta.Gzip, meta.Zstd, meta.LZ4Raw} {
		p := packed(t, codec, page)
		for _, cut := range []int{0, 1, len(p) / 2, len(p) * 3 / 4} {
			var in Input
			var body Body
			in.Reset(bytes.NewReader(p[:cut]), 0, int64(cut))
			err := in.StartPage(int64(cut), false)
			if err == nil {
				err = body.Open(&in, codec, len(page), 0)
			}
			if err == nil {
				err = body.Need(len(page))
			}
			if err == nil {
				t.Errorf("%s cut after %d bytes: no error", codec, cut)
			}
		}
		var in Input
		in.Reset(bytes.NewReader(p), 0, int64(len(p)))
		if err := in.StartPage(int64(len(p)), true); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(&in); err != nil {
			t.Fatal(err)
		}
		if err := in.EndPage(crc32.ChecksumIEEE(p)+1, true); err == nil {
			t.Errorf("%s: a wrong sum is not seen", codec)
		}
	}
	for _, codec := range []meta.Codec{meta.LZ4, meta.Brotli, meta.LZO, 99} {
		var in Input
		var body Body
		in.Reset(bytes.NewReader(page), 0, int64(len(page)))
		if err := body.Open(&in, codec, 10, 0); err == nil || !strings.Contains(err.Error(), "cannot be read") {
			t.Errorf("codec %d: error %v", codec, err)
		}
	}
}

// TestFileTooShort is an input that ends before it said it would.
func TestFileTooShort(t *testing.T) {
	var in Input
	in.Reset(bytes.NewReader(make([]byte, 10)), 0, 20)
	if _, err := in.Peek(15); !errors.Is(err, ErrCut) {
		t.Errorf("error %v", err)
	}
}

// FuzzSnappy holds the decoder that stops and goes on against the one of a library.
func FuzzSnappy(f *testing.F) {
	for _, page := range contents() {
		if len(page) < 100_000 {
			f.Add(s2.EncodeSnappy(nil, page))
		}
	}
	f.Add([]byte{20, 0, 'a', 0x02 | 15<<2, 1, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := s2.DecodedLen(data)
		if err != nil || n == 0 || n > 1<<20 {
			return
		}
		want, wantErr := s2.Decode(nil, data)
		var in Input
		var body Body
		in.Reset(bytes.NewReader(data), 0, int64(len(data)))
		err = in.StartPage(int64(len(data)), false)
		if err == nil {
			err = body.Open(&in, meta.Snappy, n, 0)
		}
		for step := 1; err == nil && body.Rest() > 0; step = step*3 + 1 {
			k := min(step, body.Rest())
			if err = body.Need(k); err == nil {
				if wantErr == nil && !bytes.Equal(body.Unread()[:k], want[:k]) {
					t.Fatal("other bytes")
				}
				body.Advance(k)
				if wantErr == nil {
					want = want[k:]
				}
			}
		}
		if wantErr == nil && err != nil && !repeats(data) {
			t.Fatalf("error %v", err)
		}
	})
}

// repeats reports whether data may use what S2 adds to Snappy: a copy from offset 0.
func repeats(data []byte) bool {
	return bytes.IndexByte(data, 0) >= 0
}

// TestStreamsOwnSums: a page without a checksum in its head is held to the one that its
// stream has, and to its size.
func TestStreamsOwnSums(t *testing.T) {
	page := contents()[5]
	for _, codec := range []meta.Codec{meta.Gzip, meta.Zstd} {
		good := packed(t, codec, page)
		damaged := bytes.Clone(good)
		damaged[len(damaged)/2] ^= 1 // within what cannot be compressed and is stored as it is
		for _, c := range []struct {
			name string
			file []byte
			size int
			ok   bool
		}{{"good", good, len(page), true}, {"damaged", damaged, len(page), false}, {"longer", good, len(page) - 1, false}} {
			var in Input
			var body Body
			in.Reset(bytes.NewReader(c.file), 0, int64(len(c.file)))
			err := errors.Join(in.StartPage(int64(len(c.file)), false), body.Open(&in, codec, c.size, 0), body.Need(c.size))
			if (err == nil) != c.ok {
				t.Errorf("%s, %s: error %v", codec, c.name, err)
			}
		}
	}
}

// TestLimit holds that an input takes no more memory than its limit and its end allow.
func TestLimit(t *testing.T) {
	for _, tt := range []struct{ size, limit, most int }{{1 << 20, 0, 80 << 10}, {1 << 20, 8 << 10, 10 << 10}, {1 << 20, 1, 5 << 10}, {100, 0, 200}} {
		var in Input
		in.Reset(bytes.NewReader(make([]byte, tt.size)), 0, int64(tt.size))
		if tt.limit > 0 {
			in.Limit(tt.limit)
		}
		if _, err := in.Peek(1); err != nil {
			t.Fatal(err)
		}
		if cap(in.buf) > tt.most {
			t.Errorf("limit %d of %d bytes: %d taken", tt.limit, tt.size, cap(in.buf))
		}
	}
}
