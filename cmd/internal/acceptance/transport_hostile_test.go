//go:build unix

package acceptance

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/headgate/headgate/connector/conntest/servers"
)

// hostileMemory is what refusing something hostile may take.
const hostileMemory = 256 << 20

// refuses runs a flow that must be refused, with little memory, with nothing written and with
// no control character on the terminal.
func (c *client) refuses(flow string, says string) {
	c.t.Helper()
	s := c.start(keyed("owner", "run", flow, "--json")...)
	s.stdin.Close()
	o := s.wait()
	if o.exit != 12 {
		c.t.Errorf("exit %d, want 12\n%q", o.exit, clip(o.stdout))
		return
	}
	o.says(says)
	f := o.finished()
	if f.PeakRSS > hostileMemory || f.PeakRSS == 0 {
		c.t.Errorf("peak memory %d MiB", f.PeakRSS>>20)
	}
	if strings.ContainsAny(o.stderr+o.stdout, "\x1b\x07") {
		c.t.Errorf("control characters reach the user: %q", o.stdout+o.stderr)
	}
	if _, err := os.Stat(c.path("out.csv")); !os.IsNotExist(err) {
		c.t.Errorf("a file was written: %v", err)
	}
	p := s.c.ProcessState
	c.t.Logf("%v of CPU, peak %d MiB", (p.UserTime() + p.SystemTime()).Round(time.Millisecond), f.PeakRSS>>20)
}

// local is a client of local files.
func local(t *testing.T, g *gnupg, file, decode string) *client {
	t.Helper()
	d := &depot{lines: []string{"type: http", "url: https://nowhere.example/"}, at: func(string) []string { return nil }, key: "token", secret: tapSecret}
	return newClient(t, d, g, "flows/f.yaml", "version: 1\nflow: f\nsource: {files: "+file+", decode: ["+decode+"], columns: {id: int}}\nsink: {file: out.csv}\n")
}

func TestHostileArchives(t *testing.T) {
	for name, member := range map[string]string{"up": "../../x.csv", "absolute": "/etc/x.csv", "drive": `C:\x.csv`, "backslash": `..\x.csv`, "escape": "a\x1b[2J.csv", "line": "a\nb.csv", "within": "a/../../b.csv"} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			z := zip.NewWriter(&b)
			for _, n := range []string{"good.csv", member} {
				w, err := z.Create(n)
				if err != nil {
					t.Fatal(err)
				}
				io.WriteString(w, "id\n1\n")
			}
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
			c := local(t, nil, "in.zip", "zip, csv")
			c.write("in.zip", b.String())
			c.refuses("f", "unzip")
		})
	}
	t.Run("ten million members", func(t *testing.T) {
		c := local(t, nil, "in.zip", "zip, csv")
		manyMembers(t, c.path("in.zip"), 10_000_000)
		c.refuses("f", "10000000 members")
	})
}

// manyMembers writes the outline of an archive whose directory has n members, as a file with a hole.
func manyMembers(t *testing.T, path string, n int) {
	t.Helper()
	directory := int64(n) * 47
	const end64, locator = 56, 20
	var end [end64 + locator + 22]byte
	copy(end[:], "PK\x06\x06")
	binary.LittleEndian.PutUint64(end[4:], end64-12)
	binary.LittleEndian.PutUint64(end[24:], uint64(n))
	binary.LittleEndian.PutUint64(end[32:], uint64(n))
	binary.LittleEndian.PutUint64(end[40:], uint64(directory))
	copy(end[end64:], "PK\x06\x07")
	binary.LittleEndian.PutUint64(end[end64+8:], uint64(directory))
	binary.LittleEndian.PutUint32(end[end64+16:], 1)
	copy(end[end64+locator:], "PK\x05\x06\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(end[:], directory); err != nil {
		t.Fatal(err)
	}
}

