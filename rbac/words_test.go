package rbac

import (
	"strings"
	"testing"
)

// TestMessages: what people read says what was done to what, never the kind of an
// operation.
func TestMessages(t *testing.T) {
	for want, err := range map[string]error{
		"remove ann@example.com: nobody removes themselves":         About(&InvalidError{Kind: KindUserDel, Why: "nobody removes themselves"}, "ann@example.com"),
		"remove a member: nobody removes themselves":                &DeniedError{Action: string(KindUserDel), Why: "nobody removes themselves"},
		"give a grant to bob: no":                                   About(&DeniedError{Action: string(KindGrantSet), Why: "no"}, "bob"),
		"approve flow sales-day: no":                                About(&DeniedError{Action: string(KindFlowApprove), Of: "sales-day", Why: "no"}, "x"),
		"enrol: the invitation was used, withdrawn or never made":   &InvalidError{Kind: KindUserEnroll, Why: "the invitation was used, withdrawn or never made"},
		"nobody@example.com: not a member of this store":            &InvalidError{Of: "nobody@example.com", Why: "not a member of this store"},
		"change the policy: role viewer does not allow it":          &DeniedError{Action: string(SetPolicy), Why: "role viewer does not allow it"},
		"view a connection (sales-day): your grants do not include": &DeniedError{Action: string(ViewConnection) + " (sales-day)", Why: "your grants do not include"},
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
	for _, k := range Kinds() {
		if text := (&InvalidError{Kind: k, Why: "x"}).Error(); strings.Contains(text, ".") || strings.Contains(text, " :") {
			t.Errorf("%s: %q", k, text)
		}
	}
	w := populated(t)
	for want, err := range map[string]error{
		"set policy " + InviteHours:                    w.try("editor", InviteHours, &PolicySet{"5"}),
		"set policy x: there is no such setting":       w.try("owner", "x", &PolicySet{"5"}),
		"approve flow hr-day: the grant":               w.try("narrowed", "hr-day", &FlowApprove{Digest: DigestOf(nil)}),
		"remove secret x@key:x: there is no such secr": w.try("owner", "x@key:x", &SecretDel{}),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
