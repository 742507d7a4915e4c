// Package blob joins a store of bytes, codecs and a format into a source and a
// sink of rows: it matches names, keeps the order of files, checks columns against
// what was declared, and writes files so that they appear whole or not at all.
//
// A source has one split per file, in the order of their names. It can keep a ledger of the
// files it has read, as its cursor, and move or delete them once their rows are durable. A
// download that breaks off goes on where it stopped, as long as the file is the same.
//
// A sink writes its
// files anew on every run: it has no append mode, and Commit replaces what was
// there. Several files appear one by one, each whole.
package blob
