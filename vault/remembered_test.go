package vault

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate/headgate/rbac"
)

// TestVerifyComparesPins: a check without a key finds what a person of this machine
// remembers and the store no longer has.
func TestVerifyComparesPins(t *testing.T) {
	h := furnished(t)
	old := h.bytes()
	_, err := h.run("nightly", "sales-day", shop, shopBinding())
	ok(t, "run", err)
	_, err = h.verify()
	ok(t, "verify", err)

	h.restore(old)
	if _, err := h.verify(); ReasonOf(err) != ReasonIntegrity || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("put back before a run: %v", err)
	}
	h.dropPins()
	_, err = h.verify()
	ok(t, "verify what nobody remembers", err)

	_, err = h.who["owner"].SetRole(background, "viewer@example.com", rbac.Operator)
	ok(t, "role", err)
	h.restore(old)
	if _, err := h.verify(); ReasonOf(err) != ReasonIntegrity || !strings.Contains(err.Error(), "put back") {
		t.Errorf("put back before a change: %v", err)
	}
	// A restore that a superadmin signed is none.
	h.dropPins()
	given, err := ParsePin("99:" + strings.Repeat("ab", 32))
	ok(t, "pin", err)
	ok(t, "restored", h.who["owner"].Restored(background, *given))
	pin := h.vault().pinFile(h.who["owner"].Fingerprint(), h.id("viewer"))
	ok(t, "pin", writePin(pin, h.who["viewer"].identity.Pin(), *given))
	_, err = h.verify()
	ok(t, "verify after a restore", err)
}

func TestVerifyRefusesWhatIsNoPin(t *testing.T) {
	h := furnished(t)
	pins, err := filepath.Glob(filepath.Join(h.opt.Pins, "*", "*.pin"))
	if err != nil || len(pins) == 0 {
		t.Fatal(pins, err)
	}
	ok(t, "write", os.WriteFile(pins[0], []byte("x"), 0o600))
	if _, err := h.verify(); ReasonOf(err) != ReasonIntegrity || !strings.Contains(err.Error(), "can't be read") {
		t.Errorf("%v", err)
	}
}

// TestRotateWhatOneDoesNotHold is a refusal, not a crash.
func TestRotateWhatOneDoesNotHold(t *testing.T) {
	h := furnished(t)
	for _, b := range rbac.Boxes() {
		if _, err := h.who["nightly"].RotateBoxes(background, b); ReasonOf(err) != ReasonDenied {
			t.Errorf("%s: %v", b, err)
		}
	}
}

// TestAskingForNobody is the asker's mistake, not a log that can't be written.
func TestAskingForNobody(t *testing.T) {
	h := furnished(t)
	for name, do := range map[string]func() error{
		"role": func() error {
			_, err := h.who["owner"].SetRole(background, "nobody@example.com", rbac.Viewer)
			return err
		},
		"confirm": func() error { _, err := h.who["owner"].Confirm(background, "viewer@example.com"); return err },
	} {
		if err := do(); !is[*rbac.InvalidError](err) || ReasonOf(err) != ReasonNone {
			t.Errorf("%s: %v (%s)", name, err, ReasonOf(err))
		}
	}
}

// TestNobodyRemovesThemselves: who is gone could not sign the log of it, and no reader
// would take the store again.
func TestNobodyRemovesThemselves(t *testing.T) {
	h := furnished(t)
	for _, who := range []string{"administrator", "superadmin", "owner"} {
		if _, _, err := h.who[who].Remove(background, who+"@example.com"); ReasonOf(err) != ReasonDenied {
			t.Errorf("%s: %v", who, err)
		}
		if _, err := h.who[who].Disable(background, who+"@example.com"); ReasonOf(err) != ReasonDenied {
			t.Errorf("%s disables: %v", who, err)
		}
	}
	_, err := h.verify()
	ok(t, "verify", err)
}
