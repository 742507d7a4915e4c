package vault

import (
	"context"
	"encoding/binary"
	"path/filepath"
	"time"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/keyring"
	"github.com/headgate/headgate/vault/slot"
	"github.com/headgate/headgate/vault/store"
)

// Options say where a store is and how to treat it.
type Options struct {
	Path        string        // of the store's file
	LockTimeout time.Duration // 0: store.DefaultLockTimeout
	Shared      bool          // Init makes a store for the folder's group

	// Pins is the folder where this person's memory of stores is kept, which turns an
	// older copy of the store into an error. "" keeps none: then only Expect remembers.
	Pins   string
	Expect *Pin        // what a caller without a disk remembers
	Accept rbac.Digest // the abandoned head of a restore that the caller accepts

	Ring keyring.Ring // for keyring and device slots, and sessions; nil is none

	Cost slot.Cost        // of new password slots; zero is the standard. Tests take slot.Cheapest
	Now  func() time.Time // nil: time.Now
}

// Vault is a store at a place. It holds nothing open and no key.
type Vault struct {
	opt  Options
	file *store.Store
}

// The buckets of format 1; doc.go says what is in them.
const (
	bucketOps      = "policy.ops"
	bucketState    = "policy.state"
	bucketKeys     = "pk"
	bucketSlots    = "slots"
	bucketProfiles = "profile"
	bucketBoxes    = "box"
	bucketSecrets  = "secret"
	bucketDeks     = "dek"
	bucketBundles  = "bundle"
	bucketLog      = "audit.log"
	bucketFrontier = "audit.frontier"
	bucketCkpt     = "audit.ckpt"
	bucketAudit    = "audit.key"
)

// At is the store at a place. It does not look whether there is one.
func At(o Options) *Vault {
	return &Vault{o, &store.Store{Path: o.Path, LockTimeout: o.LockTimeout, Shared: o.Shared, Long: []string{bucketOps, bucketLog}, Buckets: []string{
		bucketOps, bucketState, bucketKeys, bucketSlots, bucketProfiles, bucketBoxes, bucketSecrets, bucketDeks,
		bucketBundles, bucketLog, bucketFrontier, bucketCkpt, bucketAudit,
	}}}
}

// Fsck checks the file in a child process; argv is the command whose work is
// store.FsckChild.
func (v *Vault) Fsck(ctx context.Context, argv []string) (store.Report, error) {
	return v.file.Fsck(ctx, argv)
}

// Compact rewrites the file without what was deleted from it, and one fresh copy
// replaces the copies.
func (v *Vault) Compact(ctx context.Context) error { return v.file.Compact(ctx, true) }

// Copy keeps a copy of the file beside it.
func (v *Vault) Copy(ctx context.Context) error { return v.file.Keep(ctx) }

// CopyOlder keeps a copy if the newest is older than d, or there is none. Processes that ask at the
// same time make one between them.
func (v *Vault) CopyOlder(ctx context.Context, d time.Duration) error {
	return v.file.KeepOlder(ctx, d, v.now())
}

func (v *Vault) now() time.Time {
	if v.opt.Now != nil {
		return v.opt.Now()
	}
	return time.Now()
}

func (v *Vault) pinFile(fingerprint rbac.Digest, user string) string {
	return filepath.Join(v.opt.Pins, string(fingerprint), user+".pin")
}

func seqKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
