package servers

import (
	"go/build"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// require is the variable that turns a missing program into a failure.
const require = "HEADGATE_REQUIRE_SERVICES"

// Find is the path of the first of the programs that is installed, also where servers lie
// and PATH often does not lead. When none is, the test is skipped or fails.
func Find(t testing.TB, programs ...string) string {
	t.Helper()
	for _, p := range programs {
		if found, err := exec.LookPath(p); err == nil {
			if found, err = filepath.Abs(found); err == nil {
				return found
			}
		}
		for _, dir := range []string{"/usr/sbin", "/usr/local/sbin", "/sbin", filepath.Join(build.Default.GOPATH, "bin")} {
			path := filepath.Join(dir, p)
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				return path
			}
		}
	}
	Lack(t, "program "+programs[0])
	return ""
}

// Lack says that what the test needs is not here: it skips, or fails where it must be.
func Lack(t testing.TB, what string) {
	t.Helper()
	if os.Getenv(require) == "1" {
		t.Fatalf("%s is missing (%s=1)", what, require)
	}
	t.Skipf("%s is missing", what)
}

// Dir is a new folder that other users may enter, for servers that give up their
// rights; it is removed when the test ends. Its path is short enough for sockets.
func Dir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hg")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// Write makes a file in a folder of Dir and is its path. Everybody may read it.
func Write(t testing.TB, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(content), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}
