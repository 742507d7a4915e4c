// Package auditlog is the form of the audit log, as pure functions: entries, the
// tree over them, checkpoints, and the check of a whole log, which needs no key.
//
// An entry is a head in clear, a body encrypted under its author's audit key, and the
// author's signature over both. The head names the hash of the entry before it. Over
// the hashes of all entries stands the tree of RFC 6962; the log keeps its frontier,
// the roots of its complete subtrees, from which the next root follows. A checkpoint
// is such a root in the form of C2SP tlog-checkpoint, signed by the author of the
// newest entry.
//
// What this shows, and by what class: nobody writes an entry in another's name
// (signature); nobody changes, exchanges or removes one in the middle (signature and
// hash); nobody reads another's body (key). That entries at the end were removed
// shows only against something that remembers the log: a person's pin, a checkpoint
// elsewhere (detect).
package auditlog
