package spec

import (
	"strconv"
	"strings"
)

// clipAt is how many characters of a user's text a message shows.
const clipAt = 60

// Quote is s in quotes for a message: shortened, on one line, without control characters.
func Quote(s string) string { return strconv.Quote(shorten(s)) }

// Clip is s without quotes for a message, as safe as Quote makes it.
func Clip(s string) string {
	q := Quote(s)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}

func shorten(s string) string {
	n := 0
	for i := range s {
		if n++; n > clipAt {
			return s[:i] + "…"
		}
	}
	return s
}

// DidYouMean is the suggestion for a name that is not among known: the nearest of them, or all
// when they are few, or "".
func DidYouMean(name string, known []string) string {
	if near := Nearest(name, known); near != "" {
		return "did you mean `" + Clip(near) + "`?"
	}
	if len(known) == 0 || len(known) > 16 {
		return ""
	}
	shown := make([]string, len(known))
	for i, k := range known {
		shown[i] = Clip(k)
	}
	return "one of: " + strings.Join(shown, ", ")
}

// Nearest is the entry of known that name most likely was meant to be, or "".
func Nearest(name string, known []string) string {
	best, bestDistance := "", 1+min(3, max(1, len(name)/3))
	for _, k := range known {
		if strings.EqualFold(name, k) {
			return k
		}
		if d := distance(strings.ToLower(name), strings.ToLower(k), bestDistance); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best
}

// distance counts insertions, deletions, changes and swaps of neighbours between a
// and b (optimal string alignment), giving up with limit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit || len(a) > 100 {
		return limit
	}
	before, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev, row = prev, row, before
	}
	return min(prev[len(b)], limit)
}
