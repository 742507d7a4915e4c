package vault

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/store"
)

// place is where a value lies.
type place struct{ bucket, key string }

// places are the values that no chain holds in their place, only what they are sealed,
// encrypted or signed with.
func (h *house) places() (list []place, values map[place][]byte) {
	h.t.Helper()
	values = map[place][]byte{}
	h.look(func(tx *store.Tx) {
		for _, b := range covered() {
			ok(h.t, b, tx.Each(b, nil, nil, func(k, v []byte) error {
				p := place{b, string(k)}
				list, values[p] = append(list, p), v
				return nil
			}))
		}
	})
	return list, values
}

// found runs all paths, each in the store as put makes it. The error is what must not be;
// seen says that somebody noticed.
func (h *house) found(paths map[string]func() error, put func()) (seen bool, err error) {
	for name, use := range paths {
		put()
		e := use()
		if r := ReasonOf(e); errors.Is(e, errWrongData) || e != nil && r != ReasonIntegrity && r != ReasonLogin {
			err = errors.Join(err, errors.New(name+": "+string(r)), e)
		}
		seen = seen || e != nil
	}
	return seen, err
}

// ownerReads decrypts what only the owner can, besides what everything shows.
func (h *house) ownerReads(want string) error {
	got, err := h.everything("owner")
	if err != nil {
		return err
	}
	if got != want {
		return errWrongData
	}
	run, err := h.login("owner").Look(background, RunRequest{Secrets: []Ref{shop, hr}}, "test")
	if err != nil {
		return err
	}
	a, aerr := run.Secret(shop, shopBinding())
	b, berr := run.Secret(hr, hrBinding())
	if err := errors.Join(aerr, berr); err != nil {
		return err
	}
	if string(a) != "shop-password" || string(b) != "hr-password" {
		return errWrongData
	}
	return nil
}

// exchanged is a small store with two secrets, and what finds that values of it are not
// in their places.
func exchanged(t *testing.T, change func(h *house)) (h *house, found func(edit func(tx *store.Tx) error) (bool, error)) {
	t.Helper()
	h = small(t)
	h.set(hr, hrBinding(), "hr-password")
	change(h)
	for _, who := range []string{"owner", "operator"} { // what is logged in memory is out of the way
		h.login(who)
	}
	want, err := h.everything("owner")
	ok(t, "owner", err)
	paths := h.paths()
	paths["owner"] = func() error { return h.ownerReads(want) }
	back := h.snapshot()
	return h, func(edit func(tx *store.Tx) error) (bool, error) {
		return h.found(paths, func() { back(); h.edit(edit) })
	}
}

// TestValuesInEachOthersPlace exchanges every two values that have the same length, as
// the owner's own edited program could that signs the whole store afterwards: keys,
// slots, seals, of the same kind and of different kinds. Nobody ever takes one for the
// other, and somebody notices.
func TestValuesInEachOthersPlace(t *testing.T) {
	h, found := exchanged(t, func(*house) {})
	list, values := h.places()
	pairs := 0
	for i, a := range list {
		for _, b := range list[:i] {
			if len(values[a]) != len(values[b]) || bytes.Equal(values[a], values[b]) {
				continue
			}
			pairs++
			seen, err := found(func(tx *store.Tx) error {
				return errors.Join(tx.Put(a.bucket, []byte(a.key), values[b]), tx.Put(b.bucket, []byte(b.key), values[a]))
			})
			if err != nil || !seen {
				t.Errorf("%v and %v exchanged: noticed %v, %v", a, b, seen, err)
			}
		}
	}
	if pairs < 30 {
		t.Errorf("%d pairs: the test shows little", pairs)
	}
}

// TestOlderValues puts each value back to what it was before keys were rotated and
// secrets set anew, under a signature of the whole store: nobody takes it.
func TestOlderValues(t *testing.T) {
	var old map[place][]byte
	h, found := exchanged(t, func(h *house) {
		_, old = h.places()
		_, err := h.who["owner"].RotateBoxes(background, rbac.Boxes()...)
		ok(t, "rotate", err)
		h.set(shop, shopBinding(), "shop-password")
		h.set(hr, hrBinding(), "hr-password")
	})
	list, values := h.places()
	older := 0
	for _, p := range list {
		if old[p] == nil || bytes.Equal(old[p], values[p]) || p.bucket == bucketCkpt { // an older checkpoint says the same of a shorter log
			continue
		}
		older++
		seen, err := found(func(tx *store.Tx) error { return tx.Put(p.bucket, []byte(p.key), old[p]) })
		if err != nil || !seen {
			t.Errorf("%v as it was: noticed %v, %v", p, seen, err)
		}
	}
	// What is gone serves nobody when it is put back.
	for p, v := range old {
		if slices.Contains(list, p) {
			continue
		}
		older++
		if _, err := found(func(tx *store.Tx) error { return tx.Put(p.bucket, []byte(p.key), v) }); err != nil {
			t.Errorf("%v put back: %v", p, err)
		}
	}
	if older < 10 {
		t.Errorf("%d older values: the test shows little", older)
	}
}
