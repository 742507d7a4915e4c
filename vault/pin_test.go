package vault

import (
	"os"
	"strings"
	"testing"
)

// TestNowhereToKeepAPin: without a folder for pins the caller's pin will do, and without
// that nothing is done, also not half.
func TestNowhereToKeepAPin(t *testing.T) {
	h := furnished(t)
	o := h.who["owner"]
	gone := func() {
		t.Helper()
		if err := os.RemoveAll(h.opt.Pins); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("nowhere", h.opt.Pins); err != nil {
			t.Fatal(err)
		}
	}
	gone()
	_, err := o.StartRun(background, RunRequest{Flow: "sales-day", Digest: digestOf("sales-day"), Name: "first", Secrets: []Ref{shop}})
	if err == nil || !strings.Contains(err.Error(), "HEADGATE_PIN") {
		t.Errorf("a run began: %v", err)
	}
	report, err := h.vault().Verify(background, "")
	if err != nil || len(report.Unterminated) != 0 {
		t.Errorf("%v, and open are %v", err, report.Unterminated)
	}
	h.opt.Expect = &report.Pin
	m := h.login("owner")
	r, err := m.StartRun(background, RunRequest{Flow: "sales-day", Digest: digestOf("sales-day"), Name: "second", Secrets: []Ref{shop}})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.End(background, RunResult{Status: "succeeded"}); err != nil {
		t.Error(err)
	}
}
