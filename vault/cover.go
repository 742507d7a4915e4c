package vault

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/auditlog"
	"github.com/headgate/headgate/vault/store"
)

// covered are the buckets whose contents every writer signs as a whole, together with
// the end of the audit log: keys, values, and what is not there. A thing on its own
// shows that its bytes are right; only a digest of all things shows that none is
// missing, so that "you hold no key of that" and "there is no such slot" are never
// what damage to the file says. Policy operations and audit entries are chained
// instead, and the policy has the digest of the state.
func covered() []string {
	return []string{store.Meta, bucketKeys, bucketSlots, bucketProfiles, bucketBoxes, bucketSecrets, bucketDeks,
		bucketBundles, bucketCkpt, bucketAudit}
}

// called says what is in a covered bucket, for who reads that it was edited.
func called(bucket string) string {
	return map[string]string{store.Meta: "format", bucketKeys: "public keys", bucketSlots: "slots", bucketProfiles: "profiles", bucketBoxes: "keys of boxes",
		bucketSecrets: "secrets", bucketDeks: "keys of secrets", bucketBundles: "keys for invitations", bucketCkpt: "checkpoints", bucketAudit: "audit keys"}[bucket]
}

const (
	coverAuthor = sigSize
	coverPolicy = coverAuthor + 16
	coverSums   = coverPolicy + 8
)

// cover is the stored form of that signature.
type cover struct {
	sig    []byte
	author string
	policy uint64   // the last operation when it was signed
	sums   [][]byte // of the covered buckets
	tree   []byte   // the log's frontier
	signed []byte   // everything but the signature
}

func parseCover(raw []byte) (c cover, err error) {
	treeAt := coverSums + len(covered())*store.SumSize
	if len(raw) < treeAt {
		return c, tampered("the signature of the whole store is missing")
	}
	c = cover{sig: raw[:sigSize], author: hex.EncodeToString(raw[coverAuthor:coverPolicy]),
		policy: binary.BigEndian.Uint64(raw[coverPolicy:]), tree: raw[treeAt:], signed: raw[sigSize:]}
	c.sums = slices.Collect(slices.Chunk(raw[coverSums:treeAt], store.SumSize))
	return c, nil
}

func coverMessage(storeID string, signed []byte, head [32]byte) []byte {
	return rbac.Context("headgate/v1/cover", storeID, string(signed), string(head[:]))
}

// cover signs the store as it is in the transaction. Nothing may be written after it.
func (v *view) cover() error {
	author, err := hex.DecodeString(v.m.ID)
	if err != nil {
		return err
	}
	signed := binary.BigEndian.AppendUint64(author, v.chain.Next-1)
	for _, b := range covered() {
		sum := v.tx.Sum(b)
		signed = append(signed, sum[:]...)
	}
	signed = append(signed, v.log.frontier.Encode()...)
	sig := ed25519.Sign(v.m.identity.Sign, coverMessage(v.state().Store, signed, v.log.head))
	return v.tx.Put(bucketFrontier, []byte("cur"), append(sig, signed...))
}

// checkCover is nil when the store is what its last writer signed. The writer must be
// a member by the newest operation: who was removed signs nothing more.
func checkCover(tx *store.Tx, s *rbac.State, t tail) error {
	c, err := parseCover(tx.Get(bucketFrontier, []byte("cur")))
	if err != nil {
		return err
	}
	if c.policy != s.Seq {
		return tampered("the signature of the whole store is of operation %d, and the policy ends at %d", c.policy, s.Seq)
	}
	key, _ := s.Signer(c.author, c.policy)
	pk, err := hex.DecodeString(key)
	if err != nil || len(pk) != ed25519.PublicKeySize || !ed25519.Verify(pk, coverMessage(s.Store, c.signed, t.head), c.sig) {
		return tampered("the end of the audit log, or the signature of the whole store, was edited")
	}
	for i, b := range covered() {
		if sum := tx.Sum(b); !bytes.Equal(sum[:], c.sums[i]) {
			return tampered("the stored %s were edited since their last writer signed them", called(b))
		}
	}
	return nil
}

// sound checks as much of the store as can be checked without a key. It tells a wrong
// password from a slot that somebody damaged or took away.
func (v *Vault) sound(tx *store.Tx) error {
	chain, err := readPolicy(tx, nil, false)
	if err != nil {
		return err
	}
	t, err := readTail(tx, nil)
	if err != nil {
		return err
	}
	return checkCover(tx, chain.State, t)
}

// chained walks the log from an entry to its signed end before anybody is shown one:
// each entry names the hash of the one before it.
func (v *view) chained(from uint64) error {
	next := from
	var prev [32]byte
	err := v.tx.Each(bucketLog, nil, seqKey(from), func(k, raw []byte) error {
		e, err := auditlog.Parse(raw)
		if err != nil || !bytes.Equal(k, seqKey(next)) || e.Seq != next || next > from && e.Prev != prev {
			return tampered("audit entry %d is not what was written", next)
		}
		next, prev = next+1, e.Hash()
		return nil
	})
	if err == nil && next > from && (next != v.log.frontier.Size || prev != v.log.head) || next == from && from < v.log.frontier.Size {
		return tampered("the audit log ends at entry %d and should have %d", next, v.log.frontier.Size)
	}
	return err
}
