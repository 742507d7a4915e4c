package auditlog

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// TamperedError says that the log is not as its authors wrote it.
type TamperedError struct {
	Seq uint64
	Why string
}

func (e *TamperedError) Error() string { return fmt.Sprintf("audit entry %d: %s", e.Seq, e.Why) }

// Signers tells the signing key that counted for a person at a policy operation.
type Signers func(user string, policy uint64) (key string, ok bool)

// Verifier checks a log, entry by entry from the first. It needs no key.
type Verifier struct {
	Store   string
	Signers Signers
	Policy  uint64 // the last policy operation there is

	Frontier Frontier
	roots    map[uint64]tlog.Hash // wanted by Expect
	open     map[[16]byte]Head    // runs without an end
	prev     [32]byte
	time     int64
	policy   uint64
}

// Expect asks for the root at a size, for a later RootAt.
func (v *Verifier) Expect(size uint64) {
	if v.roots == nil {
		v.roots = map[uint64]tlog.Hash{}
	}
	v.roots[size] = tlog.Hash{}
	if size == v.Frontier.Size {
		v.roots[size] = v.Frontier.Root()
	}
}

// RootAt is the root at a size that was expected and reached.
func (v *Verifier) RootAt(size uint64) (tlog.Hash, bool) {
	h, ok := v.roots[size]
	return h, ok && size <= v.Frontier.Size
}

// Add checks the next entry; the error is a *TamperedError.
func (v *Verifier) Add(raw []byte) error {
	seq := v.Frontier.Size
	bad := func(why string) error { return &TamperedError{seq, why} }
	e, err := Parse(raw)
	if err != nil {
		return bad(err.Error())
	}
	switch {
	case e.Seq != seq:
		return bad(fmt.Sprintf("an entry is missing: number %d stands here", e.Seq))
	case e.Prev != v.prev:
		return bad("it does not follow the entry before it")
	case e.Time < v.time:
		return bad("it is older than the entry before it")
	case e.Policy < v.policy || e.Policy > v.Policy:
		return bad("it names a policy operation out of its time")
	}
	key, ok := v.Signers(e.User, e.Policy)
	if !ok {
		return bad("its author was not a member when it was written")
	}
	if !e.Verify(v.Store, key) {
		return bad("the signature is not its author's")
	}
	v.prev, v.time, v.policy = e.Hash(), e.Time, e.Policy
	v.Frontier.Add(v.prev)
	if _, ok := v.roots[v.Frontier.Size]; ok {
		v.roots[v.Frontier.Size] = v.Frontier.Root()
	}
	v.runs(e.Head)
	return nil
}

func (v *Verifier) runs(h Head) {
	switch h.Code {
	case RunStart:
		if v.open == nil {
			v.open = map[[16]byte]Head{}
		}
		v.open[h.Run] = h
	case RunEnd:
		delete(v.open, h.Run)
	}
}

// Head is the hash of the newest entry.
func (v *Verifier) Head() [32]byte { return v.prev }

// Unterminated lists the starts of runs that have no end: under way, or killed.
func (v *Verifier) Unterminated() []Head {
	list := make([]Head, 0, len(v.open))
	for _, h := range v.open {
		list = append(list, h)
	}
	return list
}
