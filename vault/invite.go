package vault

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/auditlog"
	"github.com/headgate/headgate/vault/seal"
)

// Invitation asks for a code with which one person enrols once, with exactly this
// role.
type Invitation struct {
	Email   string
	Role    rbac.Role
	Grants  []rbac.Grant
	Expires time.Duration // 0: 72 hours
	TwoStep bool          // wait for Confirm; always so from the role that the policy names
}

const (
	codePrefix      = "hgi1-"
	defaultInvited  = 72 * time.Hour
	invitationBytes = 32
)

// code is an invitation code: the store that it is for, and a secret from which the
// invitation's keys come.
type code struct {
	fingerprint rbac.Digest
	secret      []byte
}

func (c code) text() string {
	fp, _ := hex.DecodeString(string(c.fingerprint))
	body := base64.RawURLEncoding.EncodeToString(append(fp, c.secret...))
	return fmt.Sprintf("%s%s-%08x", codePrefix, body, crc32.ChecksumIEEE([]byte(body)))
}

func parseCode(text string) (c code, err error) {
	bad := notLoggedIn(errors.New("invitation code: it was cut off or mistyped"))
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), codePrefix)
	cut := len(rest) - 9
	if !ok || cut < 0 || rest[cut] != '-' || fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(rest[:cut]))) != rest[cut+1:] {
		return c, bad
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(rest[:cut])
	if err != nil || len(b) != 32+invitationBytes {
		return c, bad
	}
	return code{rbac.Digest(hex.EncodeToString(b[:32])), b[32:]}, nil
}

func (c code) derive(purpose string) []byte {
	return seal.Derive(c.secret, rbac.Context("headgate/v1/invitation", string(c.fingerprint), purpose))
}

func (c code) sign() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(c.derive("sign")) }

// id is the invitation's, which follows from the code, so that the code finds it.
func (c code) id() string { return "i" + hex.EncodeToString(c.derive("id")[:16]) }

func (c code) bundleContext(storeID string) []byte {
	return rbac.Context("headgate/v1/bundle", storeID, c.id())
}

// bundle is what a one-step invitation hands over: the keys that the role has, as
// they were when the invitation was made.
type bundle struct {
	Boxes map[rbac.Box][]byte `json:"boxes"`
	Keys  map[string]deks     `json:"keys"` // of secrets, by id
}

type deks struct {
	Version string `json:"version"`
	Value   []byte `json:"value"`
	Binding []byte `json:"binding"`
}

// Invite makes an invitation and returns its code, which is not stored anywhere.
func (m *Member) Invite(ctx context.Context, i Invitation) (text string, err error) {
	email, err := rbac.Email(i.Email)
	if err != nil {
		return "", err
	}
	_, err = m.change(ctx, func(c *change) error {
		if err := domainAllowed(c.state(), email); err != nil {
			return err
		}
		user := newID()
		raw, err := newProfile(email)
		if err != nil {
			return err
		}
		body := &rbac.Invite{User: user, Role: i.Role, Grants: i.Grants, Name: rbac.NameDigest(c.state().Store, email),
			TwoStep: i.TwoStep || i.Role.AtLeast(rbac.Role(c.state().Setting(rbac.TwoStepFrom))), Profile: profileDigest(c.state().Store, user, raw)}
		if text, err = c.invite(body, i.Expires); err != nil {
			return rbac.About(err, email)
		}
		c.event(auditlog.Object{Kind: auditlog.UserInvite, Object: user, Role: string(i.Role)})
		return c.putProfile(user, raw)
	})
	return text, err
}

// Reset makes an invitation for somebody who lost the keys. The person keeps role and
// name and gets new keys; nobody can give the old ones back.
func (m *Member) Reset(ctx context.Context, who string, expires time.Duration) (text string, err error) {
	_, err = m.on(ctx, who, func(c *change, id string, u rbac.User) error {
		two := u.Role.AtLeast(rbac.Role(c.state().Setting(rbac.TwoStepFrom)))
		body := &rbac.Invite{User: id, Rekey: true, Role: u.Role, Name: u.Name, Profile: u.Profile, TwoStep: two}
		c.event(auditlog.Object{Kind: auditlog.UserReset, Object: id})
		text, err = c.invite(body, expires)
		return err
	})
	return text, err
}

func domainAllowed(s *rbac.State, email string) error {
	list := s.Setting(rbac.EmailDomains)
	domain := email[strings.LastIndexByte(email, '@')+1:]
	for d := range strings.SplitSeq(list, ",") {
		if list == "" || strings.EqualFold(strings.TrimSpace(d), domain) {
			return nil
		}
	}
	return &rbac.DeniedError{Action: string(rbac.KindInvite), Of: email, Why: fmt.Sprintf("the policy allows addresses of %s only", list)}
}

