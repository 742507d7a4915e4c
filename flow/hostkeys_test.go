package flow

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSetHostKeys(t *testing.T) {
	const head = "# ours\nversion: 1\nconnections:\n"
	for name, c := range map[string]struct{ before, after string }{
		"none yet":      {"  shop:   # the shop\n    type: sftp # over SSH\n    host: h\n", "  shop:   # the shop\n    type: sftp # over SSH\n    host_keys: [\"K\"]\n    host: h\n"},
		"some":          {"  shop:\n    type: sftp\n    host_keys: [\"A\", 'B]']  # old\n    host: h\n", "  shop:\n    type: sftp\n    host_keys: [\"K\"]  # old\n    host: h\n"},
		"several lines": {"  shop:\n    type: sftp\n    host_keys: [A,\n      B]\n    host: h\n", "  shop:\n    type: sftp\n    host_keys: [\"K\"]\n    host: h\n"},
		"a block":       {"  shop:\n    type: sftp\n    host_keys:\n      - A # one\n      - B\n    host: h # it\n", "  shop:\n    type: sftp\n    host_keys: [\"K\"]\n    host: h # it\n"},
		"in a line":     {"  shop: {type: sftp, host: h} # short\n", "  shop: {host_keys: [\"K\"], type: sftp, host: h} # short\n"},
		"in a line too": {"  shop: {type: sftp, host_keys: [A], host: h}\n", "  shop: {type: sftp, host_keys: [\"K\"], host: h}\n"},
		"no end":        {"  shop:\n    type: sftp", "  shop:\n    type: sftp\n    host_keys: [\"K\"]"},
		"list first":    {"  shop:\n    use:\n      - read\n    type: sftp\n", "  shop:\n    host_keys: [\"K\"]\n    use:\n      - read\n    type: sftp\n"},
		"empty":         {"  shop:\n    type: sftp\n    host_keys: []\n", "  shop:\n    type: sftp\n    host_keys: [\"K\"]\n"},
		"wide letters":  {"  shöp: {type: sftp}\n  shop: {description: \"größe 文字\", type: sftp, host_keys: [A]}\n", "  shöp: {type: sftp}\n  shop: {description: \"größe 文字\", type: sftp, host_keys: [\"K\"]}\n"},
		"CRLF":          {"  shop:\r\n    type: sftp\r\n    host: h\r\n", "  shop:\r\n    type: sftp\r\n    host_keys: [\"K\"]\r\n    host: h\r\n"},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "connections.yaml")
		if err := os.WriteFile(path, []byte(head+c.before), 0o640); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o640); err != nil {
			t.Fatal(err)
		}
		err := (&Project{Dir: dir}).SetHostKeys("shop", "", []string{"K"})
		got, _ := os.ReadFile(path)
		if err != nil || string(got) != head+c.after {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("%s: mode %v", name, info.Mode())
		}
		if left, _ := os.ReadDir(dir); len(left) != 1 {
			t.Errorf("%s: left %v", name, left)
		}
	}
}

func TestSetHostKeysOfAProfile(t *testing.T) {
	const text = "connections:\n  shop: {type: sftp, host: h}\n  other: {type: sftp}\nprofiles:\n  dev:\n    connections:\n      shop: {host: localhost}\n"
	for _, c := range []struct{ name, profile, want string }{
		{"shop", "", "  shop: {host_keys: [\"K\"], type: sftp, host: h}\n"},
		{"shop", "dev", "      shop: {host_keys: [\"K\"], host: localhost}\n"},
		{"other", "dev", "  other: {host_keys: [\"K\"], type: sftp}\n"},
	} {
		got, err := withHostKeys([]byte(text), c.name, c.profile, []string{"K"})
		if err != nil || !strings.Contains(string(got), c.want) || len(got) != len(text)+len(`host_keys: ["K"], `) {
			t.Errorf("%s in %q: %v\n%s", c.name, c.profile, err, got)
		}
	}
}

// TestSetHostKeysRefuses leaves files alone that it cannot edit and be sure.
func TestSetHostKeysRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"an alias":  "connections:\n  a: &x {type: sftp}\n  shop: *x\n",
		"not there": "connections:\n  a: {type: sftp}\n",
		"a text":    "connections:\n  shop: {type: sftp, host_keys: A}\n",
		"a comment": "connections:\n  shop: {type: sftp, host_keys: [A, # one ]\n  B]}\n",
		"no YAML":   "connections: [\n",
	} {
		if got, err := withHostKeys([]byte(text), "shop", "", []string{"K"}); err == nil {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}

// FuzzSetHostKeys checks that an edit changes nothing else.
func FuzzSetHostKeys(f *testing.F) {
	f.Add("connections:\n  shop:\n    type: sftp\n    host_keys: [A]\n")
	f.Add("connections: {shop: {type: sftp}}\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := withHostKeys([]byte(text), "shop", "", []string{"SHA256:K"})
		if err != nil {
			return
		}
		if again, err := withHostKeys(got, "shop", "", []string{"SHA256:K"}); err != nil || string(again) != string(got) {
			t.Errorf("%q became %q, and then %q, %v", text, got, again, err)
		}
	})
}
