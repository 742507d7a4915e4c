package vault

import (
	"encoding/binary"
	"encoding/hex"

	"github.com/headgate/headgate/vault/auditlog"
	"github.com/headgate/headgate/vault/store"
)

// tail is the end of the audit log: what the next entry is written after.
type tail struct {
	frontier auditlog.Frontier
	head     [32]byte // the newest entry's hash
	time     int64
}

// readTail reads the end of the log and compares it with the pin. That it is the end
// which was written, checkCover says.
func readTail(tx *store.Tx, pin *Pin) (t tail, err error) {
	c, err := parseCover(tx.Get(bucketFrontier, []byte("cur")))
	if err != nil {
		return t, err
	}
	if t.frontier, err = auditlog.ParseFrontier(c.tree); err != nil {
		return t, &TamperedError{"the audit log", err}
	}
	k, raw := tx.Last(bucketLog)
	size := uint64(0)
	if len(k) == 8 {
		size = binary.BigEndian.Uint64(k) + 1
	}
	if size != t.frontier.Size {
		return t, tampered("the audit log has %d entries and should have %d", size, t.frontier.Size)
	}
	if size > 0 {
		e, err := auditlog.Parse(raw)
		if err != nil || e.Seq != size-1 {
			return t, tampered("the newest audit entry is not what was written")
		}
		t.head, t.time = e.Hash(), e.Time
	}
	if pin == nil || pin.Size == 0 {
		return t, nil
	}
	if size < pin.Size {
		return t, tampered("the audit log was cut off: it has %d entries and had %d", size, pin.Size)
	}
	e, err := auditlog.Parse(tx.Get(bucketLog, seqKey(pin.Size-1)))
	if err != nil {
		return t, tampered("audit entry %d is not the one seen before", pin.Size-1)
	}
	if h := e.Hash(); hex.EncodeToString(h[:]) != pin.Entry {
		return t, tampered("audit entry %d is not the one seen before", pin.Size-1)
	}
	return t, nil
}

// append writes an entry by the member. cover has to follow.
func (v *view) append(e auditlog.Event, run [16]byte) error {
	body, err := auditlog.Encode(e)
	if err != nil {
		return err
	}
	seq := v.log.frontier.Size
	h := auditlog.Head{Seq: seq, Prev: v.log.head, Time: max(v.m.vault.now().UnixMilli(), v.log.time), User: v.m.ID,
		Code: e.Code(), Run: run, Policy: v.chain.Next - 1}
	raw, err := v.m.author(v.state().Store).Write(h, body)
	if err != nil {
		return err
	}
	if err := v.tx.Put(bucketLog, seqKey(seq), raw); err != nil {
		return err
	}
	v.log.head, v.log.time = auditlog.LeafHash(raw), h.Time
	v.log.frontier.Add(v.log.head)
	return nil
}

// checkpoint signs the log as it is now. One is kept for each author, the newest.
func (v *view) checkpoint() error {
	c := auditlog.Checkpoint{Origin: auditlog.Origin(string(v.m.fingerprint)), Size: v.log.frontier.Size, Root: v.log.frontier.Root()}
	raw, err := c.Sign(v.m.ID, v.m.identity.Sign)
	if err != nil {
		return err
	}
	// The key that signs may end later; which counted is told by this operation.
	return v.tx.Put(bucketCkpt, []byte(v.m.ID), append(seqKey(v.chain.Next-1), raw...))
}
