// Package seen remembers which rows a dedupe step has let through: a set of 128-bit
// digests that keeps within its memory by moving to disk.
//
// Digests come from SipHash-2-4 with 128 bits of output under a random key, so that
// nobody who writes the input can make two rows collide; by chance two of 10^9
// rows do with a probability of about 10^-21.
//
// The set has two tiers. A table in memory takes new digests. When it is full
// it becomes a run: a sorted file of encrypted pages, where the place of a digest
// follows from its value, so that a look-up reads one page. Eight runs of a level
// merge into one of the next. A filter of fixed size answers most look-ups of digests
// that no run holds without touching the disk.
package seen
