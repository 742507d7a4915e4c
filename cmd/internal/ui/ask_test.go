package ui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestNobodyIsAsked(t *testing.T) {
	tt := &Terminal{Err: io.Discard}
	if _, err := tt.Ask(context.Background(), "x"); !errors.Is(err, ErrNobodyThere) {
		t.Error(err)
	}
	if _, err := tt.AskSecret(context.Background(), "x"); !errors.Is(err, ErrNobodyThere) {
		t.Error(err)
	}
	if yes, err := tt.Confirm(context.Background(), "x"); yes || !errors.Is(err, ErrNobodyThere) {
		t.Error(yes, err)
	}
}

// TestEverythingIsRedacted goes through every way to print.
func TestEverythingIsRedacted(t *testing.T) {
	hide := func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("hunter22"), []byte("***")) }
	for name, print := range map[string]func(*Terminal){
		"note":      func(t *Terminal) { t.Note("hunter22") },
		"warning":   func(t *Terminal) { t.Warn("hunter22") },
		"error":     func(t *Terminal) { t.Error("hunter22", "hunter22") },
		"json":      func(t *Terminal) { t.LogJSON = true; t.Error("hunter22", "hunter22"); t.Report("", "key", "hunter22") },
		"report":    func(t *Terminal) { t.Report("hunter22", "", nil) },
		"live line": func(t *Terminal) { t.SetLive("hunter22") },
		"block":     func(t *Terminal) { t.Block(func(w io.Writer) { io.WriteString(w, "hun"); io.WriteString(w, "ter22") }) },
		"result": func(t *Terminal) {
			t.Result(nil, func(w io.Writer) { io.WriteString(w, strings.Repeat(" ", 1<<16)+"hun"); io.WriteString(w, "ter22") })
		},
		"json result": func(t *Terminal) {
			t.JSON = true
			t.Result("hunter22", nil)
			t.Finish("x", &Failure{Message: "hunter22"})
		},
		"event": func(t *Terminal) { t.Event("hunter22") },
	} {
		var out bytes.Buffer
		print(&Terminal{Out: &out, Err: &out, Redact: hide})
		if got := out.String(); strings.Contains(got, "hunter22") || !strings.Contains(got, "***") {
			t.Errorf("%s: %.100s", name, strings.TrimSpace(got))
		}
	}
}
