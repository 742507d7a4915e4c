package spec

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

type section struct {
	Depth int    `key:"depth" default:"2" help:"how deep"`
	Label string `key:"label" required:"true" help:"a label"`
}

type letter struct{ Value string }

func (l *letter) DecodeNode(n *yaml.Node, d *Decoder) {
	if s, ok := d.Text(n); ok && len(s) != 1 {
		d.Report(n, "test.letter", "wants one letter", "")
	} else {
		l.Value = s
	}
}

func (l *letter) NodeSchema() map[string]any { return map[string]any{"type": "string", "maxLength": 1} }

type Promoted struct {
	Host string `key:"host" default:"localhost" help:"a host"`
}

type config struct {
	Delimiter string            `key:"delimiter" default:"," help:"what separates cells"`
	Header    bool              `key:"header" default:"true" help:"whether there is one"`
	Mode      string            `key:"mode" enum:"read,write,append" default:"read" help:"a mode"`
	Count     int               `key:"count" help:"how many"`
	Big       int64             `key:"big" help:"how many more"`
	Ratio     float64           `key:"ratio" default:"0.5" help:"a ratio"`
	Wait      time.Duration     `key:"wait" default:"30s" help:"how long"`
	Buffer    Size              `key:"buffer" default:"64k" help:"how much"`
	Nulls     []string          `key:"nulls" default:"[\"\", \"NULL\"]" help:"what is NULL"`
	Uses      []string          `key:"uses" enum:"read,write" help:"what for"`
	Labels    map[string]string `key:"labels" help:"labels"`
	Order     Ordered[int]      `key:"order" help:"numbers in order"`
	Section   section           `key:"section" help:"a section"`
	Maybe     *section          `key:"maybe" help:"a section or none"`
	Sections  []section         `key:"sections" help:"sections"`
	Number    *int              `key:"number" help:"a number or none"`
	Rest      *yaml.Node        `key:"rest" help:"anything"`
	Letter    letter            `key:"letter" default:"x" help:"one letter"`
	Password  string            `key:"password" secret:"true" help:"a secret"`
	Promoted  `key:"server" help:"a server"`
	Ignored   int
}

// load parses and decodes, and gives the findings as text.
func load(t *testing.T, text string) (*config, []string) {
	t.Helper()
	root, findings := Parse([]byte(text))
	d := &Decoder{Findings: findings, Source: []byte(text)}
	c := &config{}
	d.Decode(root, c)
	var got []string
	for _, f := range d.Findings {
		s := fmt.Sprintf("%d:%d %s %s", f.Line, f.Column, f.Code, f.Message)
		if f.Suggestion != "" {
			s += " | " + f.Suggestion
		}
		got = append(got, s)
	}
	return c, got
}

func TestDecodeValues(t *testing.T) {
	c, findings := load(t, `
delimiter: ";"
header: False
mode: append
count: 0x1F
big: 0o17
ratio: 1e-3
wait: 1h30m
buffer: 2MiB
nulls: [NA, 0, 010, 2024-01-02, yes, "null"]
uses: [write]
labels: {b: 1, a: x}
order: {z: 1, a: 2, m: 3}
section: {label: one}
maybe: {label: two, depth: 7}
sections: [{label: a}, {label: b, depth: 1}]
number: 012
rest: [1, {a: b}]
letter: q
password: secret:dwh/main#field
server: {host: db}
`)
	if findings != nil {
		t.Fatalf("findings: %q", findings)
	}
	twelve := 12
	want := &config{Delimiter: ";", Mode: "append", Count: 31, Big: 15, Ratio: 0.001, Wait: 90 * time.Minute, Buffer: 2 << 20,
		Nulls: []string{"NA", "0", "010", "2024-01-02", "yes", "null"}, Uses: []string{"write"},
		Labels: map[string]string{"a": "x", "b": "1"}, Section: section{2, "one"}, Maybe: &section{7, "two"},
		Sections: []section{{2, "a"}, {1, "b"}}, Number: &twelve, Letter: letter{"q"}, Password: "secret:dwh/main#field", Promoted: Promoted{"db"}}
	if c.Rest == nil || len(c.Rest.Content) != 2 {
		t.Errorf("rest = %v, want a list of two", c.Rest)
	}
	var order []string
	for _, e := range c.Order {
		order = append(order, fmt.Sprint(e.Key, e.Value))
	}
	if got := strings.Join(order, " "); got != "z1 a2 m3" {
		t.Errorf("order = %s", got)
	}
	c.Rest, c.Order = nil, nil
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
}

