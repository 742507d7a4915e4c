package vault

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/auditlog"
)

// Person is a member as lists show it. Name is empty for who may not see it.
type Person struct {
	ID    string
	Name  string
	Owner bool
	rbac.User
}

// People lists the members and service accounts by name.
func (m *Member) People(ctx context.Context) (list []Person, err error) {
	err = m.read(ctx, func(v *view) error {
		for id, u := range v.state().Users {
			name, err := v.name(id, u.Profile)
			if err != nil {
				return err
			}
			list = append(list, Person{id, name, id == v.state().Owner, u})
		}
		return nil
	})
	slices.SortFunc(list, func(a, b Person) int { return strings.Compare(a.Name+a.ID, b.Name+b.ID) })
	return list, err
}

// Myself is the unlocked person, with the verified policy.
func (m *Member) Myself(ctx context.Context) (p Person, s *rbac.State, err error) {
	err = m.read(ctx, func(v *view) error {
		s = v.state()
		u := s.Users[m.ID]
		name, err := v.name(m.ID, u.Profile)
		p = Person{m.ID, name, m.ID == s.Owner, u}
		return err
	})
	return p, s, err
}

// on changes somebody who is named by e-mail address, service account or id.
func (m *Member) on(ctx context.Context, who string, fn func(c *change, id string, u rbac.User) error) (Outcome, error) {
	return m.change(ctx, func(c *change) error {
		id, ok := find(c.state(), who)
		if _, isID := c.state().Users[who]; isID {
			id, ok = who, true
		}
		if !ok {
			return &rbac.InvalidError{Of: who, Why: "not a member of this store; `headgate user list` says who is"}
		}
		return rbac.About(fn(c, id, c.state().Users[id]), who)
	})
}

func (c *change) setUser(id string, u rbac.User, e auditlog.Object) error {
	e.Object = id
	c.event(e)
	return c.op(id, &rbac.UserSet{Role: u.Role, Disabled: u.Disabled, Pending: u.Pending, Until: u.Until})
}

// SetRole gives somebody another role.
func (m *Member) SetRole(ctx context.Context, who string, r rbac.Role) (Outcome, error) {
	return m.on(ctx, who, func(c *change, id string, u rbac.User) error {
		u.Role = r
		return c.setUser(id, u, auditlog.Object{Kind: auditlog.UserRole, Role: string(r)})
	})
}

// Confirm lets somebody in who enrolled with a two-step invitation.
func (m *Member) Confirm(ctx context.Context, who string) (Outcome, error) {
	return m.on(ctx, who, func(c *change, id string, u rbac.User) error {
		if !u.Pending {
			return &rbac.InvalidError{Of: who, Why: "does not wait for a confirmation"}
		}
		u.Pending = false
		return c.setUser(id, u, auditlog.Object{Kind: auditlog.UserConfirm, Role: string(u.Role)})
	})
}

// Disable takes everything from somebody until Enable: keys of boxes and secrets are
// replaced or taken back, and no operation that the person signs is taken. The person
// still signs what a refusal writes to the audit log.
func (m *Member) Disable(ctx context.Context, who string) (Outcome, error) {
	return m.on(ctx, who, func(c *change, id string, u rbac.User) error {
		u.Disabled = true
		return c.setUser(id, u, auditlog.Object{Kind: auditlog.UserDisable})
	})
}

// Enable gives back what Disable took.
func (m *Member) Enable(ctx context.Context, who string) (Outcome, error) {
	return m.on(ctx, who, func(c *change, id string, u rbac.User) error {
		u.Disabled = false
		return c.setUser(id, u, auditlog.Object{Kind: auditlog.UserEnable})
	})
}

// Remove takes somebody out for ever. It returns the ids of the secrets that the
// person could decrypt, which should be replaced at their sources.
func (m *Member) Remove(ctx context.Context, who string) (exposed []string, o Outcome, err error) {
	o, err = m.on(ctx, who, func(c *change, id string, u rbac.User) error {
		exposed = c.state().Exposure(id)
		name, err := c.name(id, u.Profile)
		if err != nil {
			return err
		}
		if err := c.op(id, &rbac.UserDel{}); err != nil {
			return err
		}
		c.erase = true
		c.event(auditlog.Object{Kind: auditlog.UserRemove, Object: id, Role: string(u.Role), Note: name, Count: len(exposed)})
		return errors.Join(dropSlots(c.tx, id), c.tx.Delete(bucketKeys, []byte(id)), c.tx.Delete(bucketProfiles, []byte(id)), c.tx.Delete(bucketProfiles, ownProfile(id)), c.dropBundles())
	})
	return exposed, o, err
}

