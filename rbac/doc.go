// Package rbac is the law of a store: who may do what, as pure functions over signed
// operations. It reads and writes nothing.
//
// A store's policy is a chain of operations. Each is signed by its author, names the
// hash of the operation before it and the hash of the state after it. Whoever reads
// the store checks every operation with the function that its writer used, Allowed,
// so a line that somebody writes into the file by hand is worth nothing: the class
// of that rule is Signature. Rules of other classes are marked as what they are, in
// Matrix, which commands print and tests assert cell by cell.
//
// One person has one role. Grants narrow a role to flows and never widen it. The
// owner is not a role but a mark on exactly one superadmin.
package rbac
