package sftp_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate/headgate/connector/conntest"
	"github.com/headgate/headgate/connector/conntest/servers"
	"github.com/headgate/headgate/connector/sftp"
)

// TestAbsoluteNames is about a connection without a path: a name with a slash in front is
// counted from the server's top, for reading, writing and moving alike.
func TestAbsoluteNames(t *testing.T) {
	d := servers.OpenSSH(t, servers.SSHOptions{})
	env, cfg := login(d, "")
	s := sftp.Open(env, cfg)
	defer s.Close()
	dir := filepath.ToSlash(servers.Dir(t))
	for _, name := range []string{"/out/a.csv", "/out/deep/b.csv"} {
		if err := conntest.Put(t.Context(), s, dir+name, strings.NewReader(name)); err != nil {
			t.Fatal(err)
		}
	}
	found, err := s.List(t.Context(), dir+"/**/*.csv")
	if err != nil || len(found) != 2 || found[0].Name != dir+"/out/a.csv" || found[1].Name != dir+"/out/deep/b.csv" {
		t.Fatalf("found %v, %v", found, err)
	}
	if err := s.Rename(t.Context(), dir+"/out/a.csv", dir+"/done/a.csv"); err != nil {
		t.Fatal(err)
	}
	if got, err := conntest.Get(t.Context(), s, dir+"/done/a.csv", 0); err != nil || string(got) != "/out/a.csv" {
		t.Errorf("moved: %q, %v", got, err)
	}
	if _, err := s.List(t.Context(), dir+"/out/aa.csv"); err == nil || !strings.Contains(err.Error(), dir+"/out/aa.csv") {
		t.Errorf("a name that is not there: %v", err)
	}
	if err := s.Sweep(t.Context(), dir+"/out", "x"); err != nil {
		t.Error(err)
	}
	if err := s.Remove(t.Context(), dir+"/done/a.csv"); err != nil {
		t.Error(err)
	}
	if all := conntest.Files(t, dir); len(all) != 1 {
		t.Errorf("left: %v", all)
	}
}
