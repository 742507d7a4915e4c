package vault

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/auditlog"
	"github.com/headgate/headgate/vault/seal"
	"github.com/headgate/headgate/vault/store"
)

// RunRequest says what is to be run: the digest covers the flow's file and the
// resolved definitions of what it names.
type RunRequest struct {
	Flow    string
	Digest  rbac.Digest
	Env     string
	Secrets []Ref  // those that the run may ask for, each for the profile; see Ref.In
	Name    string // what the program calls the run, for the audit log
}

// Run is a run whose start is in the audit log. It holds the sealed secrets of the
// request and nothing of the store.
type Run struct {
	ID      string
	Policy  *rbac.State // as it was at the start
	member  *Member
	flow    string
	name    string
	looks   bool // it moves nothing, and has no end
	tag     [16]byte
	at      map[Ref]string // the ids of the secrets that were asked for
	records map[string]*record
	keys    map[string]secretKeys
	bound   map[string]Binding
}

// StartRun checks that the person may run this digest and writes run.start. Only when
// that is stored does it return the Run that gives secrets out; when it can't be
// stored the error is an *AuditError. A refusal is written to the log too.
func (m *Member) StartRun(ctx context.Context, q RunRequest) (*Run, error) {
	r := m.newRun(q)
	return r.begin(ctx, q, func(v *view) auditlog.Event {
		_, approved := v.state().Approved(q.Flow, q.Env, q.Digest)
		return auditlog.Started{Run: r.ID, Name: q.Name, Flow: q.Flow, Digest: string(q.Digest), Env: q.Env,
			Draft: !approved, Secrets: r.ids()}
	})
}

// Look is StartRun for what reads secrets and moves nothing, such as a plan or the test
// of a connection, which purpose says and the audit log has. q names a flow, or none
// and then the secrets alone count. Its End writes nothing.
func (m *Member) Look(ctx context.Context, q RunRequest, purpose string) (*Run, error) {
	r := m.newRun(q)
	r.looks = true
	return r.begin(ctx, q, func(*view) auditlog.Event {
		return auditlog.Used{Object: cmp.Or(q.Flow, strings.Join(r.ids(), " ")), Purpose: purpose, Env: q.Env, Secrets: r.ids()}
	})
}

func (m *Member) newRun(q RunRequest) *Run {
	r := &Run{member: m, flow: q.Flow, name: q.Name, tag: [16]byte(seal.Random(16))}
	r.ID = hex.EncodeToString(r.tag[:])
	return r
}

// begin checks the request and writes the event that says so.
func (r *Run) begin(ctx context.Context, q RunRequest, event func(*view) auditlog.Event) (*Run, error) {
	m := r.member
	var pin Pin
	err := m.vault.file.Update(ctx, store.Change{}, func(tx *store.Tx) error {
		v, err := m.enter(tx)
		if err != nil {
			return err
		}
		q.Secrets = r.locate(v.state(), q.Secrets)
		if q.Flow != "" || !r.looks {
			err = v.mayRun(q)
		}
		if err != nil {
			return err
		}
		if err := r.collect(v, q.Secrets); err != nil {
			return err
		}
		tag := r.tag
		if r.looks {
			tag = [16]byte{}
		}
		if err := v.append(event(v), tag); err != nil {
			return err
		}
		pin = v.pin()
		return v.cover()
	})
	if is[*rbac.DeniedError](err) || is[*rbac.UnapprovedError](err) {
		return nil, errors.Join(err, m.Refused(ctx, err))
	}
	if err != nil {
		return nil, unwritten(err)
	}
	if err := m.remember(pin, nil); err != nil {
		if e := r.End(ctx, RunResult{Status: "failed", Exit: 1}); is[*AuditError](e) {
			err = errors.Join(err, e)
		}
		return nil, err
	}
	return r, nil
}

// locate finds the secrets in the policy under which the run begins.
func (r *Run) locate(s *rbac.State, wanted []Ref) []Ref {
	r.Policy, r.at = s, map[Ref]string{}
	list := make([]Ref, len(wanted))
	for i, ref := range wanted {
		list[i] = ref.In(s)
		r.at[ref] = list[i].ID()
	}
	return list
}

