package expr

import (
	"regexp"

	"github.com/headgate/headgate/connector/record"
)

var (
	stringTyp = typ{kind: record.String}
	boolTyp   = typ{kind: record.Bool}
	floatTyp  = typ{kind: record.Float}
)

// plain builds a call whose row function does not depend on the arguments.
func plain(t typ, fn rowFunc, fast kernelMaker) func(*checker, *call) *node {
	return func(c *checker, k *call) *node {
		n := k.node(t, fn)
		n.fast = fast
		return c.finish(n)
	}
}

// strings is n params that take a string.
func stringParams(n int) []param {
	out := make([]param, n)
	for i := range out {
		out[i] = param{kinds: aString}
	}
	return out
}

func textFunctions() []function {
	text, number := param{kinds: aString}, param{kinds: anInt}
	return []function{
		{name: "lower", signatures: []string{"lower(text) string"}, doc: "The text in lower case.",
			params: stringParams(1), least: 1, result: stringTyp, build: plain(stringTyp, lowerText, lowerKernel)},
		{name: "upper", signatures: []string{"upper(text) string"}, doc: "The text in upper case.",
			params: stringParams(1), least: 1, result: stringTyp, build: plain(stringTyp, upperText, upperKernel)},
		{name: "trim", signatures: []string{"trim(text) string"}, doc: "The text without white space at both ends.",
			params: stringParams(1), least: 1, result: stringTyp, build: plain(stringTyp, trimText(true, true), pieceKernel)},
		{name: "ltrim", signatures: []string{"ltrim(text) string"}, doc: "The text without white space at its start.",
			params: stringParams(1), least: 1, result: stringTyp, build: plain(stringTyp, trimText(true, false), pieceKernel)},
		{name: "rtrim", signatures: []string{"rtrim(text) string"}, doc: "The text without white space at its end.",
			params: stringParams(1), least: 1, result: stringTyp, build: plain(stringTyp, trimText(false, true), pieceKernel)},
		{name: "length", signatures: []string{"length(text) int", "length(bytes) int"}, doc: "The number of characters of a text, or of bytes.",
			params: []param{{kinds: aString | someByte}}, least: 1, result: intTyp, build: buildLength},
		{name: "size", signatures: []string{"size(list) int", "size(map) int", "size(text) int"}, doc: "The number of elements of a list or a map, or of characters of a text.",
			params: []param{{kinds: aString | someByte | aList | aMap}}, least: 1, result: intTyp, build: buildLength},
		{name: "substring", signatures: []string{"substring(text, start) string", "substring(text, start, length) string"},
			doc:    "The characters from start on, which counts from 0, at most length of them.",
			params: []param{text, number, number}, least: 2, result: stringTyp, build: plain(stringTyp, substring, pieceKernel)},
		{name: "replace", signatures: []string{"replace(text, old, new) string"}, doc: "The text with every old replaced by new.",
			params: stringParams(3), least: 3, result: stringTyp, build: plain(stringTyp, replaceText, nil)},
		{name: "split", signatures: []string{"split(text, separator, index) string", "split(text, separator) list(string)"},
			doc:    "The part at index, from 0, of the text cut at every separator; NULL when there are fewer parts. Without an index the list of parts.",
			params: []param{text, text, number}, least: 2, build: buildSplit},
		{name: "join", signatures: []string{"join(list, separator) string"}, doc: "The strings of a list with the separator between them; NULL elements are left out.",
			params: []param{{kinds: aList}, text}, least: 2, result: stringTyp, build: buildJoin},
		{name: "concat", signatures: []string{"concat(text, ...) string"}, doc: "The texts one after the other, as a + b; NULL when one is NULL.",
			params: []param{text}, least: 1, variadic: true, result: stringTyp, build: plain(stringTyp, concatText, concatKernel)},
		{name: "contains", signatures: []string{"contains(text, part) bool"}, doc: "Whether the part stands in the text.",
			params: stringParams(2), least: 2, result: boolTyp, build: plain(boolTyp, containsText, containsKernel)},
		{name: "startsWith", signatures: []string{"startsWith(text, part) bool"}, doc: "Whether the text starts with the part.",
			params: stringParams(2), least: 2, result: boolTyp, build: plain(boolTyp, startsWith, startsWithKernel)},
		{name: "endsWith", signatures: []string{"endsWith(text, part) bool"}, doc: "Whether the text ends with the part.",
			params: stringParams(2), least: 2, result: boolTyp, build: plain(boolTyp, endsWith, endsWithKernel)},
		{name: "matches", signatures: []string{`matches(text, "PATTERN") bool`}, doc: "Whether the pattern, a regular expression of RE2, is found in the text.",
			params: []param{text, {kinds: aString, fixed: true}}, least: 2, result: boolTyp, build: buildMatches},
		{name: "extract", signatures: []string{`extract(text, "PATTERN") string`}, doc: "The first group of the first match of the pattern, or the match when it has no group; NULL when nothing matches.",
			params: []param{text, {kinds: aString, fixed: true}}, least: 2, result: stringTyp, build: buildExtract},
		{name: "indexOf", signatures: []string{"indexOf(text, part) int"}, doc: "Where the part first stands in the text, counted from 0, or -1.",
			params: stringParams(2), least: 2, result: intTyp, build: plain(intTyp, indexOfText, nil)},
		{name: "sha256", signatures: []string{"sha256(text) string"}, doc: "The SHA-256 hash of the text or the bytes, as 64 hexadecimal digits.",
			params: []param{{kinds: aString | someByte}}, least: 1, result: stringTyp, build: plain(stringTyp, sha256Text, nil)},
	}
}

