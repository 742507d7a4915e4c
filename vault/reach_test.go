package vault

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/seal"
	"github.com/headgate/headgate/vault/store"
)

// cracker is a program with every check taken out: it has one person's keys and the
// whole file, and opens whatever opens, for as long as it finds new keys.
type cracker struct {
	storeID string
	users   []string
	ids     []string // of secrets
	boxes   []*seal.Box
	keys    [][]byte
	values  map[string]bool
}

// crack is every secret value that who can decrypt.
func (h *house) crack(who string) []string {
	s := h.state()
	c := &cracker{storeID: s.Store, boxes: []*seal.Box{h.who[who].identity.Box}, values: map[string]bool{}}
	for id := range s.Users {
		c.users = append(c.users, id)
	}
	for id := range s.Secrets {
		c.ids = append(c.ids, id)
	}
	c.keys = append(c.keys, h.who[who].identity.Seed(), h.who[who].identity.Audit, h.who[who].identity.Pin())
	bindings := []Binding{shopBinding(), hrBinding()}
	h.look(func(tx *store.Tx) {
		for range 3 { // a key opens a box, the box a key, the key a value
			c.openBoxes(tx)
			c.openKeys(tx)
		}
		for _, id := range c.ids {
			var r record
			if err := rbac.DecodeStrict(tx.Get(bucketSecrets, []byte(id)), &r); err != nil {
				h.t.Fatal(err)
			}
			for _, k := range c.keys {
				for _, b := range bindings {
					if v, err := decryptValue(c.storeID, id, &r, k, b); err == nil {
						c.values[string(v)] = true
					}
				}
			}
		}
	})
	var list []string
	for v := range c.values {
		list = append(list, v)
	}
	slices.Sort(list)
	return list
}

func (c *cracker) openBoxes(tx *store.Tx) {
	_ = tx.Each(bucketBoxes, nil, nil, func(k, sealed []byte) error {
		// The key says what the seal is tied to, whoever may open it.
		parts := strings.Split(string(k), "/")
		epoch, err := strconv.ParseUint(parts[1], 10, 64)
		if err == nil {
			c.try(boxContext(c.storeID, rbac.Box(parts[0]), epoch, parts[2]), sealed)
		}
		return err
	})
}

func (c *cracker) openKeys(tx *store.Tx) {
	versions := map[string]string{}
	for _, id := range c.ids {
		var r record
		if rbac.DecodeStrict(tx.Get(bucketSecrets, []byte(id)), &r) == nil {
			versions[id] = r.Version
		}
	}
	_ = tx.Each(bucketDeks, nil, nil, func(k, sealed []byte) error {
		id, to, _ := bytes.Cut(k, []byte{0})
		for epoch := range uint64(4) {
			c.try(dekContext(c.storeID, string(id), versions[string(id)], string(to), epoch), sealed)
		}
		return nil
	})
}

// try opens with every private key so far; what comes out may be a key or two, or the
// seed of a box.
func (c *cracker) try(context, sealed []byte) {
	for _, b := range c.boxes {
		plain, err := b.Open(context, sealed)
		if err != nil {
			continue
		}
		for len(plain) >= seal.Size {
			key := plain[:seal.Size]
			plain = plain[seal.Size:]
			if slices.ContainsFunc(c.keys, func(k []byte) bool { return bytes.Equal(k, key) }) {
				continue
			}
			c.keys = append(c.keys, key)
			if box, err := seal.NewBox(key); err == nil {
				c.boxes = append(c.boxes, box)
			}
		}
		return
	}
}

// TestRoleChecksAreNotWhatProtects: what a viewer, or a service account outside its
// flows, may not read, it can't read with any program. Class: key.
func TestRoleChecksAreNotWhatProtects(t *testing.T) {
	h := furnished(t)
	for who, want := range map[string]string{
		"viewer": "", "nightly": "shop-password", "narrowed": "shop-password",
		"operator": "hr-password shop-password", "editor": "hr-password shop-password",
	} {
		if got := strings.Join(h.crack(who), " "); got != want {
			t.Errorf("%s decrypts %q, want %q", who, got, want)
		}
	}
	_, err := h.who["owner"].Disable(background, "operator@example.com")
	ok(t, "disable", err)
	_, err = h.who["owner"].SetRole(background, "editor@example.com", rbac.Viewer)
	ok(t, "role", err)
	_, err = h.who["owner"].Grant(background, "nightly", rbac.Grant{Flows: "sales-day", Level: rbac.Monitor})
	ok(t, "grant", err)
	for _, who := range []string{"operator", "editor", "nightly"} {
		if got := h.crack(who); len(got) != 0 {
			t.Errorf("%s still decrypts %q", who, got)
		}
	}
}