// mayRun also keeps who may run approved flows only to the secrets that were
// approved: the caller says which it wants, and the policy which there are.
func (v *view) mayRun(q RunRequest) error {
	s := v.state()
	if err := rbac.MayRun(s, v.m.ID, q.Flow, q.Env, q.Digest, v.m.vault.now()); err != nil {
		return err
	}
	a, approved := s.Approved(q.Flow, q.Env, q.Digest)
	if !approved {
		return nil
	}
	for _, ref := range q.Secrets {
		if !slices.Contains(a.Secrets, ref.ID()) {
			return &rbac.UnapprovedError{Flow: q.Flow, Env: q.Env, Approved: true}
		}
	}
	return nil
}

// collect takes along what the run may decrypt after the store is closed.
func (r *Run) collect(v *view, refs []Ref) error {
	r.records, r.keys, r.bound = map[string]*record{}, map[string]secretKeys{}, map[string]Binding{}
	for _, ref := range refs {
		id := ref.ID()
		rec, err := v.record(id)
		if err != nil {
			return err
		}
		k, ok, err := v.keysOf(id, rec)
		if err != nil {
			return err
		}
		if !ok {
			return &rbac.DeniedError{By: v.m.ID, Role: v.state().Users[v.m.ID].Role, Action: "run flow " + r.flow, Flow: r.flow,
				Why: fmt.Sprintf("you do not have the key of secret %s", id)}
		}
		if r.bound[id], err = v.boundTo(id, rec); err != nil {
			return err
		}
		r.records[id], r.keys[id] = rec, k
	}
	return nil
}

func (r *Run) ids() []string {
	list := make([]string, 0, len(r.records))
	for id := range r.records {
		list = append(list, id)
	}
	slices.Sort(list)
	return list
}

// Secret decrypts a secret for exactly what it is bound to; another binding is a
// *BindingError. The caller clears the value after use.
func (r *Run) Secret(ref Ref, b Binding) ([]byte, error) {
	id, ok := r.at[ref]
	if !ok {
		return nil, fmt.Errorf("secret %s: the run did not ask for it", ref.ID())
	}
	rec := r.records[id]
	if d := b.differences(r.bound[id]); len(d) > 0 {
		return nil, &BindingError{id, d}
	}
	value, err := decryptValue(r.Policy.Store, id, rec, r.keys[id].value, b)
	if err != nil {
		return nil, tampered("secret %s does not open with what it is bound to", id)
	}
	return value, nil
}

// decryptValue is where the binding counts: it is associated data of the value, so
// that a program which leaves the comparison out still gets nothing.
func decryptValue(storeID, id string, r *record, key []byte, b Binding) ([]byte, error) {
	return seal.Decrypt(key, r.valueContext(storeID, id, b), r.Value)
}

// RunResult is what run.end says.
type RunResult struct {
	Status                      string
	Exit                        int
	RowsRead, Written, Rejected int64
	BytesRead, BytesWritten     int64
}

// End writes run.end and forgets the keys. If it can't be written the error is an
// *AuditError, and verification lists the run as one without an end.
func (r *Run) End(ctx context.Context, res RunResult) error {
	for _, k := range r.keys {
		clear(k.value)
		clear(k.binding)
	}
	if r.looks {
		return nil
	}
	m := r.member
	var pin Pin
	err := m.vault.file.Update(ctx, store.Change{}, func(tx *store.Tx) error {
		v, err := m.enter(tx)
		if err != nil {
			return err
		}
		e := auditlog.Ended{Run: r.ID, Name: r.name, Flow: r.flow, Status: res.Status, Exit: res.Exit, Read: res.RowsRead, Written: res.Written,
			Rejected: res.Rejected, BytesRead: res.BytesRead, BytesWritten: res.BytesWritten}
		if err := v.append(e, r.tag); err != nil {
			return err
		}
		pin = v.pin()
		if err := v.checkpoint(); err != nil {
			return err
		}
		return v.cover()
	})
	if err != nil {
		return unwritten(err)
	}
	return m.remember(pin, nil)
}
