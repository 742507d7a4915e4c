// Package csv reads and writes delimited text: csv and tsv.
//
// # What is a record
//
// A record ends at a line feed, with or without a carriage return before it; in a
// file whose first 64 KiB have no line feed outside quotes, carriage returns end
// records too. A field that starts with the quote is quoted: it may hold
// delimiters and line ends, and a doubled quote in it is one quote. A quote
// anywhere else is an ordinary character. Text is kept as it is, U+0000 and line
// ends in quotes included; but a header with U+0000 is refused, as it is UTF-16 read wrongly.
//
// Lines of no characters are skipped, except in a file of one column, where such a
// line is a row with an empty cell.
//
// # NULL
//
// A cell without quotes whose text is one of `nulls` is NULL; by default that is the
// empty text. A quoted cell is never NULL.
//
// # What is rejected, and where reading goes on
//
//   - row.ragged: a record with more or fewer fields than the file has columns.
//   - row.bad_record: text after a closing quote (`after_quote: keep` keeps it). The record ends at the next line end
//     outside quotes, as if the text were part of an unquoted field. All of it is one
//     reject: whether its lines are rows of their own cannot be known.
//   - row.open_quote: a quote that is not closed before the end of the file or within
//     max_record_bytes. No reading of the record can be right then, so only the
//     line of that quote is rejected and reading goes on with the next line.
//   - row.too_large: a record above max_record_bytes, not counting its line feed, outside quotes.
//     Reading goes on with the next line after that many bytes; the reject keeps the first 64 KiB.
//   - row.bad_utf8: a record that is not UTF-8, or holds U+FFFD after it was converted
//     from another encoding.
//
// None of this depends on the size of the chunks.
//
// # How it is fast
//
// The serial half (boundary.go) hops from quote to quote and so knows the exact last
// record end of a chunk, and whether anything in it is out of the ordinary. The
// parallel half (index.go) lists the offsets of all delimiters and line ends
// outside quotes; when they form a regular grid, a cell is two of them. Any chunk that
// is out of the ordinary goes to the careful parser (scan.go), which fills
// the same batch.
package csv
