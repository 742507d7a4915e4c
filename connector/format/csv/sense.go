package csv

import (
	"errors"
	"fmt"
	"strings"
)

// check refuses a dialect in which one byte means two things: there, what a text says
// depends on who looks first.
func (x *dialect) check() error {
	d, c := string(x.delimiter), string(x.comment)
	switch {
	case d == "":
		return errors.New("delimiter: must not be empty")
	case strings.ContainsAny(d, lineEnds):
		return fmt.Errorf("delimiter %q: must not hold a line end", d)
	case holds(d, x.quote):
		return fmt.Errorf("delimiter %q: must not hold the quote", d)
	case holds(d, x.escape):
		return fmt.Errorf("delimiter %q: must not hold the escape character", d)
	case strings.ContainsAny(c, lineEnds):
		return fmt.Errorf("comment %q: must not hold a line end", c)
	case c != "" && x.quote != 0 && c[0] == x.quote:
		return fmt.Errorf("comment %q: must not start with the quote", c)
	case c != "" && (strings.HasPrefix(c, d) || strings.HasPrefix(d, c)):
		return fmt.Errorf("comment %q: must not start as the delimiter %q does", c, d)
	}
	return x.checkTrim()
}

const (
	lineEnds = "\r\n"
	blanks   = " \t"
)

// checkTrim refuses what trim would take away before it is seen.
func (x *dialect) checkTrim() error {
	switch {
	case !x.trim:
		return nil
	case strings.IndexByte(blanks, x.delimiter[0]) >= 0:
		return fmt.Errorf("delimiter %q: must not start with a space or tab when trim takes them away", x.delimiter)
	case blank(x.quote):
		return errors.New("quote: must not be a space or tab when trim takes them away")
	}
	return nil
}

// checkNull refuses a text for NULL that would not be read as it is written.
func (x *dialect) checkNull(w string) error {
	switch {
	case strings.ContainsAny(w, lineEnds):
		return fmt.Errorf("nulls: %q must not hold a line end", w)
	case strings.Contains(w, string(x.delimiter)):
		return fmt.Errorf("nulls: %q must not hold the delimiter", w)
	case x.quote != 0 && w[0] == x.quote:
		return fmt.Errorf("nulls: %q must not start with the quote", w)
	case len(x.comment) > 0 && strings.HasPrefix(w, string(x.comment)):
		return fmt.Errorf("nulls: %q must not start with the comment", w)
	case x.trim && strings.Trim(w, blanks) != w:
		return fmt.Errorf("nulls: %q must not start or end with a space or tab when trim takes them away", w)
	}
	return nil
}

// holds reports whether s holds c; 0 is no character.
func holds(s string, c byte) bool { return c != 0 && strings.IndexByte(s, c) >= 0 }

// blank reports whether c is what trim takes away.
func blank(c byte) bool { return c == ' ' || c == '\t' }
