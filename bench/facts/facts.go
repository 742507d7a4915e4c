// Package facts says what a result of the benchmark holds, so that the results of
// different tools can be compared: rows, two exact sums, and a digest of every cell that
// does not change with the way a tool spells a number or an empty cell.
package facts

import (
	"bufio"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"math/big"
	"strings"
)

// Columns are the columns of a job's result.
var Columns = []string{"order_id", "email", "country", "amount", "quantity", "total"}

// Facts describe a result.
type Facts struct {
	Rows   int
	IDs    string // sum of order_id
	Total  string // sum of total, exact
	Digest string // SHA-256 of the cells in order
}

func (f Facts) String() string {
	return fmt.Sprintf("rows=%d ids=%s total=%s sha256=%s", f.Rows, f.IDs, f.Total, f.Digest)
}

// Read reads CSV with a header, or JSONL.
func Read(r io.Reader) (Facts, error) {
	in := bufio.NewReaderSize(r, 1<<18)
	s := sums{ids: new(big.Int), cents: new(big.Int), digest: sha256.New()}
	read := readCSV
	if first, err := in.Peek(1); err == nil && first[0] == '{' {
		read = readJSON
	}
	if err := read(in, &s); err != nil {
		return Facts{}, err
	}
	total := new(big.Rat).SetFrac(s.cents, big.NewInt(100)).FloatString(2)
	return Facts{s.rows, s.ids.String(), total, hex.EncodeToString(s.digest.Sum(nil))[:16]}, nil
}

func readCSV(in io.Reader, s *sums) error {
	r := csv.NewReader(in)
	r.ReuseRecord = true
	head, err := r.Read()
	if err != nil {
		return err
	}
	var at [6]int
	for i, want := range Columns {
		at[i] = -1
		for j, name := range head {
			if name == want {
				at[i] = j
			}
		}
		if at[i] < 0 {
			return fmt.Errorf("no column %s in %q", want, head)
		}
	}
	for {
		record, err := r.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		var cells [6]string
		for i, j := range at {
			cells[i] = record[j]
		}
		if err := s.add(cells); err != nil {
			return err
		}
	}
}

func readJSON(in io.Reader, s *sums) error {
	d := json.NewDecoder(in)
	d.UseNumber()
	for {
		var row struct {
			ID       json.Number `json:"order_id"`
			Email    string      `json:"email"`
			Country  string      `json:"country"`
			Amount   json.Number `json:"amount"`
			Quantity json.Number `json:"quantity"`
			Total    json.Number `json:"total"`
		}
		err := d.Decode(&row)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("record %d: %w", s.rows+1, err)
		}
		cells := [6]string{row.ID.String(), row.Email, row.Country, row.Amount.String(), row.Quantity.String(), row.Total.String()}
		if err := s.add(cells); err != nil {
			return err
		}
	}
}

// Cells reads CSV whose spelling counts: its rows without the header, and a digest of every cell.
func Cells(r io.Reader) (rows int, digest string, err error) {
	in := csv.NewReader(bufio.NewReaderSize(r, 1<<18))
	in.ReuseRecord = true
	sum := sha256.New()
	var line []byte
	for rows = -1; ; rows++ {
		record, err := in.Read()
		if err == io.EOF {
			return rows, hex.EncodeToString(sum.Sum(nil))[:16], nil
		}
		if err != nil {
			return 0, "", err
		}
		line = line[:0]
		for _, cell := range record {
			line = append(append(line, cell...), 0)
		}
		sum.Write(line)
	}
}

// sums adds up rows.
type sums struct {
	rows       int
	ids, cents *big.Int
	digest     hash.Hash
	number     big.Int
	line       []byte
}

func (s *sums) add(cells [6]string) error {
	s.rows++
	if _, ok := s.number.SetString(cells[0], 10); !ok {
		return fmt.Errorf("row %d: order_id %q is not a whole number", s.rows, cells[0])
	}
	s.ids.Add(s.ids, &s.number)
	cells[3] = plain(cells[3])
	cells[5] = plain(cells[5])
	whole, part, _ := strings.Cut(cells[5], ".")
	if len(part) > 2 {
		return fmt.Errorf("row %d: total %q has more than two decimals", s.rows, cells[5])
	}
	if _, ok := s.number.SetString(whole+part+"00"[len(part):], 10); !ok {
		return fmt.Errorf("row %d: total %q is not a number", s.rows, cells[5])
	}
	s.cents.Add(s.cents, &s.number)
	s.line = s.line[:0]
	for _, c := range cells {
		s.line = append(s.line, c...)
		s.line = append(s.line, 0)
	}
	s.digest.Write(s.line)
	return nil
}

// plain takes the zeros off the end of a decimal: 12.50 and 12.5 are the same.
func plain(number string) string {
	if !strings.Contains(number, ".") {
		return number
	}
	return strings.TrimSuffix(strings.TrimRight(number, "0"), ".")
}
