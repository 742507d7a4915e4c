//go:build unix

package acceptance

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/seal"
	"github.com/headgate/headgate/vault/slot"
	"github.com/headgate/headgate/vault/store"
)

const (
	lakeSecret = "canary-Lake/secret+key=0001"
	pepper     = "canary-pepper-0002"
	hrPepper   = "canary-hr-pepper-0003"
	lakeHost   = "lake.example"
)

// household is a project with a store, a person of each role (ROLE.key), and two
// service accounts: nightly may run masked, and reports lake.
type household struct{ *project }

const storeFile = ".local/share/headgate/store.db"

func keyed(who string, args ...string) []string {
	return append([]string{"--key-file", who + ".key"}, args...)
}

// as runs headgate with somebody's key file.
func (h *household) as(who string, args ...string) outcome {
	h.t.Helper()
	return h.run(keyed(who, args...)...)
}

// with runs headgate with something on standard input.
func (h *household) with(input string, args ...string) outcome {
	h.t.Helper()
	s := h.start(args...)
	if _, err := s.stdin.Write([]byte(input)); err != nil {
		h.t.Fatal(err)
	}
	s.stdin.Close()
	return s.wait()
}

func (h *household) enrol(email, role string, more ...string) {
	h.t.Helper()
	code := strings.TrimSpace(h.as("owner", append([]string{"user", "invite", email, "--role", role}, more...)...).exits(0).stdout)
	name, _, _ := strings.Cut(email, "@")
	h.run("accept", code, "--key-out", name+".key").exits(0)
	if role == "administrator" || role == "superadmin" {
		h.as("owner", "user", "confirm", email).exits(0)
	}
}

const householdConnections = `version: 1
connections:
  lake: {type: s3, endpoint: "https://` + lakeHost + `", bucket: orders, access_key: etl, secret_key: secret:lake}
keys:
  pepper: {bytes: secret:pepper}
  hr-pepper: {bytes: secret:hr-pepper}
`

// masking is a flow that needs the secret of a key.
func masking(name, key string) string {
	return "version: 1\nflow: " + name + "\nsource: {files: in.csv, columns: {id: int, email: string}}\nsteps:\n  - mask: {email: {hmac: " + key + "}}\nsink: {file: " + name + ".csv}\n"
}

func furnish(t *testing.T) *household {
	t.Helper()
	h := &household{newProject(t, "connections.yaml", householdConnections, "in.csv", "id,email\n1,ann@example.com\n2,bob@example.com\n",
		"flows/masked.yaml", masking("masked", "pepper"), "flows/hr.yaml", masking("hr", "hr-pepper"),
		"flows/plain.yaml", "version: 1\nflow: plain\nsource: {files: in.csv}\nsink: {file: plain.csv}\n",
		"flows/lake.yaml", "version: 1\nflow: lake\nsource: {connection: lake, files: a.csv, columns: {id: int}}\nsink: {file: lake.csv}\nrun: {retry: {attempts: 1}}\n")}
	h.run("init", "--email", "owner@example.com", "--key-out", "owner.key", "--no-keyring").exits(0)
	for _, role := range []string{"administrator", "editor", "operator", "viewer"} {
		h.enrol(role+"@example.com", role)
	}
	h.with(lakeSecret, keyed("owner", "secret", "set", "lake", "--connection", "lake", "--stdin")...).exits(0)
	h.with(pepper, keyed("editor", "secret", "set", "pepper", "--key", "pepper", "--stdin")...).exits(0)
	h.with(hrPepper, keyed("editor", "secret", "set", "hr-pepper", "--key", "hr-pepper", "--stdin")...).exits(0)
	h.as("owner", "service", "add", "nightly", "--flow", "masked", "--key-out", "nightly.key").exits(0)
	h.as("owner", "service", "add", "reports", "--flow", "lake", "--key-out", "reports.key").exits(0)
	for _, flow := range []string{"masked", "hr", "lake", "plain"} {
		h.as("editor", "flow", "approve", flow).exits(0)
	}
	return h
}

