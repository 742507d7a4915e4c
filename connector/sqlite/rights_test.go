//go:build unix

package sqlite_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/sqlite"
)

// TestPrivileges: what is missing and what nobody needs, and that the commands mend it.
func TestPrivileges(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "it's.db")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 { // whom nothing binds
		const nobody = 65534
		if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{dir, file} {
			if err := os.Chown(name, nobody, -1); err != nil {
				t.Fatal(err)
			}
		}
		if err := syscall.Setreuid(-1, nobody); err != nil {
			t.Fatal(err)
		}
		defer syscall.Setreuid(-1, 0)
	}
	read := connector.Need{Flow: "read", Read: &connector.SourceRequest{Table: "t"}}
	write := connector.Need{Flow: "write", Write: &connector.SinkRequest{Table: "t"}}
	privileges := func(needs ...connector.Need) *connector.Privileges {
		t.Helper()
		p, err := sqlite.Type().Table.Privileges(t.Context(), connector.Env{}, &sqlite.Config{Path: file}, needs)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	mend := func(p *connector.Privileges) {
		t.Helper()
		for _, r := range p.Rights {
			if out, err := exec.CommandContext(t.Context(), "sh", "-c", r.Fix).CombinedOutput(); err != nil {
				t.Fatalf("%s: %v %s", r.Fix, err, out)
			}
		}
	}
	for _, c := range []struct {
		name            string
		file, dir       os.FileMode
		needs           []connector.Need
		missing, excess int
		notes           string
	}{
		{"fits", 0o600, 0o700, []connector.Need{read, write}, 0, 0, ""},
		{"too much", 0o600, 0o700, []connector.Need{read}, 0, 1, ""},
		{"closed", 0, 0o500, []connector.Need{read, write}, 3, 0, ""},
		{"read only", 0o400, 0o500, []connector.Need{read}, 0, 0, ""},
		{"open to all", 0o444, 0o700, []connector.Need{read}, 0, 0, "chmod o-rwx"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := os.Chmod(file, c.file); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(dir, c.dir); err != nil {
				t.Fatal(err)
			}
			p := privileges(c.needs...)
			if p.Missing() != c.missing || p.Excess() != c.excess || !strings.Contains(strings.Join(p.Notes, " "), c.notes) || c.notes == "" && len(p.Notes) > 0 {
				t.Errorf("%+v", p)
			}
			mend(p)
			if p := privileges(c.needs...); p.Missing() != 0 || p.Excess() != 0 {
				t.Errorf("when mended: %+v", p)
			}
			if left, _ := os.ReadDir(dir); len(left) != 1 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if p := privileges(read, write); p.Missing() != 0 || len(p.Rights) != 1 || len(p.Notes) != 1 {
		t.Errorf("a file that is not there: %+v", p)
	}
}