func TestDefaults(t *testing.T) {
	want := &config{Delimiter: ",", Header: true, Mode: "read", Ratio: 0.5, Wait: 30 * time.Second, Buffer: 64 << 10,
		Nulls: []string{"", "NULL"}, Section: section{Depth: 2}, Letter: letter{"x"}, Promoted: Promoted{"localhost"}}
	got := &config{}
	d := &Decoder{}
	if d.Decode(nil, got); !reflect.DeepEqual(got, want) || d.Findings != nil {
		t.Errorf("Decode(nil) = %+v, %v", got, d.Findings)
	}
	if err := Lint(&config{}); err != nil {
		t.Errorf("Lint: %v", err)
	}
}

func TestDecodeFindings(t *testing.T) {
	tests := []struct{ name, yaml, want string }{
		{"unknown key", "delimitr: x", "1:1 yaml.unknown_key unknown key \"delimitr\" | did you mean `delimiter`?"},
		{"far unknown key", "section: {label: a, zzzzzz: 1}", "1:21 yaml.unknown_key unknown key \"zzzzzz\" | one of: depth, label"},
		{"a list for a string", "delimiter: [a]", "1:12 yaml.type delimiter: wants a string, got a list"},
		{"a bool for a string", "delimiter: true", "1:12 yaml.type delimiter: wants a string, got true or false | put it in quotes: \"true\""},
		{"nothing for a string", "delimiter:\n", "1:11 yaml.type delimiter: wants a string, got nothing | give it a value or leave the key out"},
		{"null in a list of strings", "nulls: [null]", "1:9 yaml.type nulls: wants a string, got nothing | put it in quotes: \"null\""},
		{"a string for a list", "nulls: NA", "1:8 yaml.type nulls: wants a list, got a string | write [NA]"},
		{"a map for a list", "nulls: {a: 1}", "1:8 yaml.type nulls: wants a list, got a map | start each item with `- `"},
		{"yes for a bool", "header: yes", "1:9 yaml.type header: wants true or false, got a string | did you mean `true`?"},
		{"off for a bool", "header: off", "1:9 yaml.type header: wants true or false, got a string | did you mean `false`?"},
		{"a quoted number", "count: \"5\"", "1:8 yaml.type count: wants a whole number, got a string | drop the quotes"},
		{"a fraction for an int", "count: 1.5", "1:8 yaml.type count: wants a whole number, got a number"},
		{"digits grouped by _", "count: 1_000", "1:8 yaml.type count: wants a whole number, got a string"},
		{"an int too large", "big: 9223372036854775808", "1:6 yaml.range big: 9223372036854775808 is out of range"},
		{"not finite", "ratio: .inf", "1:8 yaml.range ratio: .inf is out of range"},
		{"too large for a float", "ratio: 1e999", "1:8 yaml.range ratio: 1e999 is out of range"},
		{"a number for a duration", "wait: 5", "1:7 yaml.type wait: wants a duration, got a whole number | write a duration such as 30s, 2m or 1h30m"},
		{"a negative duration", "wait: -5s", "1:7 yaml.value wait: \"-5s\" is not a duration | write a duration such as 30s, 2m or 1h30m"},
		{"not a size", "buffer: 5 apples", "1:9 yaml.value buffer: \"5 apples\" is not a size | write a size such as 64k, 256MiB or 1048576"},
		{"enum", "mode: wirte", "1:7 yaml.value mode: \"wirte\" is not allowed here | did you mean `write`?"},
		{"enum far", "mode: x", "1:7 yaml.value mode: \"x\" is not allowed here | one of: read, write, append"},
		{"enum with a list", "mode: [read]", "1:7 yaml.type mode: wants a string, got a list"},
		{"enum of items", "uses: [read, wite]", "1:14 yaml.value uses: \"wite\" is not allowed here | did you mean `write`?"},
		{"required", "section: {depth: 1}", "1:10 yaml.required section: the key `label` is missing"},
		{"required but misspelt", "section: {lable: x}", "1:11 yaml.unknown_key unknown key \"lable\" | did you mean `label`?"},
		{"a section that is empty", "section:\n", "1:9 yaml.required section: the key `label` is missing"},
		{"an absent optional section", "maybe:\n", ""},
		{"a list of sections", "sections: [{label: a}, x]", "1:24 yaml.type sections: wants a map, got a string"},
		{"a map for an Ordered", "order: {a: b}", "1:12 yaml.type a: wants a whole number, got a string"},
		{"own syntax", "letter: ab", "1:9 test.letter wants one letter"},
		{"a secret literal", "password: hunter2", "1:11 conn.plaintext_secret password: takes a reference to a secret, not the secret itself | write `secret:NAME` and store the value with `headgate secret set NAME`"},
		{"a number as a secret", "password: 12345", "1:11 conn.plaintext_secret password: takes a reference to a secret, not the secret itself | write `secret:NAME` and store the value with `headgate secret set NAME`"},
		{"a bad reference", "password: \"secret:a b\"", "1:11 conn.plaintext_secret password: takes a reference to a secret, not the secret itself | write `secret:NAME` and store the value with `headgate secret set NAME`"},
		{"a list as a secret", "password: [x]", "1:11 yaml.type password: wants a reference to a secret, got a list | write `secret:NAME` and store the value with `headgate secret set NAME`"},
		{"duplicate", "count: 1\ncount: 2", "2:1 yaml.duplicate_key duplicate key \"count\", first on line 1"},
		{"control characters", "\"a\\e[31m\": 1", "1:1 yaml.unknown_key unknown key \"a\\x1b[31m\""},
		{"the document is a list", "- a", "1:1 yaml.type wants a map, got a list"},
		{"through an alias", "section: &s {label: [x]}\nmaybe: *s", "1:21 yaml.type label: wants a string, got a list\n1:21 yaml.type label: wants a string, got a list"},
		{"all at once", "count: x\nwait: y\nz: 1", "1:8 yaml.type count: wants a whole number, got a string\n2:7 yaml.value wait: \"y\" is not a duration | write a duration such as 30s, 2m or 1h30m\n3:1 yaml.unknown_key unknown key \"z\""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, findings := load(t, tt.yaml)
			if got := strings.Join(findings, "\n"); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestSecretFindingIsPrivate(t *testing.T) {
	root, _ := Parse([]byte("password: hunter2"))
	d := &Decoder{}
	d.Decode(root, &config{})
	if len(d.Findings) != 1 || !d.Findings[0].Private {
		t.Fatalf("findings = %+v, want one that is private", d.Findings)
	}
	if strings.Contains(fmt.Sprintf("%+v", d.Findings), "hunter2") {
		t.Errorf("the finding repeats the secret: %+v", d.Findings)
	}
}

func TestLint(t *testing.T) {
	tests := []struct {
		name string
		v    any
		want string
	}{
		{"no help", &struct {
			A string `key:"a"`
		}{}, "no help"},
		{"default not in the enum", &struct {
			A string `key:"a" enum:"x,y" default:"z" help:"h"`
		}{}, "not allowed here"},
		{"default of another type", &struct {
			A int `key:"a" default:"z" help:"h"`
		}{}, "wants a whole number"},
		{"not exported", &struct {
			a string `key:"a" help:"h"`
		}{}, "not exported"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := Lint(tt.v); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Lint = %v, want %q", err, tt.want)
			}
		})
	}
}
