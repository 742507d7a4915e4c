package cmd

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/headgate/headgate/rbac"
	"github.com/headgate/headgate/vault"
	"github.com/headgate/headgate/vault/slot"
)

// BenchmarkWhoami is a whole process that logs in with a key file, in a store with 100
// people and 200 connections with a secret each; BenchmarkVersion is one that opens
// nothing. The goals are 25 ms and 6 ms.
func BenchmarkWhoami(b *testing.B) {
	home := b.TempDir()
	key := crowd(b, home)
	process(b, home, "--key-file", key, "whoami")
}

func BenchmarkVersion(b *testing.B) { process(b, b.TempDir(), "version") }

func process(b *testing.B, home string, args ...string) {
	program := filepath.Join(b.TempDir(), "headgate")
	if out, err := exec.Command("go", "build", "-o", program, "..").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	var cpu time.Duration
	for b.Loop() {
		c := exec.Command(program, args...)
		c.Env = []string{"HOME=" + home}
		if out, err := c.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		cpu += c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	}
	b.ReportMetric(float64(cpu.Microseconds())/1000/float64(b.N), "cpu-ms/op")
}

// crowd makes the store and returns the name of the owner's key file.
func crowd(b *testing.B, home string) string {
	b.Helper()
	_, env := treeIn(home, nil)
	o, err := env.VaultOptions()
	if err != nil {
		b.Fatal(err)
	}
	ctx, keys := context.Background(), []vault.NewSlot{{Type: slot.KeyFile}}
	v := vault.At(o)
	owner, made, err := v.Init(ctx, vault.Founding{Email: "owner@example.com", Slots: keys})
	if err != nil {
		b.Fatal(err)
	}
	for i := range 99 {
		code, err := owner.Invite(ctx, vault.Invitation{Email: fmt.Sprintf("p%d@example.com", i), Role: rbac.Editor})
		if err != nil {
			b.Fatal(err)
		}
		m, _, err := v.Accept(ctx, code, keys)
		if err != nil {
			b.Fatal(err)
		}
		m.Close()
	}
	for i := range 200 {
		ref := vault.Ref{Name: "password", Connection: fmt.Sprintf("c%d", i)}
		if _, err := owner.SetSecret(ctx, ref, vault.Binding{{Name: "host", Value: "db.example"}}, []byte("a password")); err != nil {
			b.Fatal(err)
		}
	}
	key := filepath.Join(home, "owner.key")
	if err := os.WriteFile(key, []byte(made[0].Secret), 0o600); err != nil {
		b.Fatal(err)
	}
	return key
}
