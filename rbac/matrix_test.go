package rbac

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// cells is the matrix as it was agreed, a letter a column (owner, superadmin,
// administrator, editor, operator, viewer, api-user): A all, G granted, O own, - no.
// The second word is the level a grant must include.
var cells = map[Verb]string{
	ValidateFlow:         "AAAAAAA -",
	ViewFlow:             "AAAGGGO monitor",
	ViewConnection:       "AAAGG-- monitor",
	RunApproved:          "AAAGG-G run",
	RunDraft:             "AAAG--- manage",
	EditFlow:             "AAAG--- manage",
	SetSecret:            "AAAG--- manage",
	RepointConnection:    "AAAG--- manage",
	RevealSecret:         "------- -",
	ReadQuarantine:       "AAAG--- manage",
	RetryQuarantine:      "AAAG--- manage",
	PurgeQuarantine:      "AAAG--- manage",
	ManagePeople:         "AAA---- -",
	ManageAdministrators: "AAA---- -",
	ManageSuperadmins:    "AA----- -",
	TransferOwnership:    "A------ -",
	SetPolicy:            "AA----- -",
	ReadAudit:            "AAAOOOO -",
	VerifyAudit:          "AAAAAAA -",
	PruneAudit:           "AA----- -",
	RotateBoxes:          "AAA---- -",
	MintToken:            "AAAAAAA -",
}

func letter(s Scope) string {
	return map[Scope]string{All: "A", Granted: "G", Own: "O", None: "-"}[s]
}

func TestMatrixIsAsAgreed(t *testing.T) {
	for _, row := range Matrix() {
		want, ok := cells[row.Verb]
		if !ok {
			t.Errorf("%s: not in the agreed matrix", row.Verb)
			continue
		}
		got := ""
		for _, c := range Columns() {
			got += letter(row.Cell(c.Role, c.Owner))
		}
		level := string(row.Level)
		if level == "" {
			level = "-"
		}
		if got+" "+level != want {
			t.Errorf("%s: %s %s, want %s", row.Verb, got, level, want)
		}
		if strings.ContainsAny(got, "-GO") && (len(row.Direct) == 0 || len(row.Runner) == 0) {
			t.Errorf("%s: refuses somebody and does not say what enforces it", row.Verb)
		}
	}
	if len(Matrix()) != len(cells) {
		t.Errorf("%d rows, want %d", len(Matrix()), len(cells))
	}
}

// TestCanFollowsEveryCell asks Can for each role and verb, on a flow, on a flow out
// of a narrowed person's grants, and about no flow.
func TestCanFollowsEveryCell(t *testing.T) {
	w := populated(t)
	for _, name := range []string{"editor", "operator", "viewer"} {
		w.must("owner", id(name), &GrantSet{Grant{"sales-*", Role(name).Ceiling()}})
	}
	now := time.UnixMilli(w.now)
	for _, row := range Matrix() {
		for i, name := range []string{"owner", "superadmin", "administrator", "editor", "operator", "viewer", "api-user"} {
			want := cells[row.Verb][i]
			for _, c := range []struct {
				flow string
				in   bool
			}{{"sales-day", true}, {"hr-day", false}, {"", true}} {
				scope, err := Can(w.chain.State, id(name), row.Verb, c.flow, now)
				allowed := want != '-' && (want != 'G' || c.in)
				if (err == nil) != allowed {
					t.Errorf("%s, %s, flow %q: allowed %v, want %v (%v)", name, row.Verb, c.flow, err == nil, allowed, err)
				}
				var denied *DeniedError
				if err != nil && !errors.As(err, &denied) {
					t.Errorf("%s, %s: %T is not a denial", name, row.Verb, err)
				}
				if err == nil && letter(scope) != string(want) {
					t.Errorf("%s, %s: scope %s, want %c", name, row.Verb, scope, want)
				}
			}
		}
	}
}

func TestCanRefusesStrangersAndTheUnready(t *testing.T) {
	w := populated(t)
	w.must("owner", id("operator"), &UserSet{Role: Operator, Disabled: true})
	w.must("owner", id("api-user"), &UserSet{Role: APIUser, Until: w.now + 5000})
	code := "code of new"
	w.keys["i"+id(code)] = key(code)
	inv := w.invitation("new", Editor)
	inv.TwoStep = true
	w.must("owner", "i"+id(code), inv)
	w.must("i"+id(code), id("new"), &UserEnroll{Role: Editor, Keys: keysOf("new")})
	later := time.UnixMilli(w.now + 60_000)
	for _, who := range []string{id("stranger"), id("operator"), id("new"), id("api-user"), ""} {
		if _, err := Can(w.chain.State, who, ValidateFlow, "", later); err == nil {
			t.Errorf("%s passes", who)
		}
	}
}

func TestMayRun(t *testing.T) {
	w := populated(t)
	approved, other := DigestOf([]byte("sales")), DigestOf([]byte("changed"))
	now := time.UnixMilli(w.now)
	for _, c := range []struct {
		who, flow string
		d         Digest
		want      string // "", denied or unapproved
	}{
		{"api-user", "sales-day", approved, ""},
		{"api-user", "sales-day", other, "unapproved"},
		{"api-user", "hr-day", DigestOf([]byte("hr")), "denied"},
		{"operator", "sales-day", approved, ""},
		{"operator", "sales-day", other, "unapproved"},
		{"operator", "new-flow", other, "unapproved"},
		{"viewer", "sales-day", approved, "denied"},
		{"viewer", "sales-day", other, "denied"},
		{"editor", "sales-day", other, ""},
		{"narrowed", "sales-new", other, ""},
		{"narrowed", "hr-day", DigestOf([]byte("hr")), "denied"},
		{"administrator", "hr-day", other, ""},
	} {
		err := MayRun(w.chain.State, id(c.who), c.flow, "", c.d, now)
		got := ""
		var denied *DeniedError
		var unapproved *UnapprovedError
		switch {
		case errors.As(err, &denied):
			got = "denied"
		case errors.As(err, &unapproved):
			got = "unapproved"
		case err != nil:
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s runs %s: %q, want %q", c.who, c.flow, got, c.want)
		}
	}
}