func (c *change) invite(body *rbac.Invite, expires time.Duration) (string, error) {
	if expires == 0 {
		expires = defaultInvited
	}
	if hours, err := strconv.Atoi(c.state().Setting(rbac.InviteHours)); err == nil {
		expires = min(expires, time.Duration(hours)*time.Hour)
	}
	k := code{c.m.fingerprint, seal.Random(invitationBytes)}
	body.Key = hex.EncodeToString(k.sign().Public().(ed25519.PublicKey))
	body.Expires = max(c.m.vault.now().UnixMilli(), c.state().Time) + expires.Milliseconds()
	if !body.TwoStep {
		sealed, err := c.bundle(k, body)
		if err != nil {
			return "", err
		}
		body.Bundle = rbac.DigestOf(sealed)
		if err := c.tx.Put(bucketBundles, []byte(k.id()), sealed); err != nil {
			return "", err
		}
	}
	return k.text(), c.op(k.id(), body)
}

// bundle collects the keys that the invited person will have, by asking the policy
// what it would be with that person in it.
func (c *change) bundle(k code, i *rbac.Invite) ([]byte, error) {
	s := c.state().Clone()
	u := rbac.User{Role: i.Role, Narrowed: len(i.Grants) > 0, Grants: i.Grants}
	if i.Rekey {
		u = s.Users[i.User]
	}
	s.Users[i.User] = u
	b := bundle{map[rbac.Box][]byte{}, map[string]deks{}}
	for _, name := range rbac.Boxes() {
		box, err := c.box(name)
		if err != nil {
			return nil, err
		}
		if box != nil && s.Holds(i.User, name) {
			if b.Boxes[name], err = c.boxSeed(name); err != nil {
				return nil, err
			}
		}
	}
	for id := range s.Secrets {
		if s.Holds(i.User, rbac.Secrets) || !s.Reaches(i.User, id) {
			continue
		}
		r, err := c.record(id)
		if err != nil {
			return nil, err
		}
		if keys, ok, err := c.keysOf(id, r); err != nil {
			return nil, err
		} else if ok {
			b.Keys[id] = deks{keys.version, keys.value, keys.binding}
		}
	}
	raw, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	return seal.Encrypt(k.derive("bundle"), k.bundleContext(c.state().Store), raw)
}

// dropBundles deletes the bundles of invitations that are no longer open.
func (c *change) dropBundles() error {
	var gone [][]byte
	if err := c.tx.Each(bucketBundles, nil, nil, func(k, _ []byte) error {
		if _, open := c.state().Invites[string(k)]; !open {
			gone = append(gone, k)
		}
		return nil
	}); err != nil {
		return err
	}
	for _, k := range gone {
		if err := c.tx.Delete(bucketBundles, k); err != nil {
			return err
		}
	}
	return nil
}

// OpenInvitation is an invitation that waits.
type OpenInvitation struct {
	ID      string
	Email   string // empty for who may not see it
	Role    rbac.Role
	Grants  []rbac.Grant
	Reset   bool
	TwoStep bool
	By      string
	Expires time.Time
}

// Invitations lists the open invitations; expired ones too, until they are revoked.
func (m *Member) Invitations(ctx context.Context) (list []OpenInvitation, err error) {
	err = m.read(ctx, func(v *view) error {
		for id, i := range v.state().Invites {
			email, err := v.name(i.User, i.Profile)
			if err != nil {
				return err
			}
			list = append(list, OpenInvitation{id, email, i.Role, i.Grants, i.Rekey, i.TwoStep, i.By, time.UnixMilli(i.Expires)})
		}
		return nil
	})
	slices.SortFunc(list, func(a, b OpenInvitation) int { return strings.Compare(a.ID, b.ID) })
	return list, err
}

// RevokeInvitation withdraws an invitation by its id. Boxes whose keys lay ready for
// it get new ones.
func (m *Member) RevokeInvitation(ctx context.Context, id string) error {
	_, err := m.change(ctx, func(c *change) error {
		i := c.state().Invites[id]
		if err := c.op(id, &rbac.InviteDel{}); err != nil {
			return err
		}
		c.erase = true
		c.event(auditlog.Object{Kind: auditlog.InviteRevoke, Object: id})
		if !c.belongs(i.User) {
			if err := c.tx.Delete(bucketProfiles, []byte(i.User)); err != nil {
				return err
			}
		}
		return c.dropBundles()
	})
	return err
}
