package vault

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/store"
)

// rememberedBy compares the store with the pins that people keep on this machine. A
// check without a key can't authenticate them, so they only ever raise an alarm: a
// forged pin makes a whole store look cut off, and never the other way round. Class:
// detect.
func (v *Vault) rememberedBy(tx *store.Tx, fp rbac.Digest) error {
	if v.opt.Pins == "" {
		return nil
	}
	folder := filepath.Join(v.opt.Pins, string(fp))
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	last, err := lastOp(tx)
	if err != nil {
		return err
	}
	sum := rbac.DigestOf(tx.Get(bucketState, []byte("cur")))
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".pin") || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		p, err := unauthenticatedPin(filepath.Join(folder, e.Name()))
		if err != nil {
			return err
		}
		err = p.holds(tx, last, sum)
		if err == nil {
			_, err = readTail(tx, p)
		}
		if err != nil && !restored(tx, p.Head) {
			return err
		}
	}
	return nil
}

func unauthenticatedPin(file string) (*Pin, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	_, body, ok := strings.Cut(string(b), "\n")
	var p Pin
	if err := json.Unmarshal([]byte(body), &p); err != nil || !ok {
		return nil, tampered("the pin %s can't be read", file)
	}
	return &p, nil
}
