package people

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
	"github.com/headgate/headgate/vault/store"
)

func book() *Book {
	s := &rbac.State{Store: strings.Repeat("0", 32)}
	ann := vault.Person{ID: "u1", Name: "ann@example.com"}
	ann.User.Name = rbac.NameDigest(s.Store, "ann@example.com")
	nightly := vault.Person{ID: "u2", Name: "nightly"}
	nightly.User.Name = rbac.NameDigest(s.Store, "nightly")
	return &Book{s, []vault.Person{ann, nightly, {ID: "u3"}}}
}

func TestFind(t *testing.T) {
	b := book()
	for who, id := range map[string]string{"ann@example.com": "u1", "Ann@Example.com": "u1", "nightly": "u2", "u3": "u3"} {
		if p, err := b.Find(who); err != nil || p.ID != id {
			t.Errorf("%s is %s, %v", who, p.ID, err)
		}
	}
	var usage *cli.UsageError
	if _, err := b.Find("nightli"); !errors.As(err, &usage) || usage.Hint != "did you mean `nightly`?" {
		t.Errorf("%v", err)
	}
	if b.Name("u1") != "ann@example.com" || b.Name("u3") != "u3" || b.Name("gone") != "gone" {
		t.Error("names")
	}
}

func TestDescribe(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for want, u := range map[string]rbac.User{
		"active": {}, "disabled": {Disabled: true, Pending: true}, "waiting": {Pending: true}, "ended": {Until: now.UnixMilli() - 1},
	} {
		if got := Describe(vault.Person{User: u}, now).Standing; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestEffects(t *testing.T) {
	var out bytes.Buffer
	tt := &ui.Terminal{Err: &out}
	before, after := book(), book()
	before.State.Secrets = map[string]rbac.Secret{"old@key:k": {Due: true}, "dwh@connection:w": {}, "safe@key:k": {}}
	after.State.Secrets = map[string]rbac.Secret{"old@key:k": {Due: true}, "dwh@connection:w": {Due: true}, "safe@key:k": {}}
	e := EffectsOf(vault.Outcome{Gained: []vault.Gain{{User: "u2", Secret: "dwh@connection:warehouse"}}, Rotated: []rbac.Box{rbac.Secrets},
		Waiting: []vault.Gain{{User: "u1", Secret: "x@key:x"}}, Due: []rbac.Box{rbac.Audit}}, before, after)
	if len(e.Exposed) != 1 {
		t.Error(e.Exposed)
	}
	e.Tell(tt)
	for _, want := range []string{"`nightly` gains `dwh@connection:warehouse`", "box secrets has new keys", "`ann@example.com` waits for", "box audit waits", "secret dwh@connection:w was readable"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
}

func TestDone(t *testing.T) {
	var out bytes.Buffer
	tt := &ui.Terminal{Err: &out}
	other := errors.New("other")
	left := &store.LeftoverError{Err: errors.New("no room")}
	for _, c := range []struct{ in, want error }{{nil, nil}, {other, other}, {left, nil}, {errors.Join(left), nil}} {
		if got := Done(tt, c.in); !errors.Is(got, c.want) {
			t.Errorf("%v: %v", c.in, got)
		}
	}
	if got := Done(tt, errors.Join(left, other)); !errors.Is(got, other) || errors.As(got, &left) {
		t.Errorf("%v", got)
	}
	if strings.Count(out.String(), "vault compact") != 3 {
		t.Error(out.String())
	}
}

func TestSure(t *testing.T) {
	tt := &ui.Terminal{Err: new(bytes.Buffer)}
	if err := Sure(context.Background(), tt, true, "remove x"); err != nil {
		t.Error(err)
	}
	var usage *cli.UsageError
	if err := Sure(context.Background(), tt, false, "remove x"); !errors.As(err, &usage) || !strings.Contains(usage.Hint, "--yes") {
		t.Error(err)
	}
}
