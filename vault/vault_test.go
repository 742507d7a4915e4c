package vault

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault/keyring"
	"github.com/headgate/headgate/vault/slot"
)

func TestFurnishedStoreVerifies(t *testing.T) {
	h := furnished(t)
	r, err := h.verify()
	ok(t, "verify", err)
	if r.Members != 8 || len(r.Unterminated) != 0 || len(r.Due) != 0 || r.Entries == 0 || r.Checkpoints == 0 {
		t.Errorf("%+v", r)
	}
	for name := range h.keys {
		p, s, err := h.login(name).Myself(background)
		ok(t, name, err)
		if p.Owner != (name == "owner") || s.Owner != h.id("owner") {
			t.Errorf("%s: %+v", name, p)
		}
		if want := name + "@example.com"; p.Name != want && (name != "nightly" || p.Name != name) {
			t.Errorf("%s is called %q", name, p.Name)
		}
	}
	people, err := h.who["viewer"].People(background)
	ok(t, "people", err)
	if len(people) != 8 || people[0].Name != "administrator@example.com" {
		t.Errorf("%+v", people)
	}
}

// TestWhoDecryptsWhat asks everybody for every secret, through a run. Class: key, as
// TestRoleChecksAreNotWhatProtects shows.
func TestWhoDecryptsWhat(t *testing.T) {
	h := furnished(t)
	for _, c := range []struct{ who, sales, hr string }{
		{"owner", "shop-password", "hr-password"},
		{"superadmin", "shop-password", "hr-password"},
		{"administrator", "shop-password", "hr-password"},
		{"editor", "shop-password", "hr-password"},
		{"narrowed", "shop-password", "denied"},
		{"operator", "shop-password", "hr-password"},
		{"viewer", "denied", "denied"},
		{"nightly", "shop-password", "denied"},
	} {
		for _, f := range []struct {
			flow string
			ref  Ref
			b    Binding
			want string
		}{{"sales-day", shop, shopBinding(), c.sales}, {"hr-day", hr, hrBinding(), c.hr}} {
			got, err := h.run(c.who, f.flow, f.ref, f.b)
			if f.want == "denied" {
				if ReasonOf(err) != ReasonDenied || got != "" {
					t.Errorf("%s, %s: %q, %v", c.who, f.flow, got, err)
				}
			} else if got != f.want || err != nil {
				t.Errorf("%s, %s: %q, %v", c.who, f.flow, got, err)
			}
		}
	}
	_, err := h.verify()
	ok(t, "verify", err)
}

