//go:build unix

package acceptance

import (
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
)

// order is a row of the partner's files.
type order struct {
	id, quantity int
	email, card  string
	country      string
	status       string
	cents        int // -1 = NULL
	created      string
}

func partnerOrders(from, n int) []order {
	var list []order
	for i := from; i < from+n; i++ {
		o := order{id: i, quantity: i%7 + 1, email: fmt.Sprintf("Jürgen.%d@Exämple.DE", i), card: fmt.Sprintf("%016d", 4000000000000000+i*7919),
			country: []string{"US", "DE", "FR", ""}[i%4], status: []string{"paid", "void", "paid"}[i%3], cents: i*37%100000 + 1,
			created: fmt.Sprintf("2026-11-%02d %02d:%02d:%02d", i%28+1, i%24, i%60, i%60)}
		if i%53 == 0 {
			o.cents = -1
		}
		list = append(list, o)
	}
	return list
}

func cents(n int) string { return fmt.Sprintf("%d.%02d", n/100, n%100) }

// partnerFile is orders as the partner sends them: CSV in windows-1252, packed.
func partnerFile(t testing.TB, list []order) []byte {
	t.Helper()
	var text bytes.Buffer
	text.WriteString("order_id;email;card;country;status;amount;quantity;created_at;extra\n")
	for _, o := range list {
		amount := "NULL"
		if o.cents >= 0 {
			amount = cents(o.cents)
		}
		fmt.Fprintf(&text, "%d;%s;%s;%s;%s;%s;%d;%s;\"a;\"\"b\"\"\"\n", o.id, o.email, o.card, o.country, o.status, amount, o.quantity, o.created)
	}
	raw, err := charmap.Windows1252.NewEncoder().Bytes(text.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(raw)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// partnerRows is what the job makes of orders, worked out without headgate.
func partnerRows(list []order) [][]string {
	var rows [][]string
	for _, o := range list {
		if o.status != "paid" || o.country != "US" && o.country != "DE" {
			continue
		}
		total := ""
		if o.cents >= 0 {
			total = cents(o.cents * o.quantity)
		}
		mac := hmac.New(sha256.New, []byte(pepper))
		mac.Write([]byte(strings.ToLower(o.email)))
		rows = append(rows, []string{fmt.Sprint(o.id), hex.EncodeToString(mac.Sum(nil)), strings.Repeat("*", 12) + o.card[12:], total, o.created})
	}
	return rows
}

const partnerSource = `source:
  connection: shop
  files: {glob: "/out/orders-*.csv.gz.pgp"%s}
  decode:
    - pgp: {decrypt_with: shop-inbound, require_signature_by: [shop-signing]}
    - gzip
    - csv: {header: true, delimiter: ";", encoding: windows-1252, nulls: ["", "NULL"]}
  columns:
    order_id: int
    email: {type: string, class: pii}
    card: string
    country: string
    status: string
    amount: decimal(12,2)
    quantity: {type: int, required: true}
    created_at: timestamp
  drift: {new_column: ignore, missing_column: fail}
steps:
  - filter: status == "paid" && country in ["US", "DE"]
  - set: {total: amount * quantity, email: lower(email)}
  - mask: {email: {hmac: pii-pepper}, card: last4}
  - select: [order_id, email, card, total, created_at]
`

// partnerFlow is the partner job with a sink. files is what else the flow says about files.
func partnerFlow(name, files, sink string) string {
	return "version: 1\nflow: " + name + "\n" + fmt.Sprintf(partnerSource, files) + sink + "\nrun: {retry: {attempts: 1}}\n"
}

const (
	intoTable = "sink: {connection: out, table: orders}"
	intoFile  = "sink: {file: out.csv}"
)

// TestPartnerJob fetches the partner's signed and encrypted files from real servers of every
// kind. What arrives is the same everywhere, and what was worked out without headgate.
func TestPartnerJob(t *testing.T) {
	g := newGnupg(t)
	first, second := partnerOrders(1, 1500), partnerOrders(1501, 700)
	want := partnerRows(slices.Concat(first, second))
	sealed := [][]byte{g.seal(partnerFile(t, first)), g.seal(partnerFile(t, second))}
	csvs, tables := map[string]string{}, map[string]string{}
	for _, kind := range depots {
		t.Run(kind.name, func(t *testing.T) {
			d := kind.start(t)
			for i, data := range sealed {
				d.put(t, fmt.Sprintf("out/orders-%d.csv.gz.pgp", i+1), data)
			}
			d.put(t, "out/unrelated.txt", []byte("x"))
			move := ", on_success: {move: /done/}"
			if d.fixed {
				move = ""
			}
			c := newClient(t, d, g, "flows/load.yaml", partnerFlow("load", ", seen: skip", intoTable), "flows/file.yaml", partnerFlow("file", ", seen: skip"+move, intoFile))
			c.run("validate").exits(0)
			c.as("owner", "connection", "test", "shop").exits(0)
			for _, flow := range []string{"load", "file"} {
				if f := c.job(flow).exits(0).finished(); f.RowsRead != 2200 || f.RowsWritten != int64(len(want)) {
					t.Errorf("%+v", f)
				}
			}
			got, err := csv.NewReader(strings.NewReader(c.read("out.csv"))).ReadAll()
			if err != nil || !slices.EqualFunc(got[1:], want, slices.Equal) {
				t.Errorf("the file is not what it should be: %v\n%s", err, clip(c.read("out.csv")))
			}
			csvs[kind.name] = c.read("out.csv")
			rows := query(t, c.path("out.db"), "SELECT order_id, email, card, printf('%.2f', total), created_at, total IS NULL FROM orders ORDER BY rowid")
			tables[kind.name] = fmt.Sprint(rows)
			if !slices.EqualFunc(rows.cells, want, sameOrder) {
				t.Errorf("the table is not what it should be: %s", clip(tables[kind.name]))
			}
			left, done := d.names(t, "out"), d.names(t, "done")
			if !d.fixed && (len(left) != 1 || len(done) != 2) {
				t.Errorf("%d files left, %d put away", len(left), len(done))
			}
			c.job("load").exits(0)
			if n := len(query(t, c.path("out.db"), "SELECT * FROM orders").cells); n != len(want) {
				t.Errorf("%d rows after another run, want %d", n, len(want))
			}
		})
	}
	for name, text := range csvs {
		if text != csvs["sftp"] || tables[name] != tables["sftp"] {
			t.Errorf("%s gives something else than sftp", name)
		}
	}
	if len(csvs) < len(depots) {
		t.Errorf("%d kinds of servers of %d", len(csvs), len(depots))
	}
}

// sameOrder compares a row of the table with one worked out.
func sameOrder(got []string, want []string) bool {
	total := got[3]
	if got[5] == "1" {
		total = ""
	}
	return slices.Equal([]string{got[0], got[1], got[2], total, strings.Replace(strings.TrimSuffix(got[4], "Z"), "T", " ", 1)}, want)
}

// TestPartnerSingleFile reads one file by its address.
func TestPartnerSingleFile(t *testing.T) {
	g, d := newGnupg(t), webDepot(t)
	list := partnerOrders(1, 100)
	d.put(t, "out/orders-1.csv.gz.pgp", g.seal(partnerFile(t, list)))
	flow := strings.Replace(partnerFlow("one", "", intoFile), "/out/orders-*.csv.gz.pgp", "orders-1.csv.gz.pgp", 1)
	c := newClient(t, d, g, "flows/one.yaml", flow)
	c.write("connections.yaml", strings.Replace(c.read("connections.yaml"), d.address+"/", d.address+"/out/orders-1.csv.gz.pgp", 1))
	c.setSecret()
	c.job("one").exits(0)
	got, err := csv.NewReader(strings.NewReader(c.read("out.csv"))).ReadAll()
	if err != nil || !slices.EqualFunc(got[1:], partnerRows(list), slices.Equal) {
		t.Errorf("%v\n%s", err, clip(c.read("out.csv")))
	}
}

// TestPartnerDelivery sends an encrypted and signed file to two recipients through every kind
// of server; GnuPG reads it with either key.
func TestPartnerDelivery(t *testing.T) {
	g := newGnupg(t)
	for _, kind := range depots {
		t.Run(kind.name, func(t *testing.T) {
			d := kind.start(t)
			d.put(t, "in/.keep", nil)
			c := newClient(t, d, g, "o.csv", "id,name\n1,Jürgen\n2,\"a;b\"\n", "flows/send.yaml", `version: 1
flow: send
source: {files: o.csv, columns: {id: int, name: string}}
sink:
  connection: shop
  file: in/report.csv.gz.pgp
  encode: [csv: {delimiter: ";"}, gzip, pgp: {encrypt_to: [shop-signing, other], sign_with: shop-inbound}]
`)
			for range 2 { // the second replaces the first
				c.job("send").exits(0)
			}
			var got []string
			for _, name := range d.names(t, "in") {
				if name != ".keep" {
					got = append(got, name)
				}
			}
			if !slices.Equal(got, []string{"report.csv.gz.pgp"}) {
				t.Errorf("the folder holds %q", got)
			}
			for _, who := range []string{"partner", "other"} {
				c.write("message.pgp", string(d.get(t, "in/report.csv.gz.pgp")))
				status := g.must(nil, "--status-fd", "1", "--try-secret-key", g.fingerprint(who), "--output", c.path("plain.gz"), "--decrypt", c.path("message.pgp"))
				if !strings.Contains(string(status), "GOODSIG") || !strings.Contains(string(status), g.fingerprint("us")) {
					t.Errorf("gpg says %s", status)
				}
				if recipients := strings.Count(string(status), "ENC_TO"); recipients != 2 {
					t.Errorf("%d recipients", recipients)
				}
			}
			r, err := gzip.NewReader(strings.NewReader(c.read("plain.gz")))
			if err != nil {
				t.Fatal(err)
			}
			var text bytes.Buffer
			if _, err := text.ReadFrom(r); err != nil {
				t.Fatal(err)
			}
			if want := "id;name\n1;Jürgen\n2;\"a;b\"\n"; text.String() != want {
				t.Errorf("%q, want %q", text.String(), want)
			}
		})
	}
}
