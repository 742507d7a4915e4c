package jsonl

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/headgate/headgate/connector/format/chunk"
	"github.com/headgate/headgate/connector/record"
)

// sample is what a key's values were, in a sample of records.
type sample struct {
	strings, numbers, booleans, composites int
	texts                                  record.Inferrer // of the strings
}

// look lists the keys of the first records of data, which has the slack, and what their
// values are. Input without a single good record is an error: it is something else.
// Records without a single key have names that are empty, but not nil.
func look(data []byte) (names []string, hints []record.Type, err error) {
	s := &scanner{data: data[:len(data)+chunk.Slack]}
	seen := map[string]*sample{}
	bad, rows := error(nil), 0
	line := 0
	for at := 0; at < len(data) && rows < sampleRows; {
		feed := bytes.IndexByte(data[at:], '\n')
		if feed < 0 {
			break
		}
		line++
		if i := s.space(at); i < at+feed {
			if s.object(i, func(key string, f form, start, end int) {
				if seen[key] == nil {
					seen[key] = &sample{}
					names = append(names, key)
				}
				seen[key].add(f, data[start:end])
			}) {
				rows++
			} else if bad == nil {
				bad = fmt.Errorf("line %d is not a JSON object: %w", line, s.problem(data[at:at+feed], at))
			}
		}
		at += feed + 1
	}
	if rows == 0 && bad != nil {
		return nil, nil, bad
	}
	if rows > 0 && names == nil {
		names = []string{}
	}
	for _, n := range names {
		hints = append(hints, seen[n].hint())
	}
	return names, hints, nil
}

// object calls each for every key of the line's object at i. It is false when the line
// is not an object; each may have been called by then.
func (s *scanner) object(i int, each func(key string, f form, start, end int)) bool {
	if s.data[i] != '{' {
		return s.fail(i, "an opening brace") >= 0
	}
	for i = s.space(i + 1); s.data[i] != '}'; {
		if s.data[i] != '"' {
			return s.fail(i, "a key in double quotes") >= 0
		}
		end, esc := s.str(i + 1)
		if end < 0 {
			return false
		}
		key := string(s.data[i+1 : end])
		if esc {
			key = string(unescapeKey(s.data[i+1 : end]))
		}
		if i = s.colon(end + 1); i < 0 {
			return false
		}
		f, start, stop, next := s.value(i)
		if next < 0 {
			return false
		}
		each(key, f, start, stop)
		if i = s.member(next); i < 0 {
			return false
		}
	}
	return s.lineEnds(i + 1)
}

// member goes from the end of a member to the next key or the closing brace.
func (s *scanner) member(i int) int {
	i = s.space(i)
	switch s.data[i] {
	case '}':
		return i
	case ',':
		if i = s.space(i + 1); s.data[i] != '"' {
			return s.fail(i, "a key in double quotes")
		}
		return i
	}
	return s.fail(i, "a comma or a closing brace")
}

// lineEnds reports whether nothing but spaces follows.
func (s *scanner) lineEnds(i int) bool {
	if i = s.space(i); s.data[i] != '\n' {
		return s.fail(i, "the end of the line") >= 0
	}
	return true
}

// problem words the failed scan of a line that starts at offset at of the chunk.
func (s *scanner) problem(line []byte, at int) error {
	where := s.at - at
	if where >= len(bytes.TrimRight(line, " \t\r")) {
		return errors.New("it ends where " + s.fault + " should be")
	}
	if where == 0 && line[0] == '[' {
		return errors.New("it is an array, or the start of one; jsonl has one object on each line")
	}
	return fmt.Errorf("found %s where %s should be, at byte %d", record.Quote(line[where:min(where+10, len(line))]), s.fault, where+1)
}

func (c *sample) add(f form, value []byte) {
	switch f {
	case text:
		c.strings++
		c.texts.Add(value)
	case escaped:
		c.strings++
		c.texts.Add([]byte("text"))
	case number:
		c.numbers++
	case boolean:
		c.booleans++
	case composite:
		c.composites++
	}
}

// hint is the type that the JSON values tell. Nothing is said of numbers, whose digits
// tell more, nor of strings, unless they look like the numbers and booleans that
// their writer took care not to make them.
func (c *sample) hint() record.Type {
	switch {
	case c.composites > 0:
		return record.Type{Kind: record.JSON}
	case c.booleans > 0 && c.strings+c.numbers == 0:
		return record.Type{Kind: record.Bool}
	case c.booleans > 0, c.strings > 0 && c.numbers > 0:
		return record.Type{Kind: record.String}
	case c.strings > 0:
		if t := c.texts.Type(); t.Numeric() || t.Kind == record.Bool {
			return record.Type{Kind: record.String}
		}
	}
	return record.Type{}
}
