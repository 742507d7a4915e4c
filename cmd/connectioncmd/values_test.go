package connectioncmd

import (
	"fmt"
	"strings"
	"testing"

	"github.com/headgate/headgate/cmd/internal/clitest"
	"github.com/headgate/headgate/flow"
)

const fingerprint = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// TestValues checks definitions that are well formed and that nobody can use: `validate` finds
// them where they stand. What the rules of the network refuse is left to a run, which ends with 12.
func TestValues(t *testing.T) {
	reg := clitest.New(t).Registry()
	ssh := "type: sftp, host: h, user: u, agent: true, host_keys: [" + fingerprint + "]"
	for definition, want := range map[string]string{ // at which key, with which code, in which words
		ssh: "",
		"type: sftp, host: h, user: u, agent: true":                           " conn.refused host_keys: there are none",
		"type: ssh, host: h, user: u, agent: true, host_keys: []":             "host_keys conn.refused host_keys: there are none",
		"type: sftp, host: h, user: u, agent: true, host_keys: [MD5:aa]":      "host_keys conn.refused want SHA256:",
		"type: sftp, host: h, user: u, host_keys: [" + fingerprint + "]":      "user conn.value nothing to log in with",
		ssh + ", passphrase: \"secret:x\"":                                    "passphrase conn.value goes with private_key",
		strings.Replace(ssh, "host: h", "host: \"sftp://h/\"", 1):             "host conn.value is a URL",
		strings.Replace(ssh, "host: h", "host: \"h:22\"", 1):                  "host conn.value goes into `port`",
		strings.Replace(ssh, "host: h", "host: \"\"", 1):                      "host conn.value is empty",
		strings.Replace(ssh, "host: h", "host: shоp.example", 1):              "host conn.value xn--",
		strings.Replace(ssh, "host: h", "host: \"0251.0376.0251.0376\"", 1):   "host conn.refused four decimal numbers",
		strings.Replace(ssh, "host: h", "host: \"2852039166\"", 1):            "host conn.refused four decimal numbers",
		strings.Replace(ssh, "host: h", "host: \"0xA9FEA9FE\"", 1):            "host conn.refused four decimal numbers",
		strings.Replace(ssh, "host: h", "host: \"64:ff9b::a9fe:a9fe\"", 1):    "host conn.refused link-local",
		strings.Replace(ssh, "host: h", "host: Metadata.google.internal.", 1): "host conn.refused metadata service",
		ssh + ", port: 65536":                                                                        "port conn.value 1 to 65535",
		ssh + ", use: []":                                                                            "use yaml.value is empty",
		"type: sqlite, path: x.db, tunnel: {ssh: way}":                                               "tunnel conn.tunnel stays on this machine",
		"type: http, url: \"http://h/\"":                                                             "url conn.refused plaintext: {",
		"type: http, url: \"ftp://h/\"":                                                              "url conn.value want https",
		"type: http, url: \"https://169.254.169.254/\"":                                              "url conn.refused link-local",
		"type: http, url: \"https://0.0.0.0/\"":                                                      "url conn.refused 0/8",
		"type: http, url: \"https://h:99999/\"":                                                      "url conn.value 65535",
		"type: http, url: \"https://h/\", tls_pins: [x]":                                             "tls_pins conn.value sha256/",
		"type: http, url: \"https://h/\", client_cert: a.pem":                                        "client_cert conn.value client_key",
		"type: postgres, host: h, database: d, user: u, client_key: \"secret:x\"":                    "client_key conn.value client_cert",
		"type: mysql, host: h, database: d, user: u, plaintext: {reason: x, until: tomorrow}":        "plaintext conn.value YYYY-MM-DD",
		"type: ftp, host: h, user: u, tls: \"off\"":                                                  "tls conn.refused plaintext: {",
		"type: ftp, host: h, user: u, tls: \"off\", plaintext: {reason: old, until: \"2030-01-01\"}": "",
		"type: s3, bucket: b":                                                                        " conn.value ambient: true",
		"type: s3, bucket: b, ambient: true, access_key: a":                                          "access_key conn.value ambient: true",
		"type: s3, bucket: b, ambient: true, endpoint: \"http://h\"":                                 "endpoint conn.refused plaintext: {",
		"type: s3, bucket: b, ambient: true, endpoint: \"http://h\", plaintext: {reason: \" \", until: \"2030-01-01\"}": "plaintext conn.value reason is empty",
	} {
		text := "version: 1\nconnections:\n  x: {" + definition + "}\n  way: {" + strings.Replace(ssh, "type: sftp", "type: ssh", 1) + "}\n"
		c, diags := flow.LoadConnectionsBytes([]byte(text), "connections.yaml")
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		found := c.Check(reg)
		if want == "" {
			if len(found) > 0 {
				t.Errorf("%s: %v", definition, found)
			}
			continue
		}
		key, rest, _ := strings.Cut(want, " ")
		code, says, _ := strings.Cut(rest, " ")
		column := 6
		if key != "" {
			line := strings.Split(text, "\n")[2]
			column = len([]rune(line[:strings.Index(line, " "+key+": ")])) + len(key) + len(" : ") + 1
		}
		if len(found) != 1 || found[0].Code != code || !strings.Contains(found[0].Message, says) {
			t.Errorf("%s: want %s %q, got %v", definition, code, says, found)
			continue
		}
		if d := found[0]; d.Line != 3 || d.Column != column && code != "conn.tunnel" {
			t.Errorf("%s: found at %d:%d, want column %d", definition, d.Line, d.Column, column)
		}
		if _, ran := c.Resolve(reg, "x", ""); (len(ran) == 0) != (code == "conn.refused") {
			t.Errorf("%s: a run finds %v", definition, fmt.Sprint(ran))
		}
	}
}
