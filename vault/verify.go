package vault

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"time"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/auditlog"
	"github.com/headgate/headgate/vault/store"
)

// Verification is what a check of everything that can be checked without a key found.
// The check shows that the store is whole in itself; that it is not an older copy of
// itself only somebody's pin shows.
type Verification struct {
	Fingerprint  rbac.Digest
	Operations   uint64
	Members      int
	Entries      uint64
	Checkpoints  int
	Unterminated []UnendedRun // started and not ended: under way, or killed
	Due          []rbac.Box   // boxes that wait for new keys
	Pin          Pin          // to be remembered elsewhere
}

// UnendedRun is a run without an end.
type UnendedRun struct {
	Run     string
	User    string
	Started time.Time
}

// Verify checks the policy from its first operation, the stored state, public keys,
// secrets and slots against it, the audit log from its first entry with the
// checkpoints, and what the last writer signed of all the rest. It needs nobody's key. expect is the fingerprint that the store should
// have, "" for any. What people of this machine remember of the store is compared too.
func (v *Vault) Verify(ctx context.Context, expect rbac.Digest) (r Verification, err error) {
	err = v.file.View(ctx, func(tx *store.Tx) error {
		g, fp, err := genesis(tx)
		if err != nil {
			return err
		}
		if expect != "" && fp != expect {
			return tampered("this is another store: its fingerprint is %s", fp)
		}
		chain, err := readPolicy(tx, v.opt.Expect, true)
		if err != nil {
			return err
		}
		if v.opt.Expect != nil { // it was compared; now everything is read from the start
			if chain, err = readPolicy(tx, nil, true); err != nil {
				return err
			}
		}
		r = Verification{Fingerprint: fp, Operations: chain.Next, Members: len(chain.State.Users)}
		if err := verifyThings(tx, chain.State); err != nil {
			return err
		}
		for _, b := range rbac.Boxes() {
			if chain.State.Boxes[b].Due {
				r.Due = append(r.Due, b)
			}
		}
		signed, err := checkpoints(tx, chain.State, fp)
		if err != nil {
			return err
		}
		log, err := verifyLog(tx, g.Store, chain, signed)
		if err != nil {
			return err
		}
		if err := checkCover(tx, chain.State, tail{frontier: log.Frontier, head: log.Head()}); err != nil {
			return err
		}
		r.Entries, r.Checkpoints, r.Unterminated = log.Frontier.Size, len(signed), unended(log)
		r.Pin = (&view{chain: chain, log: tail{frontier: log.Frontier, head: log.Head()}}).pin()
		return v.rememberedBy(tx, fp)
	})
	return r, err
}

func unended(log *auditlog.Verifier) []UnendedRun {
	list := make([]UnendedRun, 0)
	for _, h := range log.Unterminated() {
		list = append(list, UnendedRun{Run: hex.EncodeToString(h.Run[:]), User: h.User, Started: time.UnixMilli(h.Time)})
	}
	slices.SortFunc(list, func(a, b UnendedRun) int { return a.Started.Compare(b.Started) })
	return list
}

// verifyThings compares what is stored beside the policy with the digests in it.
func verifyThings(tx *store.Tx, s *rbac.State) error {
	v := &view{tx: tx, chain: rbac.Chain{State: s}}
	for id := range s.Users {
		if _, err := v.userKey(id); err != nil {
			return err
		}
	}
	for _, b := range rbac.Boxes() {
		if _, err := v.boxPublic(b); err != nil {
			return err
		}
	}
	for id := range s.Secrets {
		if _, err := v.record(id); err != nil {
			return err
		}
	}
	for id, i := range s.Invites {
		if i.Bundle != "" && rbac.DigestOf(tx.Get(bucketBundles, []byte(id))) != i.Bundle {
			return tampered("what the invitation %s hands over was exchanged", id)
		}
	}
	for id := range s.Users {
		if _, err := slotsOf(tx, id); err != nil {
			return err
		}
	}
	return nil
}

// checkpoints reads what authors signed of the log, the newest of each.
func checkpoints(tx *store.Tx, s *rbac.State, fp rbac.Digest) (list []auditlog.Checkpoint, err error) {
	err = tx.Each(bucketCkpt, nil, nil, func(user, raw []byte) error {
		if len(raw) < 8 {
			return tampered("the checkpoint of %s can't be read", user)
		}
		key, _ := s.Signer(string(user), binary.BigEndian.Uint64(raw))
		c, err := auditlog.ParseCheckpoint(raw[8:], auditlog.Origin(string(fp)), string(user), key)
		if err != nil {
			return &TamperedError{"the checkpoint of " + string(user), err}
		}
		list = append(list, c)
		return nil
	})
	return list, err
}

func verifyLog(tx *store.Tx, storeID string, chain rbac.Chain, signed []auditlog.Checkpoint) (*auditlog.Verifier, error) {
	log := &auditlog.Verifier{Store: storeID, Signers: chain.State.Signer, Policy: chain.Next - 1}
	for _, c := range signed {
		log.Expect(c.Size)
	}
	if err := tx.Each(bucketLog, nil, nil, func(k, raw []byte) error {
		if len(k) != 8 || binary.BigEndian.Uint64(k) != log.Frontier.Size {
			return tampered("audit entry %d is missing", log.Frontier.Size)
		}
		return log.Add(raw)
	}); err != nil {
		return nil, err
	}
	t, err := readTail(tx, nil)
	if err != nil {
		return nil, err
	}
	if f := t.frontier; f.Size != log.Frontier.Size || f.Root() != log.Frontier.Root() {
		return nil, tampered("the audit log was cut off, or its tree was edited: it has %d entries", log.Frontier.Size)
	}
	for _, c := range signed {
		if root, ok := log.RootAt(c.Size); !ok || root != c.Root {
			return nil, tampered("the audit log is not the one that was signed when it had %d entries", c.Size)
		}
	}
	return log, nil
}
