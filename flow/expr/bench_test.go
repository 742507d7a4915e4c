package expr

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/headgate/headgate/connector/record"
)

// orders is a batch like those of the benchmark: 4,096 rows, 1 % NULL quantities.
func orders(b testing.TB) (*record.Schema, *record.Batch) {
	schema := schemaOf(b, "order_id:int", "email:string", "country:string", "status:string", "amount:decimal(12,2)", "quantity:int", "note:string")
	r := rand.New(rand.NewPCG(1, 2))
	rows := make([][]string, 4096)
	for i := range rows {
		quantity := fmt.Sprint(1 + r.IntN(9))
		if r.IntN(100) == 0 {
			quantity = "NULL"
		}
		rows[i] = []string{fmt.Sprint(i), fmt.Sprintf("Anna.%d@Example.com", r.IntN(10000)),
			[]string{"US", "DE", "FR", "GB", "JP"}[r.IntN(5)], []string{"paid", "void", "open", "refunded"}[r.IntN(4)],
			fmt.Sprintf("%d.%02d", r.IntN(1000), r.IntN(100)), quantity, "note number " + fmt.Sprint(r.IntN(1<<30))}
	}
	return schema, batchOf(schema, rows)
}

func BenchmarkRun(b *testing.B) {
	schema, batch := orders(b)
	for _, src := range []string{
		`status == "paid" && country in ["US", "DE"]`,
		`amount * quantity > 1000.00`,
		`startsWith(lower(email), "anna") || length(note) > 20`,
		`amount * quantity`,
		`lower(email)`,
		`trim(note)`,
		`coalesce(quantity, 0)`,
		`quantity > 3 ? amount : 0`,
		`["a", "b"].exists(x, x == status)`,
	} {
		p := compile(b, src, Scope{Schema: schema})
		e := p.New()
		var out record.Vector
		b.Run(src, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				batch.Aux = batch.Aux[:0]
				if p.Type().Kind == record.Bool {
					e.Filter(batch, batch.Sel)
				} else {
					out.Reset(p.Type(), batch.Rows)
					e.Into(batch, batch.Sel, &out)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/4096, "ns/row")
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	schema, _ := orders(b)
	scope := Scope{Schema: schema}
	for b.Loop() {
		compile(b, `status == "paid" && country in ["US", "DE"]`, scope)
		compile(b, `amount * quantity`, scope)
		compile(b, `lower(email)`, scope)
	}
}

func BenchmarkNew(b *testing.B) {
	schema, _ := orders(b)
	p := compile(b, `status == "paid" && ["a"].exists(x, x == email)`, Scope{Schema: schema})
	for b.Loop() {
		p.New()
	}
}
