//go:build linux

package keyring

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"
)

func TestPresentLooksForABus(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
	if err := present(); err != nil {
		t.Error(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	_, err := os.Stat(fmt.Sprintf("/run/user/%d/bus", os.Getuid()))
	if got := present(); (got == nil) != (err == nil) || got != nil && !errors.Is(got, ErrNone) {
		t.Errorf("%v", got)
	}
}

func TestKernelKeepsAndForgets(t *testing.T) {
	k, ok := NewKernel("headgate-test-")
	if !ok {
		t.Log("the kernel's keyring is forbidden here; nothing to test")
		return
	}
	name := fmt.Sprint(os.Getpid())
	if err := k.SetFor(name, "v", 500*time.Second); err != nil {
		t.Fatal(err)
	}
	if v, err := k.Get(name); err != nil || v != "v" {
		t.Errorf("%q, %v", v, err)
	}
	if err := k.Delete(name); err != nil {
		t.Error(err)
	}
	if _, err := k.Get(name); !errors.Is(err, ErrMissing) {
		t.Errorf("%v", err)
	}
}