func TestRunsAreOfApprovedDigestsAndSecrets(t *testing.T) {
	h := furnished(t)
	changed := RunRequest{Flow: "sales-day", Digest: digestOf("changed")}
	if _, err := h.who["nightly"].StartRun(background, changed); ReasonOf(err) != ReasonPolicy {
		t.Errorf("a changed flow: %v", err)
	}
	more := RunRequest{Flow: "sales-day", Digest: digestOf("sales-day"), Secrets: []Ref{hr}}
	for _, who := range []string{"nightly", "owner"} {
		if _, err := h.who[who].StartRun(background, more); ReasonOf(err) != ReasonPolicy {
			t.Errorf("%s, a secret that was not approved: %v", who, err)
		}
	}
	draft, err := h.who["editor"].StartRun(background, RunRequest{Flow: "new", Digest: digestOf("new"), Secrets: []Ref{hr}})
	ok(t, "draft", err)
	if _, err := draft.Secret(shop, shopBinding()); err == nil {
		t.Error("a secret that the run did not ask for")
	}
	r, err := h.verify()
	ok(t, "verify", err)
	if len(r.Unterminated) != 1 || r.Unterminated[0].Run != draft.ID || r.Unterminated[0].User != h.id("editor") {
		t.Errorf("runs without an end: %+v", r.Unterminated)
	}
	ok(t, "end", draft.End(background, RunResult{Status: "failed", Exit: 1}))
	if r, err := h.verify(); err != nil || len(r.Unterminated) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestSecretsAreBound(t *testing.T) {
	h := furnished(t)
	for name, b := range map[string]Binding{
		"other host": {{"type", "sftp"}, {"host", "evil.example"}, {"port", "22"}, {"user", "etl"}},
		"other port": {{"type", "sftp"}, {"host", "sftp.shop.example"}, {"port", "2222"}, {"user", "etl"}},
		"less":       {{"type", "sftp"}, {"host", "sftp.shop.example"}, {"port", "22"}},
		"more":       append(shopBinding(), Part{"tunnel", "x"}),
		"nothing":    nil,
	} {
		_, err := h.run("editor", "sales-day", shop, b)
		var bound *BindingError
		if !errors.As(err, &bound) || ReasonOf(err) != ReasonPolicy || len(bound.Parts) == 0 {
			t.Errorf("%s: %v", name, err)
		}
		if name == "other host" && !strings.Contains(err.Error(), `host is "evil.example" and was "sftp.shop.example"`) {
			t.Errorf("the message does not say what is bound to what: %v", err)
		}
	}
	reordered := Binding{{"user", "etl"}, {"port", "22"}, {"host", "sftp.shop.example"}, {"type", "sftp"}}
	if v, err := h.run("nightly", "sales-day", shop, reordered); err != nil || v != "shop-password" {
		t.Errorf("%q, %v", v, err)
	}
}

func TestSecretsAreWriteOnlyForWhoMaySetThem(t *testing.T) {
	h := furnished(t)
	mine := Ref{Name: "new", Connection: "new"}
	if _, err := h.who["narrowed"].SetSecret(background, mine, shopBinding(), []byte("value")); err != nil {
		t.Fatal(err)
	}
	if _, err := h.who["narrowed"].SetSecret(background, hr, hrBinding(), []byte("value")); ReasonOf(err) != ReasonDenied {
		t.Errorf("a secret out of the grant: %v", err)
	}
	if _, err := h.who["operator"].SetSecret(background, mine, shopBinding(), []byte("value")); ReasonOf(err) != ReasonDenied {
		t.Errorf("an operator: %v", err)
	}
	o, err := h.who["narrowed"].ApproveFlow(background, "sales-new", "", digestOf("sales-new"), []Ref{mine})
	ok(t, "approve", err)
	if len(o.Waiting) != 2 { // the operator and the author
		t.Errorf("%+v", o)
	}
	if _, err := h.run("operator", "sales-new", mine, shopBinding()); ReasonOf(err) != ReasonDenied {
		t.Errorf("before an administrator settled: %v", err)
	}
	o, err = h.who["administrator"].Settle(background)
	ok(t, "settle", err)
	if len(o.Gained) != 2 {
		t.Errorf("%+v", o)
	}
	if v, err := h.run("operator", "sales-new", mine, shopBinding()); v != "value" {
		t.Errorf("%q, %v", v, err)
	}
	list, err := h.who["viewer"].Secrets(background)
	ok(t, "list", err)
	if len(list) != 3 || list[0].Ref != hr || list[0].Bound[0] != (Part{"host", "db.hr.example"}) {
		t.Errorf("%+v", list)
	}
	list, err = h.who["nightly"].Secrets(background)
	ok(t, "list", err)
	for _, s := range list {
		if (s.Bound != nil) != (s.Ref == shop) {
			t.Errorf("a service account sees %+v", s)
		}
	}
}

func TestInvitationsEnrolOnce(t *testing.T) {
	h := furnished(t)
	admin := h.who["administrator"]
	invite := func(i Invitation) string {
		t.Helper()
		i.Email = strings.ToLower(t.Name()) + string(i.Role) + "@example.com"
		i.Email = strings.ReplaceAll(i.Email, "/", "-")
		code, err := admin.Invite(background, i)
		ok(t, "invite", err)
		return code
	}
	code := invite(Invitation{Role: rbac.Editor})
	if !strings.HasPrefix(code, "hgi1-") {
		t.Errorf("code %q", code)
	}
	m, _, err := h.vault().Accept(background, code, keyFileSlot())
	ok(t, "accept", err)
	if p, _, err := m.Myself(background); err != nil || p.Role != rbac.Editor {
		t.Errorf("%+v, %v", p, err)
	}
	if _, _, err := h.vault().Accept(background, code, keyFileSlot()); ReasonOf(err) != ReasonLogin {
		t.Errorf("twice: %v", err)
	}
	late := invite(Invitation{Role: rbac.Viewer, Expires: time.Hour})
	withdrawn := invite(Invitation{Role: rbac.Operator})
	open, err := admin.Invitations(background)
	ok(t, "invitations", err)
	for _, i := range open {
		if i.Role == rbac.Operator {
			ok(t, "revoke", admin.RevokeInvitation(background, i.ID))
		}
	}
	h.now = h.now.Add(2 * time.Hour)
	for name, code := range map[string]string{"late": late, "withdrawn": withdrawn, "mistyped": late[:20] + "x" + late[21:], "empty": ""} {
		if _, _, err := h.vault().Accept(background, code, keyFileSlot()); ReasonOf(err) != ReasonLogin {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := admin.Invite(background, Invitation{Email: "s@example.com", Role: rbac.Superadmin}); ReasonOf(err) != ReasonDenied {
		t.Errorf("an administrator invites a superadmin: %v", err)
	}
	if _, err := admin.Invite(background, Invitation{Email: "not an address", Role: rbac.Viewer}); err == nil {
		t.Error("no address")
	}
	if _, err := admin.Invite(background, Invitation{Email: "VIEWER@example.com", Role: rbac.Viewer}); err == nil {
		t.Error("an address twice")
	}
	_, err = h.verify()
	ok(t, "verify", err)
}

func TestTwoStepsWaitForConfirm(t *testing.T) {
	h := furnished(t)
	code, err := h.who["owner"].Invite(background, Invitation{Email: "second@example.com", Role: rbac.Administrator})
	ok(t, "invite", err)
	m, _, err := h.vault().Accept(background, code, keyFileSlot())
	ok(t, "accept", err)
	if _, err := m.Disable(background, "viewer@example.com"); ReasonOf(err) != ReasonDenied {
		t.Errorf("before: %v", err)
	}
	if _, err := m.Confirm(background, "second@example.com"); ReasonOf(err) != ReasonDenied {
		t.Errorf("confirms itself: %v", err)
	}
	_, err = h.who["administrator"].Confirm(background, "second@example.com")
	ok(t, "confirm", err)
	_, err = m.Disable(background, "viewer@example.com")
	ok(t, "after", err)
	if _, err := h.who["viewer"].Can(background, rbac.ViewFlow, "sales-day"); ReasonOf(err) != ReasonDenied {
		t.Errorf("the disabled viewer: %v", err)
	}
}

func TestRemovalTakesKeysAndNamesWhatToReplace(t *testing.T) {
	h := furnished(t)
	before := h.state()
	exposed, o, err := h.who["administrator"].Remove(background, "editor@example.com")
	ok(t, "remove", err)
	if strings.Join(exposed, " ") != hr.ID()+" "+shop.ID() {
		t.Errorf("exposed %v", exposed)
	}
	after := h.state()
	for _, b := range []rbac.Box{rbac.Meta, rbac.Secrets, rbac.Quarantine} {
		if after.Boxes[b].Epoch != before.Boxes[b].Epoch+1 || after.Boxes[b].Due {
			t.Errorf("box %s: %+v; %v", b, after.Boxes[b], o)
		}
	}
	if _, err := h.unlock("editor"); ReasonOf(err) != ReasonLogin {
		t.Errorf("the removed person: %v", err)
	}
	if _, err := h.who["editor"].SetSecret(background, shop, shopBinding(), []byte("x")); ReasonOf(err) != ReasonLogin {
		t.Errorf("with an identity in memory: %v", err)
	}
	for _, who := range []string{"owner", "administrator", "operator", "nightly"} {
		if v, err := h.run(who, "sales-day", shop, shopBinding()); v != "shop-password" {
			t.Errorf("%s: %q, %v", who, v, err)
		}
	}
	list, err := h.who["viewer"].Secrets(background)
	ok(t, "list", err)
	if !list[0].Due || !list[1].Due {
		t.Errorf("not marked: %+v", list)
	}
	h.set(shop, shopBinding(), "new-password")
	if v, err := h.run("nightly", "sales-day", shop, shopBinding()); v != "new-password" {
		t.Errorf("%q, %v", v, err)
	}
	r, err := h.verify()
	ok(t, "verify", err)
	if len(r.Due) != 0 {
		t.Errorf("boxes overdue: %v", r.Due)
	}
}

func TestResetGivesNewKeysAndKeepsTheOldEntriesReadable(t *testing.T) {
	h := furnished(t)
	_, err := h.run("operator", "sales-day", shop, shopBinding())
	ok(t, "run", err)
	code, err := h.who["administrator"].Reset(background, "operator@example.com", 0)
	ok(t, "reset", err)
	m, _, err := h.vault().Accept(background, code, keyFileSlot())
	ok(t, "accept", err)
	if m.ID != h.id("operator") {
		t.Error("another id")
	}
	if _, err := h.unlock("operator"); ReasonOf(err) != ReasonLogin {
		t.Errorf("the old key: %v", err)
	}
	h.who["operator"] = m
	if v, err := h.run("operator", "sales-day", shop, shopBinding()); v != "shop-password" {
		t.Errorf("%q, %v", v, err)
	}
	_, err = h.who["administrator"].Settle(background)
	ok(t, "settle", err)
	starts := 0
	ok(t, "audit", h.who["owner"].Audit(background, 0, func(e Entry) error {
		if e.Event == "run.start" && e.Actor == "operator@example.com" && e.Object == "sales-day" {
			starts++
		}
		return nil
	}))
	if starts != 2 {
		t.Errorf("%d runs of the operator, want 2", starts)
	}
	r, err := h.verify()
	ok(t, "verify", err)
	if len(r.Due) != 0 {
		t.Errorf("boxes overdue: %v", r.Due)
	}
}

func TestAuditIsReadByAuditorsAndByAuthors(t *testing.T) {
	h := furnished(t)
	for _, who := range []string{"operator", "nightly"} {
		_, err := h.run(who, "sales-day", shop, shopBinding())
		ok(t, who, err)
	}
	_, err := h.who["viewer"].Can(background, rbac.SetPolicy, "")
	if ReasonOf(err) != ReasonDenied {
		t.Error(err)
	}
	count := func(who string) (n int, actors map[string]int) {
		actors = map[string]int{}
		ok(t, who, h.who[who].Audit(background, 0, func(e Entry) error {
			n++
			actors[e.Actor]++
			if e.Code != "HG"+e.Code[2:] || e.Event == "" || len(e.Body) < 2 {
				t.Errorf("%+v", e)
			}
			if bytes.Contains(e.Body, []byte("password")) {
				t.Errorf("a secret in %s", e.Body)
			}
			return nil
		}))
		return n, actors
	}
	r, err := h.verify()
	ok(t, "verify", err)
	for _, who := range []string{"owner", "superadmin", "administrator"} {
		n, actors := count(who)
		if uint64(n) != r.Entries || actors["nightly"] != 2 || actors["viewer@example.com"] == 0 {
			t.Errorf("%s reads %d of %d: %v", who, n, r.Entries, actors)
		}
	}
	for _, who := range []string{"editor", "operator", "viewer", "nightly"} {
		if _, actors := count(who); len(actors) != 1 {
			t.Errorf("%s reads entries of %v", who, actors)
		}
	}
}

func TestWaysIn(t *testing.T) {
	h := founded(t)
	o := h.who["owner"]
	pw := []byte("Copper-lantern-7-orbit")
	_, err := o.AddSlot(background, NewSlot{Type: slot.Password, Password: pw})
	ok(t, "password", err)
	rec, err := o.AddSlot(background, NewSlot{Type: slot.Recovery})
	ok(t, "recovery", err)
	_, err = o.AddSlot(background, NewSlot{Type: slot.Device, Password: []byte("Lantern-9-device")})
	ok(t, "device", err)
	if _, err := o.AddSlot(background, NewSlot{Type: slot.Keyring}); ReasonOf(err) != ReasonDenied {
		t.Errorf("an owner's key in the keyring alone: %v", err)
	}
	ok(t, "policy", o.SetPolicy(background, rbac.KeyringRoles, "any"))
	_, err = o.AddSlot(background, NewSlot{Type: slot.Keyring})
	ok(t, "keyring", err)
	recovery, err := slot.ParseRecoveryCode(rec.Secret)
	ok(t, "code", err)
	v := h.vault()
	for name, c := range map[string]Credential{
		"password": {User: "Owner@Example.com", Password: pw}, "recovery": {User: "owner@example.com", Recovery: recovery},
		"device": {User: "owner@example.com", Password: []byte("Lantern-9-device")}, "keyring": {User: "owner@example.com", Keyring: true},
	} {
		m, err := v.Unlock(background, c)
		if err != nil || m.ID != o.ID {
			t.Errorf("%s: %v", name, err)
		}
	}
	var texts []string
	for name, c := range map[string]Credential{
		"wrong password": {User: "owner@example.com", Password: []byte("Copper-lantern-7-orbiT")}, "nobody": {User: "nobody@example.com", Password: pw},
		"wrong code": {User: "owner@example.com", Recovery: make([]byte, 20)}, "nothing": {}, "no name": {Password: pw},
	} {
		_, err := v.Unlock(background, c)
		if ReasonOf(err) != ReasonLogin {
			t.Errorf("%s: %v", name, err)
			continue
		}
		texts = append(texts, err.Error())
	}
	for _, x := range texts {
		if x != texts[0] {
			t.Errorf("messages tell which part was wrong: %q, %q", x, texts[0])
		}
	}
	types, err := v.WaysOf(background, "owner@example.com")
	if err != nil || len(types) != 5 {
		t.Errorf("%v, %v", types, err)
	}
	if types, err := v.WaysOf(background, "nobody@example.com"); err != nil || len(types) != 0 {
		t.Errorf("%v, %v", types, err)
	}
	ok(t, "policy", o.SetPolicy(background, rbac.KeyringRoles, ""))
	if _, err := v.Unlock(background, Credential{User: "owner@example.com", Keyring: true}); ReasonOf(err) != ReasonDenied {
		t.Errorf("against the policy: %v", err)
	}
	elsewhere := h.opt
	elsewhere.Ring = keyring.Memory{}
	if _, err := At(elsewhere).Unlock(background, Credential{User: "owner@example.com", Password: []byte("Lantern-9-device")}); ReasonOf(err) != ReasonLogin {
		t.Errorf("the password without the device: %v", err)
	}
	if _, err := o.AddSlot(background, NewSlot{Type: slot.Password, Password: []byte("short")}); err == nil {
		t.Error("a short password")
	}
	list, err := o.Slots(background)
	ok(t, "slots", err)
	for i, s := range list {
		err := o.RemoveSlot(background, s.Name)
		if (err == nil) != (i < len(list)-1) {
			t.Errorf("remove %s: %v", s.Name, err)
		}
	}
}

func TestOwnershipMovesWithBothSignatures(t *testing.T) {
	h := furnished(t)
	stale, err := h.who["operator"].AcceptOwnership(background)
	ok(t, "accept", err)
	ok(t, "policy", h.who["owner"].SetPolicy(background, rbac.PasswordProfile, "nist"))
	for name, try := range map[string]func() error{
		"stale": func() error {
			_, err := h.who["owner"].TransferOwnership(background, "operator@example.com", stale)
			return err
		},
		"superadmin": func() error {
			_, err := h.who["superadmin"].TransferOwnership(background, "operator@example.com", stale)
			return err
		},
	} {
		if err := try(); ReasonOf(err) != ReasonDenied {
			t.Errorf("%s: %v", name, err)
		}
	}
	fresh, err := h.who["operator"].AcceptOwnership(background)
	ok(t, "accept", err)
	_, err = h.who["owner"].TransferOwnership(background, "operator@example.com", fresh)
	ok(t, "transfer", err)
	s := h.state()
	if s.Owner != h.id("operator") || s.Users[h.id("owner")].Role != rbac.Superadmin {
		t.Errorf("owner %s", s.Owner)
	}
	if _, err := h.who["owner"].Disable(background, "operator@example.com"); ReasonOf(err) != ReasonDenied {
		t.Errorf("the former owner: %v", err)
	}
	_, err = h.who["operator"].RotateBoxes(background, rbac.Boxes()...)
	ok(t, "the new owner holds every box", err)
	_, err = h.verify()
	ok(t, "verify", err)
}

func TestWithdrawnInvitationsTurnTheKeys(t *testing.T) {
	h := furnished(t)
	_, err := h.who["owner"].Invite(background, Invitation{Email: "late@example.com", Role: rbac.Editor})
	ok(t, "invite", err)
	open, err := h.who["owner"].Invitations(background)
	ok(t, "list", err)
	before := h.state().Boxes[rbac.Secrets].Epoch
	ok(t, "revoke", h.who["owner"].RevokeInvitation(background, open[0].ID))
	if b := h.state().Boxes[rbac.Secrets]; b.Epoch != before+1 || b.Due {
		t.Errorf("%+v", b)
	}
	if v, err := h.run("editor", "sales-day", shop, shopBinding()); v != "shop-password" {
		t.Errorf("%q, %v", v, err)
	}
}

func TestCopiesAreTakenOnceADay(t *testing.T) {
	h := small(t)
	h.opt.Now = func() time.Time { return time.Now().Add(25 * time.Hour) }
	name := h.opt.Path + ".bak.1"
	before := h.bytes()
	ok(t, "copy", h.vault().CopyOlder(background, 24*time.Hour))
	h.opt.Now = nil
	first, err := os.Stat(name)
	ok(t, "copy", err)
	ok(t, "again", h.vault().CopyOlder(background, 24*time.Hour))
	if second, err := os.Stat(name); err != nil || !second.ModTime().Equal(first.ModTime()) || len(before) == 0 {
		t.Errorf("%v", err)
	}
}
