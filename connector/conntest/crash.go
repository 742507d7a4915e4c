package conntest

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// crashDir names, in a child process, the folder that the crash is to happen in, and
// crashTest the test whose child it is.
const (
	crashDir  = "HEADGATE_CONNTEST_CRASH_DIR"
	crashTest = "HEADGATE_CONNTEST_CRASH_TEST"
)

// Crash runs child in another process, on the folder dir, and kills that process
// without warning once child returns. The process is this test binary again, so
// what the test does before it calls Crash is done there too.
func Crash(t *testing.T, dir string, child func(dir string)) {
	t.Helper()
	if os.Getenv(crashTest) == t.Name() {
		child(os.Getenv(crashDir))
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = self.Kill()
		}
		t.Fatalf("cannot kill myself: %v", err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(t.Name()), "/", "$/^") + "$"
	cmd := exec.CommandContext(t.Context(), self, "-test.run="+pattern, "-test.count=1")
	cmd.Env = append(os.Environ(), crashTest+"="+t.Name(), crashDir+"="+dir, "TMPDIR="+remains(t))
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Fatalf("the child was to be killed: %v\n%s", err, out)
	}
}

// remains is where a child puts its temporary files, which it does not live to remove. The
// path is short enough for sockets, and other users may enter.
func remains(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hg")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// note keeps what the engine would have recorded, for the process after the crash.
func note(t testing.TB, dir string, v any) {
	t.Helper()
	data, err := json.Marshal(v)
	if err == nil {
		err = os.WriteFile(notePath(dir), data, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// recall reads what note kept.
func recall(t testing.TB, dir string, v any) {
	t.Helper()
	data, err := os.ReadFile(notePath(dir))
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// notePath lies beside dir, which belongs to the connector.
func notePath(dir string) string { return filepath.Clean(dir) + ".note" }
