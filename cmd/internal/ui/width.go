package ui

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// cells is how many columns of a terminal s takes.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n += runeCells(r)
	}
	return n
}

func runeCells(r rune) int {
	if r < 0x300 {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// fit cuts s to at most n cells, with … where something is missing.
func fit(s string, n int) string {
	if cells(s) <= n {
		return s
	}
	var b strings.Builder
	used := 1 // the …
	for _, r := range s {
		if used += runeCells(r); used > n {
			break
		}
		b.WriteRune(r)
	}
	return b.String() + "…"
}

func pad(s string, n int, right bool) string {
	gap := strings.Repeat(" ", max(0, n-cells(s)))
	if right {
		return gap + s
	}
	return s + gap
}