func buildLength(c *checker, k *call) *node {
	switch k.args[0].typ.kind {
	case record.Bytes:
		return c.finish(k.node(intTyp, lengthBytes))
	case kindList:
		return c.finish(k.node(intTyp, sizeList))
	case kindMap:
		return c.finish(k.node(intTyp, sizeMap))
	}
	n := k.node(intTyp, lengthText)
	n.fast = lengthKernel
	return c.finish(n)
}

func buildSplit(c *checker, k *call) *node {
	if sep := k.args[1]; sep.constant() && len(sep.value.s) == 0 {
		return c.typeError(sep.off, "", "the separator of split is empty")
	}
	if len(k.args) == 2 {
		return c.finish(k.node(listOf(stringTyp), splitList))
	}
	n := k.node(stringTyp, splitText)
	n.fast = pieceKernel
	return c.finish(n)
}

func buildJoin(c *checker, k *call) *node {
	if e := k.args[0].typ.elem.kind; e != record.String && e != kindNull {
		return c.typeError(k.args[0].off, "write list.map(x, string(x))", "join needs a list of strings, and this is %s", article(k.args[0].typ))
	}
	return c.finish(k.node(stringTyp, joinText))
}

// pattern compiles a constant pattern.
func (c *checker) pattern(n *node) *regexp.Regexp {
	re, err := regexp.Compile(string(n.value.s))
	if err != nil {
		c.find(n.off, "expr.pattern", "", "%s", err)
		return nil
	}
	return re
}

func buildMatches(c *checker, k *call) *node {
	re := c.pattern(k.args[1])
	if re == nil {
		return brokenNode(k.off)
	}
	n := k.node(boolTyp, matchesFunc(re))
	n.args = n.args[:1]
	n.fast = matchesKernel(re)
	return c.finish(n)
}

func buildExtract(c *checker, k *call) *node {
	re := c.pattern(k.args[1])
	if re == nil {
		return brokenNode(k.off)
	}
	n := k.node(stringTyp, extractFunc(re))
	n.args = n.args[:1]
	n.fast = pieceKernel
	return c.finish(n)
}
