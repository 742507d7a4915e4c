package zip

import (
	stdzip "archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/spec"
)

// file is a member of an archive that a test makes.
type file struct {
	name, text string
	method     uint16
}

// pack makes an archive with the standard library. sized puts the sizes before the data, as
// programs do that know them.
func pack(t testing.TB, sized bool, files ...file) []byte {
	t.Helper()
	var out bytes.Buffer
	z := stdzip.NewWriter(&out)
	for _, f := range files {
		h := &stdzip.FileHeader{Name: f.name, Method: f.method}
		var err error
		if sized {
			err = packSized(z, h, f.text)
		} else {
			var w io.Writer
			if w, err = z.CreateHeader(h); err == nil {
				_, err = io.WriteString(w, f.text)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func packSized(z *stdzip.Writer, h *stdzip.FileHeader, text string) error {
	var packed bytes.Buffer
	one := stdzip.NewWriter(&packed)
	w, err := one.CreateHeader(&stdzip.FileHeader{Name: "x", Method: h.Method})
	if err != nil {
		return err
	}
	io.WriteString(w, text)
	if err := one.Close(); err != nil {
		return err
	}
	r, err := stdzip.NewReader(bytes.NewReader(packed.Bytes()), int64(packed.Len()))
	if err != nil {
		return err
	}
	h.CRC32, h.CompressedSize64, h.UncompressedSize64 = r.File[0].CRC32, r.File[0].CompressedSize64, r.File[0].UncompressedSize64
	raw, err := r.File[0].OpenRaw()
	if err != nil {
		return err
	}
	to, err := z.CreateRaw(h)
	if err == nil {
		_, err = io.Copy(to, raw)
	}
	return err
}

func options() *Options { return Codec().Config().(*Options) }

// readArchive reads the members through the directory, as "name: text" each.
func readArchive(o *Options, data []byte) ([]string, error) {
	a, err := Codec().Archive(o, bytes.NewReader(data), int64(len(data)), connector.CodecOptions{})
	if err != nil {
		return nil, err
	}
	var list []string
	for i, m := range a.Members() {
		rc, err := a.Open(i)
		if err != nil {
			return list, err
		}
		text, err := io.ReadAll(rc)
		rc.Close()
		if err != nil {
			return list, err
		}
		list = append(list, m.Name+": "+string(text))
	}
	return list, nil
}

func readStream(o *Options, r io.Reader) (string, error) {
	z, err := Codec().NewReader(o, r, connector.CodecOptions{})
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(z)
	for range 2 {
		if e := z.Close(); err == nil {
			err = e
		}
	}
	return string(text), err
}

var long = strings.Repeat("id,name\n1,somebody\n", 20_000)

func TestArchive(t *testing.T) {
	files := []file{{"a.csv", "id\n1\n", deflated}, {"folder/", "", stored}, {"folder/b.csv", long, deflated}, {"notes.txt", "hello", stored}, {"ü.csv", "", deflated}}
	for _, sized := range []bool{false, true} {
		data := pack(t, sized, files...)
		for _, c := range []struct {
			members string
			want    string
		}{
			{everything, "a.csv folder/b.csv notes.txt ü.csv"}, {"*.csv", "a.csv ü.csv"}, {"**/*.csv", "a.csv folder/b.csv ü.csv"}, {"folder/*", "folder/b.csv"}, {"{a,ü}.csv", "a.csv ü.csv"},
		} {
			o := options()
			o.Members = c.members
			list, err := readArchive(o, data)
			var names []string
			for _, m := range list {
				name, text, _ := strings.Cut(m, ": ")
				names = append(names, name)
				for _, f := range files {
					if f.name == name && f.text != text {
						t.Errorf("%s: %d bytes, want %d", name, len(text), len(f.text))
					}
				}
			}
			if got := strings.Join(names, " "); err != nil || got != c.want {
				t.Errorf("%s: got %s, error %v", c.members, got, err)
			}
		}
		o := options()
		o.Members = "*.xml"
		if _, err := readArchive(o, data); err == nil || !strings.Contains(err.Error(), `the first is "a.csv"`) {
			t.Errorf("error %v", err)
		}
	}
	o := options()
	o.Members = "[" // is no glob
	if _, err := readArchive(o, nil); err == nil || !strings.Contains(err.Error(), "not a glob") {
		t.Errorf("error %v", err)
	}
	if err := spec.Lint(&Options{}); err != nil {
		t.Error(err)
	}
}

func TestStream(t *testing.T) {
	for _, c := range []struct {
		name  string
		files []file
		o     Options
		sized bool
		want  string // "!" and the start of an error
	}{
		{"one", []file{{"a.csv", long, deflated}}, Options{Members: everything}, false, long},
		{"one, sized", []file{{"a.csv", long, deflated}}, Options{Members: everything}, true, long},
		{"stored", []file{{"a.csv", "id\n1\n", stored}}, Options{Members: everything}, true, "id\n1\n"},
		{"nothing in it", []file{{"a.csv", "", deflated}}, Options{Members: everything}, false, ""},
		{"one of several", []file{{"x/", "", stored}, {"x/readme", "hello", deflated}, {"a.csv", "id\n1\n", deflated}, {"z", long, deflated}}, Options{Members: "*.csv"}, false, "id\n1\n"},
		{"one of several, sized", []file{{"readme", "hello", stored}, {"a.csv", "id\n1\n", deflated}}, Options{Members: "*.csv"}, true, "id\n1\n"},
		{"several", []file{{"a.csv", "id\n1\n", deflated}, {"b.csv", "id\n2\n", deflated}}, Options{Members: everything}, false, `!unzip: it holds several files, "a.csv" and "b.csv"`},
		{"none", []file{{"a.csv", "id\n1\n", deflated}}, Options{Members: "*.xml"}, false, "!unzip: none of its members"},
		{"stored, sizes later", []file{{"a.csv", "id\n1\n", stored}}, Options{Members: everything}, false, "!unzip: the sizes of its members come after"},
	} {
		for _, wrap := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.DataErrReader} {
			got, err := readStream(&c.o, wrap(bytes.NewReader(pack(t, c.sized, c.files...))))
			if want, fails := strings.CutPrefix(c.want, "!"); fails {
				if err == nil || !strings.HasPrefix(err.Error(), want) {
					t.Errorf("%s: error %v", c.name, err)
				}
			} else if err != nil || got != want {
				t.Errorf("%s: got %d bytes, error %v", c.name, len(got), err)
			}
		}
	}
}

// TestCut cuts an archive at every place, and TestChanged flips its bits: what is read without
// an error is what was packed.
func TestCut(t *testing.T) {
	for _, sized := range []bool{false, true} {
		data := pack(t, sized, file{"a.csv", "id,name\n1,a\n", deflated})
		for n := range data {
			if _, err := readArchive(options(), data[:n]); err == nil {
				t.Errorf("cut at %d: no error", n)
			}
			if got, err := readStream(options(), bytes.NewReader(data[:n])); err == nil && got != "id,name\n1,a\n" {
				t.Errorf("stream cut at %d: %q", n, got)
			}
		}
	}
}

func TestChanged(t *testing.T) {
	for _, sized := range []bool{false, true} {
		data := pack(t, sized, file{"a.csv", "id,name\n1,a\n", deflated})
		for n := range data {
			for _, bits := range []byte{1 << (n % 8), 0x80, 0xff} {
				changed := bytes.Clone(data)
				changed[n] ^= bits
				list, err := readArchive(options(), changed)
				if err == nil && !strings.HasSuffix(list[0], ".csv: id,name\n1,a\n") && !strings.HasSuffix(list[0], ": id,name\n1,a\n") {
					t.Errorf("changed at %d: %q", n, list)
				}
				if got, err := readStream(options(), bytes.NewReader(changed)); err == nil && got != "id,name\n1,a\n" {
					t.Errorf("stream changed at %d: %q", n, got)
				}
			}
		}
	}
}

// TestDamaged reads archives that came to harm, and what never was one.
func TestDamaged(t *testing.T) {
	data := pack(t, true, file{"a.csv", "id,name\n1,a\n", stored})
	at := bytes.Index(data, []byte("id,name"))
	flipped := bytes.Clone(data)
	flipped[at] ^= 1
	packed := pack(t, true, file{"a.csv", long, deflated})
	packed[bytes.Index(packed, []byte("a.csv"))+10] ^= 0x10
	for name, data := range map[string][]byte{
		"a wrong checksum": flipped, "damaged data": packed, "cut": data[:len(data)-7], "cut in a member": data[:at+3],
		"text": []byte("id,name\n1,a\n" + long),
	} {
		if _, err := readArchive(options(), data); err == nil {
			t.Errorf("%s: error %v", name, err)
		}
		if name == "cut" { // what is missing tells a stream nothing new
			continue
		}
		if _, err := readStream(options(), bytes.NewReader(data)); err == nil {
			t.Errorf("%s, stream: error %v", name, err)
		}
	}
	broken := errors.New("the line went dead")
	if _, err := readStream(options(), io.MultiReader(bytes.NewReader(data[:at+3]), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

func TestNames(t *testing.T) {
	for _, name := range []string{"../a.csv", "/etc/passwd", "a/../../b", "a/./b", "a//b", "a\\b", "..\\a", "C:/a", "a\x1b[2J.csv", "a\x00", "a\nb", ".", "..", "a/..", "\xff\x1b", "a\u202evsc.exe", "a\u2066.csv"} {
		data := pack(t, true, file{name, "id\n1\n", deflated})
		if _, err := readArchive(options(), data); !errors.Is(err, connector.ErrRefused) || strings.ContainsAny(err.Error(), "\x1b\n\x00") {
			t.Errorf("%q: error %v", name, err)
		}
		if _, err := readStream(options(), bytes.NewReader(data)); !errors.Is(err, connector.ErrRefused) {
			t.Errorf("%q, stream: error %v", name, err)
		}
	}
	twice := pack(t, true, file{"a.csv", "id\n1\n", deflated}, file{"a.csv", "id\n2\n", deflated})
	if _, err := readArchive(options(), twice); !errors.Is(err, connector.ErrRefused) {
		t.Errorf("a name twice: error %v", err)
	}
	// Of DOS: \x81 is ü there.
	if list, err := readArchive(options(), pack(t, true, file{"\x81.csv", "x", deflated})); err != nil || list[0] != "ü.csv: x" {
		t.Errorf("%q, error %v", list, err)
	}
}

// put changes a number in the directory entry of the only member, or in its local header.
func put(data []byte, signature uint32, at int, value uint32, bytesOf int) []byte {
	changed := bytes.Clone(data)
	var sig [4]byte
	binary.LittleEndian.PutUint32(sig[:], signature)
	i := bytes.LastIndex(changed, sig[:])
	if bytesOf == 2 {
		binary.LittleEndian.PutUint16(changed[i+at:], uint16(value))
	} else {
		binary.LittleEndian.PutUint32(changed[i+at:], value)
	}
	return changed
}

// TestHostile: archives made to do harm are refused at once, with little memory.
func TestHostile(t *testing.T) {
	one := pack(t, true, file{"a.csv", long, deflated})
	two := pack(t, true, file{"a.csv", long, deflated}, file{"b.csv", long, deflated})
	zeros := strings.Repeat("\x00", 1<<20)
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"overlap", put(two, centralSignature, 42, 0, 4), "overlaps"},
		{"into the directory", put(one, centralSignature, 42, uint32(len(one)-40), 4), "overlaps"},
		{"too long", put(one, centralSignature, 20, uint32(len(one)), 4), "overlaps"},
		{"says less", put(one, centralSignature, 24, 10, 4), "lies about its size"},
		{"says more", put(one, centralSignature, 24, uint32(len(long)+1), 4), "lies about its size"},
		{"encrypted", put(one, centralSignature, 8, 1, 2), "encrypted"},
		{"another method", put(one, centralSignature, 10, 99, 2), "not supported"},
		{"two headers that differ", put(one, localSignature, 8, stored, 2), "not what the directory says"},
		{"a part", put(one, endSignature, 4, 1, 2), "one part"},
		{"a link", put(put(one, centralSignature, 4, 3<<8, 2), centralSignature, 38, 0o120777<<16, 4), "link"},
		{"another archive", pack(t, true, file{"a.zip", string(one), stored}), "another archive"},
		{"a bomb", put(pack(t, true, file{"a.csv", zeros, deflated}), centralSignature, 24, 1<<31, 4), "max_ratio"},
		{"millions that it does not have", put(one, endSignature, 10, 0xfffe, 2), "unexpected EOF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readArchive(options(), c.data)
			if err == nil || !strings.HasPrefix(err.Error(), "unzip: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v", err)
			}
			if c.want != "unexpected EOF" && !errors.Is(err, connector.ErrRefused) {
				t.Errorf("not refused: %v", err)
			}
		})
	}
	o := options()
	o.MaxSize = 100
	if _, err := readArchive(o, one); !errors.Is(err, connector.ErrRefused) || !strings.Contains(err.Error(), "max_size") {
		t.Errorf("error %v", err)
	}
}

// TestBombs are large: 10 million members, and a thousand to one.
func TestBombs(t *testing.T) {
	const members = 10_000_000
	var entry [centralSize + 1]byte
	binary.LittleEndian.PutUint32(entry[:], centralSignature)
	binary.LittleEndian.PutUint16(entry[28:], 1)
	entry[centralSize] = 'a'
	directory := int64(members) * int64(len(entry))
	var end [end64Size + locator64Size + endSize]byte
	binary.LittleEndian.PutUint32(end[:], end64Signature)
	binary.LittleEndian.PutUint64(end[32:], members)
	binary.LittleEndian.PutUint64(end[40:], uint64(directory))
	binary.LittleEndian.PutUint32(end[end64Size:], locator64Signature)
	binary.LittleEndian.PutUint64(end[end64Size+8:], uint64(directory))
	tail := end[end64Size+locator64Size:]
	binary.LittleEndian.PutUint32(tail, endSignature)
	for _, at := range []int{10, 12, 14, 16, 18} {
		binary.LittleEndian.PutUint16(tail[at:], 0xffff)
	}
	many := &repeated{entry: entry[:], n: directory, tail: end[:]}

	var bomb bytes.Buffer
	z := stdzip.NewWriter(&bomb)
	w, _ := z.Create("a.csv")
	io.CopyN(w, zeros{}, 80<<20)
	z.Close()

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	_, err := Codec().Archive(options(), many, directory+int64(len(end)), connector.CodecOptions{})
	if !errors.Is(err, connector.ErrRefused) || !strings.Contains(err.Error(), "10000000 members") {
		t.Errorf("error %v", err)
	}
	if _, err := readArchive(options(), bomb.Bytes()); !errors.Is(err, connector.ErrRefused) || !strings.Contains(err.Error(), "max_ratio") {
		t.Errorf("error %v", err)
	}
	if _, err := io.Copy(io.Discard, must(Codec().NewReader(options(), &bomb, connector.CodecOptions{}))); !errors.Is(err, connector.ErrRefused) || !strings.Contains(err.Error(), "max_ratio") {
		t.Errorf("error %v", err)
	}
	runtime.ReadMemStats(&after)
	t.Logf("%v, %d MiB", time.Since(began), (after.TotalAlloc-before.TotalAlloc)>>20)
	if n := after.TotalAlloc - before.TotalAlloc; n > 64<<20 {
		t.Errorf("%d MiB were allocated", n>>20)
	}
}

func must(r io.ReadCloser, err error) io.Reader {
	if err != nil {
		return iotest.ErrReader(err)
	}
	return struct{ io.Reader }{r}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// repeated is a directory of the same entry over and over.
type repeated struct {
	entry, tail []byte
	n           int64
}

func (r *repeated) ReadAt(p []byte, off int64) (int, error) {
	for i := range p {
		switch at := off + int64(i); {
		case at < r.n:
			p[i] = r.entry[at%int64(len(r.entry))]
		case at-r.n < int64(len(r.tail)):
			p[i] = r.tail[at-r.n]
		default:
			return i, io.EOF
		}
	}
	return len(p), nil
}

func TestWriter(t *testing.T) {
	for file, want := range map[string]string{
		"out/orders.csv.zip": "orders.csv", "lake:orders.csv.ZIP": "orders.csv", "lake:/a/b c.csv.zip": "b c.csv",
		"standard output": "data", "": "data", "x:.zip": "data", "no-extension": "no-extension",
	} {
		for _, text := range []string{"", "id\n1\n", long} {
			var out bytes.Buffer
			w, err := Codec().NewWriter(options(), &out, connector.CodecOptions{File: file})
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(w, text)
			for range 2 {
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
			}
			list, err := readArchive(options(), out.Bytes())
			if err != nil || len(list) != 1 || list[0] != want+": "+text {
				t.Errorf("%q: %d members, error %v", file, len(list), err)
			}
			if got, err := readStream(options(), &out); err != nil || got != text {
				t.Errorf("%q as a stream: %d bytes, error %v", file, len(got), err)
			}
		}
	}
	for level, ok := range map[int]bool{0: false, 1: true, 9: true, 10: false} {
		if _, err := Codec().NewWriter(&Options{Level: level}, io.Discard, connector.CodecOptions{}); (err == nil) != ok {
			t.Errorf("level %d: error %v", level, err)
		}
	}
}

// FuzzArchive: the library's reader and this one agree on what an archive says, where this
// one takes it.
func FuzzArchive(f *testing.F) {
	f.Add(pack(f, true, file{"a.csv", "id\n1\n", deflated}, file{"b.csv", "x", stored}))
	f.Add(pack(f, false, file{"a.csv", "id\n1\n", deflated}))
	f.Fuzz(func(t *testing.T, data []byte) {
		o := &Options{Members: everything, MaxSize: 1 << 20}
		list, err := readArchive(o, data)
		readStream(o, bytes.NewReader(data))
		if err != nil {
			return
		}
		r, err := stdzip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil && !errors.Is(err, stdzip.ErrInsecurePath) {
			t.Fatalf("taken: %q, and the library says %v", list, err)
		}
		var others []string
		for _, f := range r.File {
			if strings.HasSuffix(f.Name, "/") {
				continue
			}
			rc, err := f.Open()
			if err != nil {
				t.Fatalf("taken: %q, and the library says %v", list, err)
			}
			text, err := io.ReadAll(rc)
			if errors.Is(err, stdzip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF) {
				return // of what follows the data, which only streams need
			}
			if err != nil {
				t.Fatalf("taken: %q, and the library says %v", list, err)
			}
			others = append(others, string(text))
		}
		for i := range list {
			if _, text, _ := strings.Cut(list[i], ": "); i >= len(others) || text != others[i] && !strings.Contains(list[i], others[i]) {
				t.Fatalf("got %q, the library %q", list, others)
			}
		}
	})
}
