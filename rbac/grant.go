package rbac

import (
	"fmt"
	"strings"
)

// Level is what a grant allows on flows: each includes the one before it.
type Level string

// The levels.
const (
	NoLevel Level = ""
	Monitor Level = "monitor"
	Run     Level = "run"
	Manage  Level = "manage"
)

func (l Level) rank() int {
	switch l {
	case Monitor:
		return 1
	case Run:
		return 2
	case Manage:
		return 3
	}
	return 0
}

// Includes reports whether l allows what other does.
func (l Level) Includes(other Level) bool { return l.rank() >= other.rank() }

func lower(a, b Level) Level {
	if a.rank() < b.rank() {
		return a
	}
	return b
}

// ParseLevel reads the name of a level.
func ParseLevel(s string) (Level, error) {
	if l := Level(s); l.rank() > 0 {
		return l, nil
	}
	return NoLevel, fmt.Errorf("grant level %q: unknown; levels are monitor, run, manage", s)
}

// Grant gives a person a level on the flows that match a pattern. In a pattern `*`
// stands for any run of characters, also none.
type Grant struct {
	Flows string `json:"flows"`
	Level Level  `json:"level"`
}

// ParseGrant reads PATTERN:LEVEL.
func ParseGrant(s string) (Grant, error) {
	flows, level, ok := strings.Cut(s, ":")
	if !ok {
		return Grant{}, fmt.Errorf("grant %q: want FLOW:monitor, FLOW:run or FLOW:manage", s)
	}
	l, err := ParseLevel(level)
	if err != nil {
		return Grant{}, err
	}
	g := Grant{Flows: flows, Level: l}
	return g, g.check()
}

func (g Grant) check() error {
	if !validPattern(g.Flows) {
		return fmt.Errorf("grant on %q: a flow pattern has a-z, 0-9, - and * only", g.Flows)
	}
	if g.Level.rank() == 0 {
		return fmt.Errorf("grant level %q: unknown", g.Level)
	}
	return nil
}

// match reports whether flow matches pattern. It takes time linear in both: after a
// star only the last one needs to be tried again.
func match(pattern, flow string) bool {
	p, f, star, mark := 0, 0, -1, 0
	for f < len(flow) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, f
			p++
		case p < len(pattern) && pattern[p] == flow[f]:
			p, f = p+1, f+1
		case star >= 0:
			mark++
			p, f = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// granted is the level of one line of grants on flow: that of the most specific
// pattern which matches, by the number of characters that are not stars; of two
// equally specific ones the lower level. Levels are never added up, so that a
// person's power can be read from one line.
func granted(grants []Grant, flow string) Level {
	best, level := -1, NoLevel
	for _, g := range grants {
		if !match(g.Flows, flow) {
			continue
		}
		n := len(g.Flows) - strings.Count(g.Flows, "*")
		if !strings.Contains(g.Flows, "*") {
			n = len(flow) + 1 // a name beats every pattern
		}
		switch {
		case n > best:
			best, level = n, g.Level
		case n == best:
			level = lower(level, g.Level)
		}
	}
	return level
}
