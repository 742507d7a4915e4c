package csv

import "strconv"

// uniqueNames makes every name occur once: an empty one becomes column_3 by its
// place, a repeated one gets the first free of _2, _3, ... Others stay as they are.
func uniqueNames(names []string) []string {
	taken := make(map[string]int, len(names)) // and the number to try next
	for _, n := range names {
		taken[n] = 2
	}
	seen := make(map[string]bool, len(names))
	out := make([]string, len(names))
	for i, n := range names {
		made := n == ""
		if made {
			n = "column_" + strconv.Itoa(i+1)
		}
		if seen[n] || made && taken[n] > 0 {
			n = freeName(n, taken)
		}
		taken[n], seen[n] = max(taken[n], 2), true
		out[i] = n
	}
	return out
}

func freeName(n string, taken map[string]int) string {
	for k := max(taken[n], 2); ; k++ {
		if c := n + "_" + strconv.Itoa(k); taken[c] == 0 {
			taken[n] = k + 1
			return c
		}
	}
}
