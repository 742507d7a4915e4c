package record

// ParseBool reads true, false, t, f, yes, no, y, n, 1 and 0 in any ASCII case.
func ParseBool(text []byte) (bool, Problem) {
	x, p := parseBoolWord(text)
	return x != 0, p
}

// parseBoolWord is ParseBool as vectors store it.
func parseBoolWord(text []byte) (int64, Problem) {
	switch len(text) {
	case 1:
		switch text[0] {
		case '1', 't', 'T', 'y', 'Y':
			return 1, NoProblem
		case '0', 'f', 'F', 'n', 'N':
			return 0, NoProblem
		}
	case 2:
		if equalFold(text, "no") {
			return 0, NoProblem
		}
	case 3:
		if equalFold(text, "yes") {
			return 1, NoProblem
		}
	case 4:
		if equalFold(text, "true") {
			return 1, NoProblem
		}
	case 5:
		if equalFold(text, "false") {
			return 0, NoProblem
		}
	}
	return 0, Malformed
}

// ParseUUID reads the form of 36 characters in any case and returns it in lower case.
func ParseUUID(text []byte) (id [36]byte, p Problem) {
	if len(text) != len(id) {
		return id, Malformed
	}
	for i, c := range text {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		switch {
		case dash && c == '-', !dash && (c-'0' <= 9 || c-'a' <= 5):
			id[i] = c
		case !dash && c-'A' <= 5:
			id[i] = c + ('a' - 'A')
		default:
			return id, Malformed
		}
	}
	return id, NoProblem
}

// equalFold compares s with an ASCII word in lower case.
func equalFold(s []byte, word string) bool {
	if len(s) != len(word) {
		return false
	}
	for i, c := range s {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}
