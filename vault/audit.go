package vault

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/auditlog"
)

// Entry is a line of the audit log as its reader may see it.
type Entry struct {
	Seq    uint64          `json:"seq"`
	Time   Stamp           `json:"time"`
	Code   string          `json:"code"` // HG4003
	Event  string          `json:"event"`
	Actor  string          `json:"actor"`  // the author's name, or id for who may not see names
	Object string          `json:"object"` // what the event is about
	Body   json.RawMessage `json:"body"`
	Hash   string          `json:"hash"`
}

// Stamp is when an entry was written. As JSON it always has milliseconds, so that lines
// sort by it as text.
type Stamp struct{ time.Time }

// MarshalJSON implements json.Marshaler.
func (s Stamp) MarshalJSON() ([]byte, error) {
	return []byte(s.UTC().Format(`"2006-01-02T15:04:05.000Z"`)), nil
}

// Audit calls fn for each entry that the person may read, from number from on: all
// for who holds the box audit, the person's own otherwise. The entries come in order.
func (m *Member) Audit(ctx context.Context, from uint64, fn func(Entry) error) error {
	return m.read(ctx, func(v *view) error {
		if err := v.chained(from); err != nil {
			return err
		}
		r := reader{v: v, keys: map[string][][]byte{m.ID: {m.identity.Audit}}, names: map[string]string{}}
		all := v.state().Holds(m.ID, rbac.Audit)
		return v.tx.Each(bucketLog, nil, seqKey(from), func(k, raw []byte) error {
			e, err := auditlog.Parse(raw)
			if err != nil {
				return tampered("audit entry %x can't be read", k)
			}
			if !all && e.User != m.ID {
				return nil
			}
			line, err := r.line(e)
			if err != nil {
				return err
			}
			return fn(line)
		})
	})
}

// reader remembers keys and names between entries.
type reader struct {
	v     *view
	keys  map[string][][]byte
	names map[string]string
}

func (r *reader) line(e auditlog.Entry) (Entry, error) {
	h := e.Hash()
	line := Entry{Seq: e.Seq, Time: Stamp{time.UnixMilli(e.Time).UTC()}, Code: fmt.Sprintf("HG%04d", e.Code), Event: e.Code.Name(), Hash: hex.EncodeToString(h[:])}
	var err error
	if line.Actor, err = r.actor(e.User); err != nil {
		return line, err
	}
	if line.Body, err = r.body(e); err != nil {
		return line, err
	}
	var about struct{ Object string }
	if err := json.Unmarshal(line.Body, &about); err != nil {
		return line, tampered("audit entry %d: its body can't be read", e.Seq)
	}
	line.Object = about.Object
	if rbac.ValidUserID(line.Object) {
		line.Object, err = r.actor(line.Object)
	}
	return line, err
}

func (r *reader) body(e auditlog.Entry) ([]byte, error) {
	keys, ok := r.keys[e.User]
	if !ok || e.User == r.v.m.ID && len(keys) == 1 {
		more, err := r.v.auditKeys(e.User)
		if err != nil {
			return nil, err
		}
		keys = append(keys, more...)
		r.keys[e.User] = append(keys, nil) // so that they are looked for once
	}
	for _, k := range keys {
		if body, err := e.Open(r.v.state().Store, k); err == nil {
			return body, nil
		}
	}
	if e.User == r.v.m.ID && e.Policy < r.v.state().Users[e.User].Since {
		// The person's own, under keys that were lost since.
		return []byte(`{}`), nil
	}
	return nil, tampered("audit entry %d does not open", e.Seq)
}

func (r *reader) actor(user string) (string, error) {
	if n, ok := r.names[user]; ok {
		return n, nil
	}
	name := user
	if u, ok := r.v.state().Users[user]; ok {
		n, err := r.v.name(user, u.Profile)
		if err != nil {
			return "", err
		}
		if n != "" {
			name = n
		}
	}
	r.names[user] = name
	return name, nil
}
