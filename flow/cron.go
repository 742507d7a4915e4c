package flow

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/headgate/headgate/connector/spec"
)

// cronFields are the fields of a crontab line, with their names for values.
var cronFields = []struct {
	name     string
	min, max int
	words    []string // words[0] stands for min
}{
	{"minute", 0, 59, nil},
	{"hour", 0, 23, nil},
	{"day of month", 1, 31, nil},
	{"month", 1, 12, []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
	{"day of week", 0, 7, []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
}

// checkCron checks five fields of lists of ranges, as crontab(5) has them. An empty
// message means that nothing is wrong.
func checkCron(s string) (offset int, message string) {
	n := 0
	for at := 0; at < len(s); {
		if s[at] == ' ' || s[at] == '\t' {
			at++
			continue
		}
		end := at
		for end < len(s) && s[end] != ' ' && s[end] != '\t' {
			end++
		}
		if n < len(cronFields) {
			if message := checkCronField(n, s[at:end]); message != "" {
				return at, message
			}
		}
		n++
		at = end
	}
	if n != len(cronFields) {
		return 0, fmt.Sprintf("%s has %d fields, not 5", spec.Quote(s), n)
	}
	return 0, ""
}

func checkCronField(n int, text string) string {
	f := cronFields[n]
	for item := range strings.SplitSeq(text, ",") {
		span, step, stepped := strings.Cut(item, "/")
		if stepped {
			if v, err := strconv.Atoi(step); err != nil || v < 1 || v > f.max {
				return fmt.Sprintf("%s: %s is not a step", f.name, spec.Quote(step))
			}
		}
		if span == "*" {
			continue
		}
		from, to, ranged := strings.Cut(span, "-")
		a, ok := cronValue(n, from)
		if !ok {
			return fmt.Sprintf("%s: %s is not a value from %d to %d", f.name, spec.Quote(from), f.min, f.max)
		}
		if !ranged {
			if stepped {
				return fmt.Sprintf("%s: a step needs a range or *, as in */5", f.name)
			}
			continue
		}
		if b, ok := cronValue(n, to); !ok {
			return fmt.Sprintf("%s: %s is not a value from %d to %d", f.name, spec.Quote(to), f.min, f.max)
		} else if b < a {
			return fmt.Sprintf("%s: the range %s runs backwards", f.name, spec.Quote(span))
		}
	}
	return ""
}

func cronValue(n int, text string) (int, bool) {
	f := cronFields[n]
	for i, w := range f.words {
		if strings.EqualFold(w, text) {
			return f.min + i, true
		}
	}
	v, err := strconv.Atoi(text)
	return v, err == nil && v >= f.min && v <= f.max && text[0] != '+' && text[0] != '-'
}
