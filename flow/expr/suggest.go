package expr

import (
	"strings"
	"unicode/utf8"
)

// didYouMean is a suggestion of the candidate nearest to name, "" when none is near.
func didYouMean(name string, candidates []string) string {
	best, at := "", max(utf8.RuneCountInString(name)/3, 1)+1
	for _, c := range candidates {
		if strings.EqualFold(c, name) {
			return "did you mean `" + c + "`?"
		}
		if len(name) >= 3 && strings.HasPrefix(strings.ToLower(c), strings.ToLower(name)) && best == "" {
			best = c
		}
		if d := distance(strings.ToLower(name), strings.ToLower(c), at); d < at {
			best, at = c, d
		}
	}
	if best == "" {
		return ""
	}
	return "did you mean `" + best + "`?"
}

// distance is the number of edits, a swap of neighbours being one, from a to b; at
// least limit when it is not below limit.
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if d := len(x) - len(y); d >= limit || -d >= limit || len(x) > 200 || len(y) > 200 {
		return limit
	}
	before := make([]int, len(y)+1)
	row := make([]int, len(y)+1)
	next := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		next[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			next[j+1] = min(row[j]+cost, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row, next = row, next, before
	}
	return row[len(y)]
}
