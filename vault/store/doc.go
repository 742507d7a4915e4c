// Package store keeps a store's one file: bbolt under a lock of our own. It knows
// buckets and bytes, and nothing of what they mean.
//
// The file is open for the time of one View or Update only, never while a flow runs.
// Around every opening stands a lock on FILE.lock, shared for readers. That file is
// never renamed or removed, so nobody waits on a file that compaction has replaced:
// with the lock of the database file alone, a process that waited there commits into
// a file without a name, and nobody is told.
//
// A damaged or hostile file gives a *DamagedError, not a crash and not a hang: the
// tree of pages is checked before bbolt walks it (a page that leads back to itself
// would overflow the stack, which nothing can recover from), and faults in the mapped
// file become errors. What the bytes say is not judged here; the layers above sign
// and encrypt it.
//
// Paths beside FILE: FILE.lock, FILE.bak.1 to .3 (copies of the encrypted file, the
// newest first), FILE.new (a compaction under way, or what is left of one).
package store
