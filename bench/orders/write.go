package orders

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Header is the first line of a CSV file of orders.
const Header = "order_id,customer_id,email,country,status,amount,quantity,created_at,sku,note\n"

// Write writes rows first..first+rows-1 to w. format is csv or jsonl.
func Write(w io.Writer, format string, seed uint64, first, rows int) error {
	var render func([]byte, *Order) []byte
	switch format {
	case "csv":
		render = appendCSV
	case "jsonl":
		render = appendJSON
	default:
		return fmt.Errorf("format %q: not csv or jsonl", format)
	}
	out := bufio.NewWriterSize(w, 1<<18)
	if format == "csv" {
		if _, err := out.WriteString(Header); err != nil {
			return err
		}
	}
	maker := NewMaker(seed)
	var order Order
	var line []byte
	for i := first; i < first+rows; i++ {
		maker.Make(i, &order)
		line = render(line[:0], &order)
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}

func appendCSV(b []byte, o *Order) []byte {
	b = strconv.AppendInt(b, int64(o.ID), 10)
	b = append(b, ',')
	b = strconv.AppendInt(b, int64(o.Customer), 10)
	b = appendCells(b, o.Email, o.Country, o.Status)
	b = append(b, ',')
	b = appendMoney(b, o.Cents)
	b = append(b, ',')
	b = strconv.AppendInt(b, int64(o.Quantity), 10)
	b = append(b, ',')
	b = o.Created.AppendFormat(b, time.RFC3339)
	b = appendCells(b, o.SKU, o.Note)
	return append(b, '\n')
}

// appendCells appends a comma and the cell for each text, quoted where it must be.
func appendCells(b []byte, cells ...string) []byte {
	for _, c := range cells {
		b = append(b, ',')
		if strings.ContainsAny(c, ",\"\r\n") {
			b = append(b, '"')
			b = append(b, strings.ReplaceAll(c, `"`, `""`)...)
			b = append(b, '"')
			continue
		}
		b = append(b, c...)
	}
	return b
}

func appendMoney(b []byte, cents int) []byte {
	b = strconv.AppendInt(b, int64(cents/100), 10)
	b = append(b, '.')
	return appendPadded(b, cents%100, 2)
}

func appendJSON(b []byte, o *Order) []byte {
	b = append(b, `{"order_id":`...)
	b = strconv.AppendInt(b, int64(o.ID), 10)
	b = append(b, `,"customer_id":`...)
	b = strconv.AppendInt(b, int64(o.Customer), 10)
	b = appendMember(b, "email", o.Email)
	b = appendMember(b, "country", o.Country)
	b = appendMember(b, "status", o.Status)
	b = append(b, `,"amount":`...)
	b = appendMoney(b, o.Cents)
	b = append(b, `,"quantity":`...)
	b = strconv.AppendInt(b, int64(o.Quantity), 10)
	b = append(b, `,"created_at":"`...)
	b = o.Created.AppendFormat(b, time.RFC3339)
	b = append(b, '"')
	b = appendMember(b, "sku", o.SKU)
	b = appendMember(b, "note", o.Note)
	return append(b, "}\n"...)
}

// appendMember appends a string member, null where it is empty. The texts of an order
// have no character but these two that JSON must escape.
func appendMember(b []byte, name, text string) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	if text == "" {
		return append(b, "null"...)
	}
	b = append(b, '"')
	for i := range len(text) {
		switch text[i] {
		case '"':
			b = append(b, '\\', '"')
		case '\n':
			b = append(b, '\\', 'n')
		default:
			b = append(b, text[i])
		}
	}
	return append(b, '"')
}
