package connector

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
)

func TestSecretPrintsNothing(t *testing.T) {
	s := NewSecret([]byte("hunter2"))
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", s)
	marshalled, err := json.Marshal(map[string]any{"s": s, "in": struct{ S Secret }{s}})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%s %v %+v %#v %q %x %d", s, s, s, s, s, s, s), fmt.Sprintf("%v %+v", struct{ S Secret }{s}, &s),
		log.String(), string(marshalled)} {
		if strings.Contains(text, "hunter2") || strings.Contains(text, "68756e74657232") || strings.Contains(text, "104") || !strings.Contains(text, "REDACTED") {
			t.Errorf("printed %q", text)
		}
	}
	if s.Text() != "hunter2" {
		t.Error("the value is lost")
	}
}

func TestMark(t *testing.T) {
	err := Mark(Transient(fmt.Errorf("dial: %w", fs.ErrNotExist)), ErrUnreachable)
	if !errors.Is(err, ErrUnreachable) || !errors.Is(err, fs.ErrNotExist) || !IsTransient(err) || errors.Is(err, ErrRefused) {
		t.Error("a mark hides or invents a kind")
	}
	if err.Error() != "dial: file does not exist" {
		t.Errorf("message: %q", err)
	}
	if Mark(nil, ErrRefused) != nil {
		t.Error("nil became an error")
	}
}
