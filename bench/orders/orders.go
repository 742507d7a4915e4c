// Package orders makes the rows of the benchmark: the orders of a shop that does not
// exist. Row i depends on the seed and on i alone, so a short file is the beginning of
// a longer one and every machine makes the same bytes.
package orders

import (
	"math/rand/v2"
	"strconv"
	"time"
)

// Order is one row. Email, SKU and Note are empty where the shop left them out.
type Order struct {
	ID, Customer, Cents, Quantity int
	Email, Country, Status        string
	Created                       time.Time
	SKU, Note                     string
}

// Maker makes orders. It is not safe for concurrent use.
type Maker struct {
	seed uint64
	pcg  rand.PCG
	text []byte
}

// NewMaker returns the maker for a seed.
func NewMaker(seed uint64) *Maker { return &Maker{seed: seed} }

// The shares of one per cent each below make a filter on paid orders of two countries
// keep about one row in eight.
var (
	given   = []string{"Alma", "Bruno", "Chloe", "David", "Emre", "Fatima", "Goran", "Hanna", "Ivo", "Julia", "Kofi", "Lena", "Marek", "Nadia", "Oscar", "Paula"}
	family  = []string{"Adler", "Bauer", "Castillo", "Dubois", "Eriksen", "Fontaine", "Greco", "Hoffmann", "Ito", "Jensen", "Kowalski", "Lopez", "Moreau", "Nilsson", "Okoye", "Peeters"}
	hosts   = []string{"example.com", "mail.example.net", "Example.ORG", "post.test"}
	country = spread("US", 25, "DE", 15, "FR", 10, "GB", 10, "NL", 8, "IT", 7, "ES", 7, "PL", 6, "SE", 6, "JP", 6)
	status  = spread("paid", 30, "shipped", 25, "pending", 20, "new", 10, "cancelled", 10, "refunded", 5)
	terms   = []string{"ring", "twice", "leave", "with", "neighbour", "gift", "box", "handle", "gently", "second", "parcel", "no", "receipt", "after", "six", "please"}
	epoch   = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
)

// spread lists each name as often as its share says.
func spread(pairs ...any) []string {
	var out []string
	for i := 0; i < len(pairs); i += 2 {
		for range pairs[i+1].(int) {
			out = append(out, pairs[i].(string))
		}
	}
	return out
}

// Make fills o with row i, counted from 1.
func (m *Maker) Make(i int, o *Order) {
	m.pcg.Seed(m.seed, uint64(i))
	o.ID = i
	o.Customer = 1 + m.below(2_000_000)
	o.Country = m.pick(country)
	o.Status = m.pick(status)
	o.Cents = 100 + m.below(49_900)
	o.Quantity = 1 + m.below(9)
	o.Created = epoch.Add(time.Duration(m.below(730*24*3600)) * time.Second)
	o.Email = m.email(o.Customer)
	o.SKU = m.sku()
	o.Note = m.note()
	switch m.below(300) {
	case 0:
		o.Email = ""
	case 1:
		o.SKU = ""
	case 2:
		o.Note = ""
	}
}

// below returns a number in 0..n-1. The bias is one in 2^40 and the same everywhere.
func (m *Maker) below(n int) int { return int(m.pcg.Uint64() % uint64(n)) }

func (m *Maker) pick(from []string) string { return from[m.below(len(from))] }

func (m *Maker) email(customer int) string {
	b := append(m.text[:0], m.pick(given)...)
	b = append(b, '.')
	b = append(b, m.pick(family)...)
	b = strconv.AppendInt(b, int64(customer%10_000), 10)
	b = append(b, '@')
	m.text = append(b, m.pick(hosts)...)
	return string(m.text)
}

func (m *Maker) sku() string {
	n := m.below(26 * 26 * 100_000)
	b := append(m.text[:0], "SKU-"...)
	b = append(b, byte('A'+n%26), byte('A'+n/26%26), '-')
	m.text = appendPadded(b, n/(26*26), 5)
	return string(m.text)
}

// note returns three words, or, in three rows of a hundred, text that CSV has to quote.
func (m *Maker) note() string {
	a, b, c := m.pick(terms), m.pick(terms), m.pick(terms)
	switch m.below(100) {
	case 0:
		return a + ", " + b + ", " + c
	case 1:
		return `"` + a + `" ` + b
	case 2:
		return a + "\n" + b + " " + c
	}
	return a + " " + b + " " + c
}

// appendPadded appends n with leading zeros up to width digits.
func appendPadded(b []byte, n, width int) []byte {
	for limit := pow10(width - 1); n < limit && limit > 1; limit /= 10 {
		b = append(b, '0')
	}
	return strconv.AppendInt(b, int64(n), 10)
}

func pow10(n int) int {
	p := 1
	for range n {
		p *= 10
	}
	return p
}
