// Package record is the in-memory shape of data: a Batch of lazy, typed columns.
//
// A Batch holds the rows of one chunk of input. A Column is text (views into the
// chunk) until an expression or a typed sink asks for its values; then the cells
// of the asked rows are typed once and kept. Columns nobody asks for are never
// parsed and pass through byte for byte.
//
// Rows are addressed by their physical number in the chunk, 0..Batch.Rows-1.
// Batch.Sel lists the rows still alive, ascending; steps narrow it and never
// move cells. All vectors are indexed by physical row, and only the rows that
// were asked for hold a defined cell.
//
// Ownership: a batch, its chunk, its arena and its vectors belong to one worker
// slot and are reused for the next chunk. Nothing may keep a View, a []byte or an
// unsafe string out of a batch after the batch is handed on; copy what must stay.
// No type here is safe for concurrent use.
//
// The package imports nothing of the house.
package record