// TestHostileBombs unpack to a thousand times their size.
func TestHostileBombs(t *testing.T) {
	g := newGnupg(t)
	const size = 400 << 20
	rows := strings.Repeat("1\n", 1<<19)
	fill := func(w io.WriteCloser) {
		io.WriteString(w, "id\n")
		for n := 0; n < size; n += len(rows) {
			if _, err := io.WriteString(w, rows); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	var gz, zs, zb bytes.Buffer
	w, _ := gzip.NewWriterLevel(&gz, gzip.BestCompression)
	fill(w)
	z, err := zstd.NewWriter(&zs)
	if err != nil {
		t.Fatal(err)
	}
	fill(z)
	archive := zip.NewWriter(&zb)
	member, err := archive.Create("a.csv")
	if err != nil {
		t.Fatal(err)
	}
	fill(struct {
		io.Writer
		io.Closer
	}{member, archive})
	for _, k := range []struct {
		name, file, decode string
		data               []byte
	}{
		{"gzip", "in.csv.gz", "gzip, csv", gz.Bytes()},
		{"zstd", "in.csv.zst", "zstd, csv", zs.Bytes()},
		{"zip", "in.zip", "zip, csv", zb.Bytes()},
		{"gzip in pgp", "in.csv.gz.pgp", "pgp: {decrypt_with: shop-inbound}, gzip, csv", g.must(gz.Bytes(), "-z", "0", "-r", "us", "--encrypt")},
		{"pgp", "in.csv.pgp", "pgp: {decrypt_with: shop-inbound}, csv", g.must(append([]byte("id\n"), bytes.Repeat([]byte(rows), 200)...), "-z", "9", "-r", "us", "--encrypt")},
	} {
		t.Run(k.name, func(t *testing.T) {
			t.Logf("%d bytes", len(k.data))
			c := local(t, g, k.file, k.decode)
			c.write(k.file, string(k.data))
			c.refuses("f", "max_ratio")
		})
	}
}

// TestHostileListings come from servers that name what no honest one does.
func TestHostileListings(t *testing.T) {
	ca := servers.CA(t)
	web := func(h http.HandlerFunc) *client {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s := &http.Server{Handler: h, TLSConfig: certificate(t, ca.Localhost(), 0, 0)}
		go s.ServeTLS(l, "", "")
		t.Cleanup(func() { s.Close() })
		return newVisitor(t, "token", "type: http", "url: https://"+l.Addr().String()+"/", "tls_ca: "+ca.File)
	}
	entries := func(names ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			var list []string
			for _, n := range names {
				list = append(list, fmt.Sprintf(`{"name":%q,"type":"file","mtime":"Sun, 22 Nov 2026 12:00:10 GMT","size":5}`, n))
			}
			fmt.Fprintf(w, "[%s]", strings.ReplaceAll(strings.Join(list, ","), `\x1b`, `\u001b`))
		}
	}
	for name, c := range map[string]*client{
		"up":      web(entries("a.csv", "../../etc/passwd.csv")),
		"itself":  web(entries("..")),
		"control": web(entries("a\x1b[2J.csv")),
		"ten million": web(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, "[")
			for i := range 10_000_000 {
				if _, err := fmt.Fprintf(w, `{"name":"%d.csv","type":"file","mtime":"Sun, 22 Nov 2026 12:00:10 GMT","size":5},`, i); err != nil {
					return
				}
			}
		}),
		"ten million links": web(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<html>")
			for i := range 10_000_000 {
				if _, err := fmt.Fprintf(w, `<a href="%d.csv">`, i); err != nil {
					return
				}
			}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			at := &client{&household{&project{t: t, dir: c.dir}}, c.d}
			at.refuses("get", "refused")
		})
	}
}

// TestHostileNames are on an honest server, where somebody else put them.
func TestHostileNames(t *testing.T) {
	for _, kind := range depots[:3] {
		t.Run(kind.name, func(t *testing.T) {
			d := kind.start(t)
			d.put(t, "a.csv", []byte("id\n1\n"))
			c := newClient(t, d, nil, "flows/get.yaml", readIt)
			c.job("get").exits(0)
			if err := os.Remove(c.path("out.csv")); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(d.folder, "b\x1b[2J.csv"), []byte("id\n1\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			c.refuses("get", "control character")
		})
	}
}
