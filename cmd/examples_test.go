package cmd

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestExamples runs the commands of every example's README in a copy of its folder, and compares
// what comes out with its folder expected. A command may say how it ends: # exit 4.
func TestExamples(t *testing.T) {
	readmes, err := filepath.Glob(filepath.Join("..", "examples", "*", "README.md"))
	if err != nil || len(readmes) == 0 {
		t.Fatal("no examples", err)
	}
	for _, readme := range readmes {
		from := filepath.Dir(readme)
		t.Run(filepath.Base(from), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
				t.Fatal(err)
			}
			for _, line := range shellLines(t, readme) {
				runLine(t, dir, line)
			}
			compare(t, filepath.Join(from, "expected"), dir)
		})
	}
}

var fence = regexp.MustCompile("(?ms)^```sh\n(.*?)^```")

func shellLines(t *testing.T, readme string) []string {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, block := range fence.FindAllSubmatch(text, -1) {
		lines = append(lines, strings.Split(strings.TrimSpace(string(block[1])), "\n")...)
	}
	if len(lines) == 0 {
		t.Fatal("no commands in", readme)
	}
	return lines
}

func runLine(t *testing.T, dir, line string) {
	command, comment, _ := strings.Cut(line, "#")
	want := 0
	if code, says := strings.CutPrefix(strings.TrimSpace(comment), "exit "); says {
		var err error
		if want, err = strconv.Atoi(code); err != nil {
			t.Fatal(err)
		}
	}
	words := strings.Fields(command)
	if len(words) == 0 || words[0] != "headgate" {
		t.Fatalf("%s: not a command of headgate", line)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self, words[1:]...)
	c.Args[0] = "headgate" // TestMain becomes what it is called
	c.Dir = dir
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Run(); c.ProcessState == nil {
		t.Fatal(err)
	}
	if got := c.ProcessState.ExitCode(); got != want {
		t.Fatalf("%s: ended with %d, not %d\n%s", line, got, want, &out)
	}
}

func compare(t *testing.T, expected, dir string) {
	err := fs.WalkDir(os.DirFS(expected), ".", func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		got, err := os.ReadFile(filepath.Join(dir, p))
		if err != nil {
			t.Error(err)
			return nil
		}
		if *update {
			return os.WriteFile(filepath.Join(expected, p), got, 0o644)
		}
		want, err := os.ReadFile(filepath.Join(expected, p))
		if err != nil {
			return err
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is\n%s\nnot\n%s", p, got, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
