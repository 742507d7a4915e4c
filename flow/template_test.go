package flow

import (
	"errors"
	"strconv"
	"strings"
	"testing"
)

func TestParseTemplate(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", ""},
		{"plain $ { }} {{", "'plain $ { }} {{'"},
		{"${{ run.id }}", "<run.id@4>"},
		{"${{run.id}}", "<run.id@3>"},
		{"a-${{ params.day }}-*.csv", "'a-' <params.day@6> '-*.csv'"},
		{"${{ a }}${{ b }}", "<a@4> <b@12>"},
		{"${{ '}}' + \"}}\" }}", "<'}}' + \"}}\"@4>"},
		{"${{ {'a': {'b': 1}} }}", "<{'a': {'b': 1}}@4>"},
		{"${{ {'a': {'b': 1}}}}", "<{'a': {'b': 1}}@4>"},
		{`${{ 'it\'s }}' }}`, `<'it\'s }}'@4>`},
		{`${{ r'\' }}`, `<r'\'@4>`},
		{"${{ '''a'}}''' }}", "<'''a'}}'''@4>"},
		{"$${{ x }}", "'${{ x }}'"},
		{"a $${{ x }} ${{ y }}", "'a ${{ x }} ' <y@16>"},
		{"x ${{ y", "2: `${{` without `}}`"},
		{"x ${{ 'y }}", "2: `${{` without `}}`"},
		{"x ${{  }}", "2: nothing between `${{` and `}}`"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got, err := ParseTemplate(tt.text)
			var parts []string
			for _, s := range got {
				if s.Expr {
					parts = append(parts, "<"+s.Text+"@"+strconv.Itoa(s.Offset)+">")
					if !strings.HasPrefix(tt.text[s.Offset:], s.Text) {
						t.Errorf("%q is not at %d", s.Text, s.Offset)
					}
				} else {
					parts = append(parts, "'"+s.Text+"'")
				}
			}
			text := strings.Join(parts, " ")
			var te *TemplateError
			if errors.As(err, &te) {
				text = strconv.Itoa(te.Offset) + ": " + te.Message
			}
			if text != tt.want {
				t.Errorf("got %s, want %s", text, tt.want)
			}
		})
	}
}

func TestExpand(t *testing.T) {
	tmpl, err := ParseTemplate("a-${{ x }}-$${{-${{ y }}")
	if err != nil {
		t.Fatal(err)
	}
	got, err := tmpl.Expand(func(s Segment) (string, error) { return strings.ToUpper(s.Text), nil })
	if err != nil || got != "a-X-${{-Y" {
		t.Errorf("Expand = %q, %v", got, err)
	}
	boom := errors.New("boom")
	if _, err := tmpl.Expand(func(Segment) (string, error) { return "", boom }); !errors.Is(err, boom) {
		t.Errorf("Expand = %v, want the error of eval", err)
	}
}

func TestCheckCron(t *testing.T) {
	for _, good := range []string{"* * * * *", "0 2 * * *", "*/5 0-23/2 1,15,31 jan-DEC sun-sat", " 0\t0 1 1 7 ", "0 0 29 2 *"} {
		if _, message := checkCron(good); message != "" {
			t.Errorf("%q: %s", good, message)
		}
	}
	tests := []struct {
		cron   string
		offset int
		has    string
	}{
		{"", 0, "has 0 fields"}, {"@daily", 0, "minute"}, {"* * * *", 0, "has 4 fields"}, {"* * * * * *", 0, "has 6 fields"}, {"60 * * * *", 0, "minute"},
		{"0 24 * * *", 2, "hour"}, {"0 0 0 * *", 4, "day of month"}, {"0 0 1 13 *", 6, "month"}, {"0 0 1 1 8", 8, "day of week"},
		{"5-1 * * * *", 0, "backwards"}, {"*/0 * * * *", 0, "step"}, {"5/10 * * * *", 0, "a step needs"}, {"1, * * * *", 0, "minute"},
		{"+1 * * * *", 0, "minute"}, {"-1 * * * *", 0, "minute"}, {"1-2-3 * * * *", 0, "minute"}, {"mon * * * *", 0, "minute"},
	}
	for _, tt := range tests {
		if offset, message := checkCron(tt.cron); offset != tt.offset || !strings.Contains(message, tt.has) {
			t.Errorf("%q: %d %q, want %d %q", tt.cron, offset, message, tt.offset, tt.has)
		}
	}
}
