package vault

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/auditlog"
	"github.com/headgate/headgate/vault/store"
)

// Gain says that somebody can decrypt a secret who could not before.
type Gain struct{ User, Secret string }

// Outcome is what a change led to, besides what was asked.
type Outcome struct {
	Gained  []Gain     // keys of secrets that were handed over
	Rotated []rbac.Box // boxes that got new keys, since somebody lost them
	Waiting []Gain     // keys that the author of the change could not hand over; an administrator's next change does
	Due     []rbac.Box // boxes that wait for new keys, from somebody who holds them
}

// change is a transaction of a member: policy operations, what follows from them for
// keys, and audit entries are stored together or not at all.
type change struct {
	*view
	outcome Outcome
	erase   bool
	events  []auditlog.Event
	fresh   map[string]secretKeys // of secrets set in this change, which their author may not be able to open afterwards
	former  map[string][]string   // who had keys of their former values
}

// change lets fn change the store. An operation that is refused is written to the
// audit log, and nothing else is.
func (m *Member) change(ctx context.Context, fn func(*change) error) (Outcome, error) {
	var c *change
	var pin Pin
	how := store.Change{Copy: true, Erase: func() bool { return c.erase }}
	err := m.vault.file.Update(ctx, how, func(tx *store.Tx) error {
		v, err := m.enter(tx)
		if err != nil {
			return err
		}
		c = &change{view: v, former: map[string][]string{}, fresh: map[string]secretKeys{}}
		if err := fn(c); err != nil {
			return err
		}
		if err := c.finish(); err != nil {
			return err
		}
		pin = c.pin()
		return nil
	})
	if is[*rbac.DeniedError](err) {
		return Outcome{}, errors.Join(err, m.Refused(ctx, err))
	}
	if err != nil && !is[*store.LeftoverError](err) {
		return Outcome{}, unwritten(err)
	}
	return c.outcome, errors.Join(err, m.remember(pin, nil))
}

func (c *change) event(e auditlog.Event) { c.events = append(c.events, e) }

// op signs an operation by the member and stores it.
func (c *change) op(object string, b rbac.Body) error {
	raw, sig, err := c.chain.Draft(c.m.identity.Sign, c.m.ID, c.m.vault.now().UnixMilli(), object, b)
	if err != nil {
		return err
	}
	return c.store(raw, sig)
}

func (c *change) store(raw, sig []byte) error {
	return c.tx.Put(bucketOps, seqKey(c.chain.Next-1), append(append(make([]byte, 0, len(sig)+len(raw)), sig...), raw...))
}

func (c *change) finish() error {
	if err := c.settle(); err != nil {
		return err
	}
	if err := putState(c.tx, c.state()); err != nil {
		return err
	}
	for _, e := range c.events {
		if err := c.append(e, [16]byte{}); err != nil {
			return err
		}
	}
	if err := c.checkpoint(); err != nil {
		return err
	}
	return c.cover()
}

func putState(tx *store.Tx, s *rbac.State) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return tx.Put(bucketState, []byte("cur"), raw)
}

// settle makes the keys follow the policy: boxes that somebody lost get new keys,
// and whoever may open a box or a secret gets its key sealed. What the author of the
// change has no key for is left for somebody who has.
func (c *change) settle() error {
	if err := c.rotateDue(); err != nil {
		return err
	}
	for _, b := range rbac.Boxes() {
		if err := c.settleBox(b); err != nil {
			return err
		}
	}
	if err := c.settleSecrets(); err != nil {
		return err
	}
	return c.settleAuditKeys()
}
