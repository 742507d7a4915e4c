// Package jsonl reads and writes JSON lines: one JSON object on each line.
//
// # Reading
//
// Every line is checked against RFC 8259 in full, also the values nobody asked for;
// there is no looser mode. A line that is not one JSON object is rejected
// (row.bad_record), as are text that is not UTF-8 (row.bad_utf8) and a line above
// max_record_bytes (row.too_large). Lines of spaces are skipped. Nesting is limited
// to record.MaxJSONDepth.
//
// A key becomes the column of its name. A key that is not there is NULL as null is; of
// a key that is there twice the last one counts. A number is its text, digit for digit;
// objects and arrays are their JSON text. Escapes are resolved when a string is asked
// for: half a surrogate pair has no text, so such a cell is row.bad_value, except in a
// column of type json, whose cells stay as written.
//
// # Writing
//
// Keys stand in the order of the columns, NULL as null. Numbers are written from their
// typed values, json as it is, bytes in base64, everything else as strings. NaN
// and infinity have no JSON form, so their rows are rejected.
package jsonl
