//go:build unix

package acceptance

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// withoutChecks are the functions that decide who may do what, and what stands in
// their place in a program that decides nothing. The original keeps its body under
// another name, so that the file still compiles.
var withoutChecks = []struct{ file, signature, renamed, instead string }{
	{"rbac/allowed.go", "func Allowed(s *State, op *Op) error {", "func honestAllowed(s *State, op *Op) error {",
		"func Allowed(*State, *Op) error { return nil }"},
	{"rbac/can.go", "func Can(s *State, user string, v Verb, flow string, now time.Time) (Scope, error) {", "func honestCan(s *State, user string, v Verb, flow string, now time.Time) (Scope, error) {",
		"func Can(*State, string, Verb, string, time.Time) (Scope, error) { return All, nil }"},
	{"rbac/can.go", "func MayRun(s *State, user, flow, env string, d Digest, now time.Time) error {", "func honestMayRun(s *State, user, flow, env string, d Digest, now time.Time) error {",
		"func MayRun(*State, string, string, string, Digest, time.Time) error { return nil }"},
	{"vault/run.go", "func (v *view) mayRun(q RunRequest) error {", "func (v *view) honestMayRun(q RunRequest) error {",
		"func (v *view) mayRun(RunRequest) error { return nil }"},
	{"vault/slots.go", "func (h holder) allows(n NewSlot) error {", "func (h holder) honestAllows(n NewSlot) error {",
		"func (h holder) allows(NewSlot) error { return nil }"},
}

// buildWithoutChecks builds headgate with every check of a role, a grant or an approval
// taken out.
func buildWithoutChecks(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	texts := map[string]string{}
	for _, w := range withoutChecks {
		if texts[w.file] == "" {
			b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(w.file)))
			if err != nil {
				t.Fatal(err)
			}
			texts[w.file] = string(b)
		}
		if strings.Count(texts[w.file], w.signature) != 1 {
			t.Fatalf("%s has no %s", w.file, w.signature)
		}
		texts[w.file] = strings.Replace(texts[w.file], w.signature, w.renamed, 1) + "\n" + w.instead + "\n"
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for file, text := range texts {
		edited := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(edited, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		overlay.Replace[filepath.Join(root, filepath.FromSlash(file))] = edited
	}
	raw, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	list, edited := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "headgate")
	if err := os.WriteFile(list, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("go", "build", "-overlay", list, "-o", edited, "github.com/headgate/headgate")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("build without checks: %v\n%s", err, out)
	}
	return edited
}

// edited runs the edited program with somebody's key file.
func (h *household) edited(path, who string, args ...string) outcome {
	h.t.Helper()
	s := h.command(keyed(who, args...)...)
	s.c.Path = path
	s.begin()
	s.stdin.Close()
	return s.wait()
}

// TestRoleChecksAreNotWhatProtects: a program without any check of roles, grants and
// approvals still does not decrypt what the person has no key for. Class: key.
func TestRoleChecksAreNotWhatProtects(t *testing.T) {
	path := buildWithoutChecks(t)

	t.Run("the checks are gone", func(t *testing.T) {
		h := newHousehold(t)
		h.write("flows/draft.yaml", "version: 1\nflow: draft\nsource: {files: in.csv}\nsink: {file: draft.csv}\n")
		h.as("operator", "run", "draft").exits(12)
		h.edited(path, "operator", "run", "draft").exits(0)
		h.as("viewer", "run", "plain").exits(11)
		h.edited(path, "viewer", "run", "plain").exits(0)
	})
	t.Run("secrets stay closed", func(t *testing.T) {
		h := newHousehold(t)
		for _, c := range []struct{ who, flow string }{
			{"viewer", "masked"}, {"viewer", "lake"}, {"viewer", "hr"}, {"nightly", "hr"}, {"nightly", "lake"}, {"reports", "masked"},
		} {
			o := h.edited(path, c.who, "run", c.flow).exits(11).says("you do not have the key of secret")
			if strings.Contains(o.stdout+o.stderr, "canary") {
				t.Errorf("%s reads a secret of %s", c.who, c.flow)
			}
			if _, err := os.Stat(h.path(c.flow + ".csv")); err == nil {
				t.Errorf("%s ran %s", c.who, c.flow)
			}
		}
		h.edited(path, "nightly", "run", "masked").exits(0)
	})
	t.Run("a flow of one's own does not help", func(t *testing.T) {
		h := newHousehold(t)
		h.write("flows/masked.yaml", masking("masked", "hr-pepper"))
		h.edited(path, "nightly", "run", "masked").exits(11).says("you do not have the key of secret hr-pepper@key:hr-pepper")
	})
	t.Run("self-made rights convince nobody else", func(t *testing.T) {
		h := newHousehold(t)
		h.edited(path, "viewer", "user", "role", "viewer@example.com", "superadmin").exits(0)
		h.edited(path, "viewer", "run", "masked").exits(11).says("you do not have the key of secret")
		h.as("owner", "user", "list").exits(13).says("role viewer signs nothing")
		h.run("audit", "verify").exits(13).says("role viewer signs nothing")
	})
}
