package record

// MaxJSONDepth is how deep arrays and objects may nest in a JSON value.
const MaxJSONDepth = 1024

// CheckJSON tells whether text is one JSON value (RFC 8259), white space around it
// allowed. It needs constant memory. That the text is UTF-8 is checked elsewhere.
func CheckJSON(text []byte) Problem {
	c := jsonChecker{s: text}
	return c.run()
}

// jsonChecker walks a JSON text. The kinds of the open containers are a stack of
// bits instead of calls, so that no input can exhaust the stack.
type jsonChecker struct {
	s     []byte
	i     int
	depth int
	open  [MaxJSONDepth / 64]uint64 // bit = 1: an object
}

func (c *jsonChecker) run() Problem {
	for {
		// A value is due.
		p, opened := c.value()
		if p != NoProblem {
			return p
		}
		if opened {
			continue
		}
		// A value has ended: close what ends with it, then find the next.
		for {
			if c.depth == 0 {
				if c.peek() != 0 || c.i < len(c.s) {
					return Malformed
				}
				return NoProblem
			}
			next := c.peek()
			c.i++
			if next == ',' {
				if c.object() && !c.key() {
					return Malformed
				}
				break
			}
			if next != c.closer() {
				return Malformed
			}
			c.depth--
		}
	}
}

// value reads a scalar or an empty container, or opens a container up to where its
// first value is due.
func (c *jsonChecker) value() (p Problem, opened bool) {
	ok := false
	switch b := c.peek(); b {
	case '{', '[':
		return c.enter(b == '{')
	case '"':
		ok = c.text()
	case 't':
		ok = c.word("true")
	case 'f':
		ok = c.word("false")
	case 'n':
		ok = c.word("null")
	default:
		ok = c.number()
	}
	if !ok {
		return Malformed, false
	}
	return NoProblem, false
}

func (c *jsonChecker) enter(object bool) (p Problem, opened bool) {
	c.i++
	end := byte(']')
	if object {
		end = '}'
	}
	if c.peek() == end {
		c.i++
		return NoProblem, false
	}
	if c.depth == MaxJSONDepth {
		return TooDeep, false
	}
	word, bit := c.depth/64, uint64(1)<<(c.depth%64)
	c.depth++
	if !object {
		c.open[word] &^= bit
		return NoProblem, true
	}
	c.open[word] |= bit
	if !c.key() {
		return Malformed, false
	}
	return NoProblem, true
}

// object tells whether the innermost open container is an object.
func (c *jsonChecker) object() bool {
	d := c.depth - 1
	return c.open[d/64]>>(d%64)&1 == 1
}

func (c *jsonChecker) closer() byte {
	if c.object() {
		return '}'
	}
	return ']'
}

// key reads a name and its colon.
func (c *jsonChecker) key() bool {
	if c.peek() != '"' || !c.text() || c.peek() != ':' {
		return false
	}
	c.i++
	return true
}

// peek skips white space and returns the next byte, 0 at the end.
func (c *jsonChecker) peek() byte {
	for ; c.i < len(c.s); c.i++ {
		switch b := c.s[c.i]; b {
		case ' ', '\t', '\n', '\r':
		default:
			return b
		}
	}
	return 0
}

func (c *jsonChecker) word(w string) bool {
	if len(c.s)-c.i < len(w) || string(c.s[c.i:c.i+len(w)]) != w {
		return false
	}
	c.i += len(w)
	return true
}

// text reads a string from its opening quote.
func (c *jsonChecker) text() bool {
	for c.i++; c.i < len(c.s); c.i++ {
		switch b := c.s[c.i]; {
		case b == '"':
			c.i++
			return true
		case b < ' ':
			return false
		case b == '\\' && !c.escape():
			return false
		}
	}
	return false
}

// escape reads what follows a backslash, up to its last byte.
func (c *jsonChecker) escape() bool {
	c.i++
	if c.i == len(c.s) {
		return false
	}
	switch c.s[c.i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		for range 4 {
			c.i++
			if c.i == len(c.s) || !hexDigit(c.s[c.i]) {
				return false
			}
		}
		return true
	}
	return false
}

func hexDigit(b byte) bool { return b-'0' <= 9 || b|0x20 >= 'a' && b|0x20 <= 'f' }

// number reads a number: no plus, no leading zero, digits on both sides of a point.
func (c *jsonChecker) number() bool {
	if c.at('-') {
		c.i++
	}
	if c.at('0') {
		c.i++
	} else if !c.digits() {
		return false
	}
	if c.at('.') {
		c.i++
		if !c.digits() {
			return false
		}
	}
	if c.at('e') || c.at('E') {
		c.i++
		if c.at('+') || c.at('-') {
			c.i++
		}
		return c.digits()
	}
	return true
}

func (c *jsonChecker) at(b byte) bool { return c.i < len(c.s) && c.s[c.i] == b }

func (c *jsonChecker) digits() bool {
	n := len(leadingDigits(c.s[c.i:]))
	c.i += n
	return n > 0
}
