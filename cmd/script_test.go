package cmd

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/headgate/headgate/vault/keyring"
)

var update = flag.Bool("update", false, "write what the scripts compare with, from what they got")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"headgate": func() { os.Exit(Main()) }})
}

// TestScripts runs every script of every folder below testdata/script.
func TestScripts(t *testing.T) {
	var dirs []string
	err := filepath.WalkDir(filepath.Join("testdata", "script"), func(p string, e fs.DirEntry, err error) error {
		if found, _ := filepath.Glob(filepath.Join(p, "*.txtar")); err == nil && e.IsDir() && len(found) > 0 {
			dirs = append(dirs, p)
		}
		return err
	})
	if err != nil || len(dirs) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) { testscript.Run(t, scripts(dir)) })
	}
}

func scripts(dir string) testscript.Params {
	return testscript.Params{
		Dir:                 dir,
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
			"json":  jsonHas,
			"keep":  keep,
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("NO_COLOR", "1")
			e.Setenv("REQUIRE_SERVICES", os.Getenv("HEADGATE_REQUIRE_SERVICES"))
			return nil
		},
		Condition: func(c string) (bool, error) {
			_, kernel := keyring.NewKernel("headgate:")
			if c != "sessions" {
				return false, errors.New("unknown condition " + c)
			}
			return kernel, nil // without a desktop that is where they are kept
		},
	}
}

// keep puts what was printed, without spaces around it, into a variable: keep CODE
func keep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: keep VARIABLE")
	}
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// exits runs a program and wants it to end with a code: exits 2 headgate validate
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var ended *exec.ExitError
		if !errors.As(err, &ended) {
			ts.Fatalf("%v", err)
		}
		got = ended.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s ended with %d, not %d", args[1], got, want)
	}
}
