package democmd

import (
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"time"
)

// orderRows is how many orders the demo makes.
const orderRows = 20_000

// writeOrders writes a shop's orders as CSV: the same on every machine. Three of the
// paid ones are broken in a way that exports of real shops are.
func writeOrders(w io.Writer, rows int) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"order_id", "email", "country", "status", "amount", "quantity", "created_at", "note"}); err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(1, 2))
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := 1; i <= rows; i++ {
		at = at.Add(time.Duration(r.IntN(900)) * time.Second)
		o := order(r, i, at)
		switch i {
		case rows / 4:
			o[3], o[5] = "paid", "two"
		case rows / 2:
			o[3], o[4] = "paid", "12.345"
		case rows * 3 / 4:
			o[3], o[6] = "paid", "2024-02-30T10:00:00Z"
		}
		if err := out.Write(o); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func order(r *rand.Rand, id int, at time.Time) []string {
	first, last := pick(r, "Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances", "Ken"), pick(r, "Ng", "Okafor", "Silva", "Weber", "Kim", "Novak", "Rossi", "Dubois")
	return []string{
		strconv.Itoa(id),
		fmt.Sprintf("%s.%s%d@%s.example", first, last, r.IntN(500), pick(r, "Mail", "post", "Inbox")),
		pick(r, "US", "DE", "FR", "JP", "BR", "IN"),
		pick(r, "paid", "paid", "paid", "paid", "open", "void"),
		fmt.Sprintf("%d.%02d", 1+r.IntN(400), r.IntN(100)),
		strconv.Itoa(1 + r.IntN(5)),
		at.Format(time.RFC3339),
		pick(r, "", "", "", "gift", "ring twice, please", `says "thanks"`, "leave it at\nthe back door"),
	}
}

func pick(r *rand.Rand, of ...string) string { return of[r.IntN(len(of))] }
