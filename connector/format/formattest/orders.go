package formattest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Order is a row of the data that benchmarks run over.
type Order struct {
	ID, Customer, Cents, Quantity         int
	Email, Country, Status, At, SKU, Note string
}

// OrderColumns are the names of an order's ten columns.
func OrderColumns() []string {
	return []string{"order_id", "customer_id", "email", "country", "status", "amount", "quantity", "created_at", "sku", "note"}
}

// Orders calls each with n orders, the same ones every time. Three notes in a hundred hold
// commas, quotes or a line feed.
func Orders(n int, each func(o *Order)) {
	r := rand.New(rand.NewPCG(1, 1))
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	for i := range n {
		c := r.IntN(2_000_000)
		o := &Order{ID: i + 1, Customer: c, Cents: 100 + r.IntN(49_900), Quantity: 1 + r.IntN(9)}
		o.Email = pick("Ada", "Bob", "Carol", "Dmitri", "Eve") + "." + pick("Archer", "Berg", "Costa", "Dietrich") + strconv.Itoa(c%10000) + "@" + pick("example.com", "Example.org")
		o.Country = pick("US", "US", "DE", "FR", "GB")
		o.Status = pick("paid", "paid", "shipped", "pending", "cancelled")
		o.At = fmt.Sprintf("2024-%02d-%02dT%02d:%02d:%02dZ", 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60))
		o.SKU = fmt.Sprintf("SKU-%c%c-%05d", 'A'+r.IntN(26), 'A'+r.IntN(26), r.IntN(100000))
		o.Note = pick("leave", "at", "door", "gift") + " " + pick("wrap", "urgent", "fragile") + " " + pick("post", "no", "bag")
		if r.IntN(100) < 3 {
			o.Note = pick("leave, then call", `said "no" about it`, "two\nlines")
		}
		each(o)
	}
}

// OrdersCSV is n orders as comma-separated text.
func OrdersCSV(n int) []byte {
	out := []byte(strings.Join(OrderColumns(), ",") + "\n")
	Orders(n, func(o *Order) {
		note := o.Note
		if strings.ContainsAny(note, ",\"\n") {
			note = `"` + strings.ReplaceAll(note, `"`, `""`) + `"`
		}
		out = fmt.Appendf(out, "%d,%d,%s,%s,%s,%d.%02d,%d,%s,%s,%s\n", o.ID, o.Customer, o.Email, o.Country, o.Status,
			o.Cents/100, o.Cents%100, o.Quantity, o.At, o.SKU, note)
	})
	return out
}

// OrdersJSONL is n orders as JSON lines.
func OrdersJSONL(n int) []byte {
	var out []byte
	Orders(n, func(o *Order) {
		out = fmt.Appendf(out, `{"order_id":%d,"customer_id":%d,"email":%q,"country":%q,"status":%q,"amount":%d.%02d,"quantity":%d,"created_at":%q,"sku":%q,"note":%q}`+"\n",
			o.ID, o.Customer, o.Email, o.Country, o.Status, o.Cents/100, o.Cents%100, o.Quantity, o.At, o.SKU, o.Note)
	})
	return out
}
