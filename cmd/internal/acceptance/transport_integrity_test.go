//go:build unix

package acceptance

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestRefusedMessages fetches messages that are not what they should be: exit 13, and nothing of
// them is in the table, in a file, or among the rejected rows.
func TestRefusedMessages(t *testing.T) {
	g, d := newGnupg(t), sshDepot(t)
	old := partnerOrders(1, 40)
	list := partnerOrders(5000, 20000)
	good := g.seal(partnerFile(t, old))
	sealed := g.seal(partnerFile(t, list))
	flip := func(at int) []byte {
		changed := bytes.Clone(sealed)
		changed[at] ^= 1
		return changed
	}
	plain := partnerFile(t, list)
	quarantine := strings.Replace(partnerFlow("load", "", intoTable), "run:", "errors: {rows: quarantine}\nrun:", 1)
	// Every row that gets through the filter has a country that is not a number: it is rejected.
	rejecting := strings.Replace(strings.Replace(quarantine, "    card: string\n", "    card: date\n", 1), ", card: last4", "", 1)
	c := newClient(t, d, g, "flows/load.yaml", quarantine, "flows/reject.yaml", strings.Replace(rejecting, "flow: load", "flow: reject", 1),
		"flows/file.yaml", partnerFlow("file", "", intoFile), "flows/limit.yaml", strings.Replace(partnerFlow("limit", "", "  - limit: 3\n"+intoTable), "flow: limit", "flow: limit", 1))
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
	for _, k := range []struct {
		name string
		data []byte
		says string
	}{
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
	} {
		t.Run(k.name, func(t *testing.T) {
			d.put(t, name, k.data)
			for _, flow := range []string{"load", "reject", "file", "limit"} {
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