// Grant narrows somebody's role to flows: the first grant replaces the role's ceiling
// on every flow.
func (m *Member) Grant(ctx context.Context, who string, g rbac.Grant) (Outcome, error) {
	return m.on(ctx, who, func(c *change, id string, _ rbac.User) error {
		c.event(auditlog.Object{Kind: auditlog.GrantSet, Object: id, Grant: g.Flows + ":" + string(g.Level)})
		return c.op(id, &rbac.GrantSet{Grant: g})
	})
}

// Revoke takes the grant on exactly this pattern back. Without any grant somebody
// whose role was narrowed can do nothing on flows.
func (m *Member) Revoke(ctx context.Context, who, flows string) (Outcome, error) {
	return m.on(ctx, who, func(c *change, id string, _ rbac.User) error {
		c.event(auditlog.Object{Kind: auditlog.GrantRevoke, Object: id, Grant: flows})
		return c.op(id, &rbac.GrantDel{Flows: flows})
	})
}

// ApproveFlow lets operators and service accounts run this digest of a flow in a profile,
// "" for none, where it takes these secrets. Gained in the outcome is who can decrypt them
// now.
func (m *Member) ApproveFlow(ctx context.Context, flow, env string, d rbac.Digest, secrets []Ref) (Outcome, error) {
	return m.change(ctx, func(c *change) error {
		ids := make([]string, 0, len(secrets))
		for _, r := range secrets {
			ids = append(ids, r.ID())
		}
		slices.Sort(ids)
		c.event(auditlog.Object{Kind: auditlog.FlowApprove, Object: flow, Env: env, Digest: string(d)})
		return c.op(flow, &rbac.FlowApprove{Digest: d, Secrets: slices.Compact(ids), Env: env})
	})
}

// RevokeFlow takes the approvals of a flow for these profiles back, or all without any.
func (m *Member) RevokeFlow(ctx context.Context, flow string, envs ...string) (Outcome, error) {
	envs = slices.Compact(slices.Sorted(slices.Values(envs)))
	return m.change(ctx, func(c *change) error {
		c.event(auditlog.Object{Kind: auditlog.FlowRevoke, Object: flow, Env: strings.Join(envs, " ")})
		return c.op(flow, &rbac.FlowRevoke{Envs: envs})
	})
}

// SetPolicy changes a setting; an empty value restores the setting's own.
func (m *Member) SetPolicy(ctx context.Context, key, value string) error {
	_, err := m.change(ctx, func(c *change) error {
		c.event(auditlog.Object{Kind: auditlog.PolicySet, Object: key, Note: value})
		return c.op(key, &rbac.PolicySet{Value: value})
	})
	return err
}

// RotateBoxes gives boxes new keys.
func (m *Member) RotateBoxes(ctx context.Context, list ...rbac.Box) (Outcome, error) {
	return m.change(ctx, func(c *change) error { return c.rotate(list) })
}

// Settle does what earlier changes left for somebody who holds more keys.
func (m *Member) Settle(ctx context.Context) (Outcome, error) {
	return m.change(ctx, func(*change) error { return nil })
}

// Ends is the end of a service account, the zero time without one.
func (p Person) Ends() time.Time {
	if p.Until == 0 {
		return time.Time{}
	}
	return time.UnixMilli(p.Until)
}

// Restored signs that the store was put back to an older copy, and which head was
// given up. Who saw that head takes the store again with Options.Accept.
func (m *Member) Restored(ctx context.Context, given Pin) error {
	_, err := m.change(ctx, func(c *change) error {
		c.event(auditlog.Object{Kind: auditlog.StoreRestore, Object: string(given.Head)})
		return c.op("", &rbac.Restore{Head: given.Head, Seq: given.Seq})
	})
	return err
}
