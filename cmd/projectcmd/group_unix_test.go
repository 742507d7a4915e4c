//go:build unix

package projectcmd

import (
	"context"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"testing"

	"github.com/headgate/headgate/cmd/internal/clitest"
)

// TestInitForAGroup makes a store that the members of our own group share.
func TestInitForAGroup(t *testing.T) {
	g, err := user.LookupGroupId(strconv.Itoa(os.Getgid()))
	if err != nil {
		t.Fatal(err)
	}
	p := clitest.New(t)
	p.Global.Store = p.Path("shared/store.db")
	o := &InitOptions{Env: p.Env, Dir: p.Dir, Email: "owner@example.com", KeyOut: p.Path("o.key"), Group: g.Name, ForStore: []string{"--group"}}
	if err := runInit(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{"shared": fs.ModeDir | fs.ModeSetgid | 0o770, "shared/store.db": 0o660, "shared/store.db.lock": 0o660} {
		if info, err := os.Stat(p.Path(name)); err != nil || info.Mode() != want {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	if _, err := p.In(p.Dir).Vault(); err != nil {
		t.Error(err)
	}
	private := clitest.New(t)
	private.Global.Store = private.Path("store.db") // in a folder that is nobody else's
	if err := runInit(context.Background(), &InitOptions{Env: private.Env, Dir: private.Dir, Email: "owner@example.com", KeyOut: private.Path("o.key"), Group: g.Name, ForStore: []string{"--group"}}); err == nil {
		t.Error("shared a store in a folder that is not shared")
	}
}
