//go:build unix

package acceptance

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// badMessage is a message that is not what it should be.
type badMessage struct {
	name string
	data []byte
	says string
}

// badMessages are of a list of orders.
func badMessages(g *gnupg, plain []byte) []badMessage {
	sealed := g.seal(plain)
	flip := func(at int) []byte {
		changed := bytes.Clone(sealed)
		changed[at] ^= 1
		return changed
	}
	return []badMessage{
		{"tampered", flip(len(sealed) / 2), ""},
		{"tampered at the start", flip(len(sealed) / 20), ""},
		{"tampered at the end", flip(len(sealed) - 3), ""},
		{"truncated", sealed[:len(sealed)*2/3], ""},
		{"truncated at the end", sealed[:len(sealed)-1], ""},
		{"unsigned", g.must(plain, "-r", "us", "--encrypt"), "not signed"},
		{"signed by somebody else", g.must(plain, "-r", "us", "-u", "other", "--sign", "--encrypt"), "sign"},
		{"signed by ourselves", g.must(plain, "-r", "us", "-u", "us", "--sign", "--encrypt"), "sign"},
		{"not encrypted", g.must(plain, "-u", "partner", "--sign"), ""},
		{"unprotected", g.must(plain, "--rfc2440", "--disable-mdc", "--cipher-algo", "aes256", "-r", "us", "-u", "partner", "--sign", "--encrypt"), ""},
		{"clear", plain, ""},
	}
}

// TestRefusedMessages fetches messages that are not what they should be, from every kind of server: exit
// 13, and nothing of them is in the table, in a file, or among the rejected rows.
func TestRefusedMessages(t *testing.T) {
	g := newGnupg(t)
	good := g.seal(partnerFile(t, partnerOrders(1, 40)))
	bad := badMessages(g, partnerFile(t, partnerOrders(5000, 20000)))
	for i, kind := range depots {
		t.Run(kind.name, func(t *testing.T) {
			flows := []string{"load", "reject"}
			if i == 0 { // how rows end does not depend on where they come from
				flows = append(flows, "file", "limit")
			}
			refusedMessages(t, kind.start(t), g, good, bad, flows)
		})
	}
}

func refusedMessages(t *testing.T, d *depot, g *gnupg, good []byte, bad []badMessage, flows []string) {
	quarantine := strings.Replace(partnerFlow("load", "", intoTable), "run:", "errors: {rows: quarantine}\nrun:", 1)
	// Every row that gets through the filter has a country that is not a number: it is rejected.
	rejecting := strings.Replace(strings.Replace(quarantine, "    card: string\n", "    card: date\n", 1), ", card: last4", "", 1)
	c := newClient(t, d, g, "flows/load.yaml", quarantine, "flows/reject.yaml", strings.Replace(rejecting, "flow: load", "flow: reject", 1),
		"flows/file.yaml", partnerFlow("file", "", intoFile), "flows/limit.yaml", partnerFlow("limit", "", "  - limit: 3\n"+intoTable))
	const name = "out/orders-1.csv.gz.pgp"
	d.put(t, name, good)
	c.job("load").exits(0)
	before := query(t, c.path("out.db"), "SELECT * FROM orders")
	if len(before.cells) == 0 {
		t.Fatal("nothing was loaded")
	}
	c.job("reject").exits(4)
	rejected := func() []string {
		all, err := filepath.Glob(c.path("rejects/*"))
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	kept := rejected()
	if len(kept) != 1 || !strings.Contains(c.read("rejects/"+filepath.Base(kept[0])), "Jürgen") {
		t.Fatalf("rejects of a good message: %q", kept)
	}
	for _, k := range bad {
		t.Run(k.name, func(t *testing.T) {
			d.put(t, name, k.data)
			for _, flow := range flows {
				o := c.job(flow)
				if o.exit != 13 {
					t.Errorf("%s: exit %d, want 13\n%s", flow, o.exit, clip(o.stdout))
				}
				if !strings.Contains(o.stdout, k.says) {
					t.Errorf("%s does not say %q: %s", flow, k.says, clip(o.stdout))
				}
				if strings.Contains(o.stdout+o.stderr, "Jürgen") {
					t.Errorf("%s shows what it read: %s", flow, clip(o.stdout+o.stderr))
				}
			}
			if after := query(t, c.path("out.db"), "SELECT * FROM orders"); !slices.EqualFunc(after.cells, before.cells, slices.Equal) {
				t.Errorf("the table has %d rows, before %d", len(after.cells), len(before.cells))
			}
			if _, err := os.Stat(c.path("out.csv")); !os.IsNotExist(err) {
				t.Errorf("a file was written: %v", err)
			}
			if now := rejected(); !slices.Equal(now, kept) {
				t.Errorf("rejected rows were written: %q", now)
			}
		})
	}
}

// bzipped is `printf 'id\n1234567\n' | bzip2`.
const bzipped = "425a6839314159265359a54a030a000005490000103f80042020003100302006d404d5e6a3978bb9229c284852a5018500"

// TestDamagedFiles reads files whose packing does not hold what it promises, and nothing of them is in
// the sink. The exit is 1, and not 13 as for a message: a checksum that anybody can write is no
// promise of anybody, and the next attempt may find the file whole.
func TestDamagedFiles(t *testing.T) {
	text := []byte("id\n" + strings.Repeat("1234567\n", 100_000))
	var gz, zst, zipped bytes.Buffer
	z := gzip.NewWriter(&gz)
	e, err := zstd.NewWriter(&zst, zstd.WithEncoderCRC(true))
	if err != nil {
		t.Fatal(err)
	}
	archive := zip.NewWriter(&zipped)
	member, err := archive.Create("a.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []io.Writer{z, e, member} {
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []io.Closer{z, e, archive} {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	bz, err := hex.DecodeString(bzipped)
	if err != nil {
		t.Fatal(err)
	}
	packed := map[string][]byte{"gz": gz.Bytes(), "zst": zst.Bytes(), "zip": zipped.Bytes(), "bz2": bz}
	for ext, good := range packed {
		flipped := bytes.Clone(good)
		flipped[len(flipped)/2] ^= 1
		for _, k := range []struct {
			name string
			data []byte
			exit int
		}{{"good", good, 0}, {"flipped", flipped, 1}, {"cut", good[:len(good)/2], 1}, {"cut at the end", good[:len(good)-1], 1}, {"not packed", text, 1}} {
			t.Run(ext+"/"+k.name, func(t *testing.T) {
				p := newProject(t, "flows/f.yaml", "version: 1\nflow: f\nsource: {files: a.csv."+ext+", columns: {id: int}}\nsink: {file: out.csv}\n")
				p.write("a.csv."+ext, string(k.data))
				p.run("run", "f", "--json").exits(k.exit)
				if _, err := os.Stat(p.path("out.csv")); os.IsNotExist(err) != (k.exit != 0) {
					t.Errorf("out.csv: %v", err)
				}
			})
		}
	}
}