// furnished is made once; every test gets a copy of it.
var furnished struct {
	once sync.Once
	dir  string
}

func newHousehold(t *testing.T) *household {
	t.Helper()
	furnished.once.Do(func() {
		h := furnish(t)
		dir, err := os.MkdirTemp(filepath.Dir(program), "household-")
		if err != nil {
			t.Fatal(err)
		}
		copyTree(t, dir, h.dir)
		furnished.dir = dir
	})
	if furnished.dir == "" {
		t.Fatal("the household was not made")
	}
	h := &household{newProject(t)}
	copyTree(t, h.dir, furnished.dir)
	return h
}

// copyTree copies files with their modes, on which key files depend.
func copyTree(t *testing.T, to, from string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if e.IsDir() {
			return errors.Join(os.MkdirAll(target, 0o700), os.Chmod(target, info.Mode().Perm()))
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return errors.Join(os.WriteFile(target, text, info.Mode().Perm()), os.Chmod(target, info.Mode().Perm()))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// edit changes the store as somebody with an editor would.
func (h *household) edit(fn func(tx *store.Tx) error) {
	h.t.Helper()
	if err := (&store.Store{Path: h.path(storeFile)}).Update(h.t.Context(), store.Change{}, fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *household) look(fn func(tx *store.Tx) error) {
	h.t.Helper()
	if err := (&store.Store{Path: h.path(storeFile)}).View(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *household) state() (s *rbac.State) {
	h.t.Helper()
	h.look(func(tx *store.Tx) error { return json.Unmarshal(tx.Get("policy.state", []byte("cur")), &s) })
	return s
}

// key is somebody's key file.
func (h *household) key(who string) slot.Key {
	h.t.Helper()
	k, err := slot.ParseKey(strings.TrimSpace(h.read(who + ".key")))
	if err != nil {
		h.t.Fatal(err)
	}
	return k
}

// identity opens somebody's keys, as that person can without headgate.
func (h *household) identity(who string) *seal.Identity {
	h.t.Helper()
	k := h.key(who)
	var id *seal.Identity
	storeID := h.state().Store
	h.look(func(tx *store.Tx) error {
		var s slot.Slot
		if err := json.Unmarshal(tx.Get("slots", []byte(k.User+"/"+k.Name())), &s); err != nil {
			return err
		}
		c, err := s.Open(slot.Owner{Store: storeID, User: k.User}, slot.Material{Key: k.Key})
		if err != nil {
			return err
		}
		id, err = seal.NewIdentity(c.Seed)
		return err
	})
	return id
}

// forge appends an operation as an edited program would: with the state that follows,
// in author's name, signed with signer's key.
func (h *household) forge(author, signer string, kind rbac.Kind, object string, b rbac.Body) {
	h.t.Helper()
	by, key := h.key(author).User, h.identity(signer).Sign
	h.edit(func(tx *store.Tx) error {
		last, raw := tx.Last("policy.ops")
		var s rbac.State
		if err := json.Unmarshal(tx.Get("policy.state", []byte("cur")), &s); err != nil {
			return err
		}
		op := &rbac.Op{Seq: seqOf(last) + 1, Prev: rbac.DigestOf(raw[ed25519.SignatureSize:]), Time: s.Time, By: by, Kind: kind, ID: object, Body: b}
		rbac.Apply(&s, op)
		var err error
		if op.State, err = s.Digest(); err != nil {
			return err
		}
		text, err := op.Encode()
		if err != nil {
			return err
		}
		state, err := json.Marshal(s)
		if err != nil {
			return err
		}
		return errors.Join(tx.Put("policy.state", []byte("cur"), state),
			tx.Put("policy.ops", seqKey(op.Seq), append(rbac.SignOp(key, s.Store, text), text...)))
	})
}
