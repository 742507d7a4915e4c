package vault

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/headgate/headgate/vault/store"
)

// TestEveryThingIsCovered takes each thing that lies beside policy and log away, puts
// it under another key, changes it, and adds one: whoever uses the store notices,
// whether or not what they do needs the thing. Nobody's absence from a list, nobody's
// missing key, is what somebody with an editor made it.
func TestEveryThingIsCovered(t *testing.T) {
	h := small(t)
	back, paths := h.snapshot(), h.paths()
	for _, bucket := range covered() {
		if bucket == store.Meta {
			continue // its one value is the format, which says what follows
		}
		things := map[string][]byte{}
		h.look(func(tx *store.Tx) {
			ok(t, bucket, tx.Each(bucket, nil, nil, func(k, v []byte) error { things[string(k)] = v; return nil }))
		})
		if len(things) == 0 && bucket != bucketBundles {
			t.Errorf("bucket %s is empty: the test shows nothing of it", bucket)
		}
		for key, value := range things {
			k := []byte(key)
			for what, edit := range map[string]func(tx *store.Tx) error{
				"removed": func(tx *store.Tx) error { return tx.Delete(bucket, k) },
				"renamed": func(tx *store.Tx) error {
					other := bytes.Clone(k)
					other[len(other)-1] ^= 1
					return firstError(tx.Delete(bucket, k), tx.Put(bucket, other, value))
				},
				"changed": func(tx *store.Tx) error {
					other := bytes.Clone(value)
					other[len(other)/2] ^= 1
					return tx.Put(bucket, k, other)
				},
				"added": func(tx *store.Tx) error { return tx.Put(bucket, append(bytes.Clone(k), 'x'), value) },
			} {
				for path, use := range paths {
					back()
					h.tamper(edit)
					if err := use(); ReasonOf(err) != ReasonIntegrity {
						t.Errorf("%s %q %s, %s: %v", bucket, key, what, path, err)
					}
				}
			}
		}
	}
}

func firstError(list ...error) error {
	for _, err := range list {
		if err != nil {
			return fmt.Errorf("edit: %w", err)
		}
	}
	return nil
}
