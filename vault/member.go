package vault

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/auditlog"
	"github.com/headgate/headgate/vault/seal"
	"github.com/headgate/headgate/vault/slot"
	"github.com/headgate/headgate/vault/store"
)

// Member is a person or service account whose keys are unlocked. Each method opens
// the store for its own time only, verifies it, and closes it. A Member may be used
// from several goroutines.
type Member struct {
	ID          string
	vault       *Vault
	identity    *seal.Identity
	fingerprint rbac.Digest
	seen        *memory
	began       *rbac.State // the policy as it was when the keys were unlocked; nil: they never were
}

// Fingerprint is the hash of the store's first operation, which tells it from all
// other stores.
func (m *Member) Fingerprint() rbac.Digest { return m.fingerprint }

// Close overwrites the keys in memory. It may be called twice.
func (m *Member) Close() { m.identity.Clear() }

// view is a verified store for the time of one transaction.
type view struct {
	tx    *store.Tx
	m     *Member
	chain rbac.Chain
	log   tail
	known *Pin // what the person remembered
	boxes map[rbac.Box]*seal.Box
}

func (v *view) state() *rbac.State { return v.chain.State }

// read lets fn see the verified store.
func (m *Member) read(ctx context.Context, fn func(*view) error) error {
	var pin Pin
	var known *Pin
	err := m.vault.file.View(ctx, func(tx *store.Tx) error {
		v, err := m.enter(tx)
		if err != nil {
			return err
		}
		pin, known = v.pin(), v.known
		return fn(v)
	})
	if err != nil {
		return err
	}
	return m.remember(pin, known)
}

// enter verifies the store before anything in it is used: its first operation, its
// policy, the end of its log, each against what the person remembers; that the
// person's keys are the policy's; and that everything else is what its last writer
// signed.
func (m *Member) enter(tx *store.Tx) (*view, error) {
	fp, err := fingerprint(tx)
	if err != nil {
		return nil, err
	}
	if fp != m.fingerprint {
		return nil, tampered("this is another store than the one that the key is for")
	}
	pin, err := m.pinned(tx)
	if err != nil {
		return nil, err
	}
	v := &view{tx: tx, m: m, known: pin, boxes: map[rbac.Box]*seal.Box{}}
	if v.chain, err = readPolicy(tx, pin, false); err != nil {
		return nil, err
	}
	if v.log, err = readTail(tx, pin); err != nil {
		return nil, err
	}
	u, ok := v.state().Users[m.ID]
	if !ok {
		return nil, notLoggedIn(errors.New("you are no longer a member of this store"))
	}
	if u.Keys != m.identity.Keys() {
		return nil, tampered("the key is not the one that the policy has for this person")
	}
	return v, checkCover(tx, v.state(), v.log)
}

func (v *view) pin() Pin {
	p := Pin{Seq: v.chain.Next - 1, Head: v.chain.Head, Sum: v.chain.Sum, Size: v.log.frontier.Size, Entry: hex.EncodeToString(v.log.head[:]), policy: v.state()}
	if v.tx != nil && (v.known == nil || v.known.Sum != p.Sum) {
		p.state = v.tx.Get(bucketState, []byte("cur"))
	}
	return p
}

// remember writes the pin, unless that is what was known.
func (m *Member) remember(p Pin, known *Pin) error {
	m.seen.keep(p)
	if m.vault.opt.Pins == "" || p.keptAs(known) {
		return nil
	}
	err := writePin(m.vault.pinFile(m.fingerprint, m.ID), m.identity.Pin(), p)
	switch {
	case err == nil:
		return nil
	case m.vault.opt.Expect != nil:
		return nil // the caller's pin is what is remembered where nothing can be kept
	}
	return fmt.Errorf("%w; where no such file can be kept, HEADGATE_PIN says what is remembered of the store", err)
}

func (m *Member) author(store string) auditlog.Author {
	return auditlog.Author{Store: store, Sign: m.identity.Sign, Audit: m.identity.Audit}
}

// State is the verified policy, and the pin that goes with it.
func (m *Member) State(ctx context.Context) (s *rbac.State, p Pin, err error) {
	err = m.read(ctx, func(v *view) error {
		s, p = v.state(), v.pin()
		return nil
	})
	return s, p, err
}

// Can says whether the person may use a verb on a flow; see rbac.Can. A refusal is
// written to the audit log.
func (m *Member) Can(ctx context.Context, verb rbac.Verb, flow string) (rbac.Scope, error) {
	s, _, err := m.State(ctx)
	if err != nil {
		return rbac.None, err
	}
	return m.can(ctx, s, verb, flow)
}

// Begin is Can for what a program does right after the log-in: by the policy that the log-in
// verified, so that the store is not opened once more.
func (m *Member) Begin(ctx context.Context, verb rbac.Verb) (rbac.Scope, error) {
	if m.began == nil {
		return m.Can(ctx, verb, "")
	}
	return m.can(ctx, m.began, verb, "")
}

func (m *Member) can(ctx context.Context, s *rbac.State, verb rbac.Verb, flow string) (rbac.Scope, error) {
	scope, err := rbac.Can(s, m.ID, verb, flow, m.vault.now())
	if err != nil {
		return scope, errors.Join(err, m.Refused(ctx, err))
	}
	return scope, nil
}

// Refused writes to the audit log that something was denied.
func (m *Member) Refused(ctx context.Context, why error) error {
	e := auditlog.Refused{Action: "policy", Why: why.Error()}
	if denied, ok := errors.AsType[*rbac.DeniedError](why); ok {
		e.Action, e.Flow = denied.Action, denied.Flow
	} else if unapproved, ok := errors.AsType[*rbac.UnapprovedError](why); ok {
		e.Action, e.Flow = "run flow "+unapproved.Flow, unapproved.Flow
	}
	return m.Record(ctx, e)
}

// Record writes an event to the audit log.
func (m *Member) Record(ctx context.Context, e auditlog.Event) error {
	var pin Pin
	err := m.vault.file.Update(ctx, store.Change{}, func(tx *store.Tx) error {
		v, err := m.enter(tx)
		if err != nil {
			return err
		}
		if err := v.append(e, [16]byte{}); err != nil {
			return err
		}
		pin = v.pin()
		return v.cover()
	})
	if err != nil {
		return unwritten(err)
	}
	return m.remember(pin, nil)
}

// unwritten makes an error of a store that can't be written to an *AuditError.
func unwritten(err error) error {
	if err == nil || ReasonOf(err) != ReasonNone || is[*rbac.InvalidError](err) || is[*UnsetError](err) || is[*SlotError](err) || is[*slot.WeakError](err) || is[*store.LeftoverError](err) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, store.ErrMissing) {
		return err
	}
	return &AuditError{err}
}
