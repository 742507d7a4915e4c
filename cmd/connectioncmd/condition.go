package connectioncmd

import (
	"strconv"
	"strings"
	"time"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/spec"
)

// condition is one word of --fail-on.
type condition struct {
	text  string
	holds func(p *connector.Probe, now time.Time) bool
}

// conditionNames are the words of --fail-on.
var conditionNames = []string{"expiring:14d", "old-tls", "clear", "notes", onExcess}

func parseConditions(words []string) ([]condition, error) {
	var list []condition
	for _, word := range words {
		c := condition{text: word}
		switch name, value, _ := strings.Cut(word, ":"); {
		case name == "expiring":
			within, err := days(value)
			if err != nil {
				return nil, err
			}
			c.holds = func(p *connector.Probe, now time.Time) bool {
				return !p.Expires.IsZero() && p.Expires.Sub(now) <= within
			}
		case word == "old-tls":
			c.holds = func(p *connector.Probe, _ time.Time) bool {
				return strings.Contains(p.Protocol, "TLS ") && !strings.Contains(p.Protocol, "TLS 1.3")
			}
		case word == "clear":
			c.holds = func(p *connector.Probe, _ time.Time) bool { return strings.Contains(p.Protocol, "in clear") }
		case word == onExcess: // which the probe does not know
			c.holds = func(*connector.Probe, time.Time) bool { return false }
		case word == "notes":
			c.holds = func(p *connector.Probe, _ time.Time) bool { return len(p.Notes) > 0 }
		default:
			return nil, &cli.UsageError{Message: "--fail-on " + spec.Quote(word) + ": unknown condition", Hint: spec.DidYouMean(word, conditionNames)}
		}
		list = append(list, c)
	}
	return list, nil
}

// days reads 14d, or a duration such as 36h.
func days(text string) (time.Duration, error) {
	if n, ok := strings.CutSuffix(text, "d"); ok {
		if d, err := strconv.ParseUint(n, 10, 16); err == nil {
			return time.Duration(d) * 24 * time.Hour, nil
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, &cli.UsageError{Message: "--fail-on expiring: " + spec.Quote(text) + " is not a time", Hint: "write days, such as expiring:14d"}
	}
	return d, nil
}
