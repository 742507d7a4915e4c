package expr

import (
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/parser"
)

// Limits of one expression, so that a hostile one costs little.
const (
	maxSource = 64 << 10 // bytes
	maxNodes  = 20_000
	maxDepth  = 200
)

// parse reads src as CEL.
func parse(src string) (*ast.AST, []Finding) {
	if len(src) > maxSource {
		return nil, []Finding{{Code: "expr.too_large", Message: "the expression is longer than 64 KiB"}}
	}
	if strings.TrimSpace(src) == "" {
		return nil, []Finding{{Code: "expr.syntax", Message: "the expression is empty"}}
	}
	if !utf8.ValidString(src) {
		return nil, []Finding{{Code: "expr.syntax", Message: "the expression is not valid UTF-8"}}
	}
	if at := strings.Index(src, "${{"); at >= 0 {
		return nil, []Finding{{Code: "expr.syntax", Offset: at, Message: "${{ }} is not used inside an expression",
			Suggestion: "write the name alone, such as params.day"}}
	}
	p, err := parser.NewParser(
		parser.Macros(parser.AllMacros...),
		parser.EnablePrattParser(true),
		parser.MaxRecursionDepth(maxDepth),
		parser.MaxExpressionNodeCount(maxNodes),
		parser.ErrorReportingLimit(10),
	)
	if err != nil {
		return nil, []Finding{{Code: "expr.syntax", Message: err.Error()}}
	}
	tree, errs := p.Parse(common.NewTextSource(src))
	if list := errs.GetErrors(); len(list) > 0 {
		return nil, syntaxFindings(src, list)
	}
	return tree, nil
}

func syntaxFindings(src string, errs []*common.Error) []Finding {
	// The first error only: those after it come of reading on from the wrong place.
	e := errs[0]
	f := Finding{Code: "expr.syntax", Offset: lineOffset(src, e.Location.Line(), e.Location.Column())}
	f.Message, f.Suggestion = plainSyntax(src, f.Offset, e.Message)
	return []Finding{f}
}

// plainSyntax turns the parser's words into a sentence, with a suggestion where the
// cause is a habit from SQL.
func plainSyntax(src string, off int, message string) (text, suggestion string) {
	text = strings.TrimPrefix(message, "Syntax error: ")
	text = strings.NewReplacer("'<EOF>'", "the end,", "<EOF>", "the end").Replace(text)
	text = strings.ReplaceAll(text, "mismatched input", "unexpected")
	rest := src[off:]
	before := strings.TrimRight(src[:off], " \t")
	word := leadingWord(rest)
	switch {
	case strings.HasPrefix(rest, "=") && !strings.HasPrefix(rest, "=="):
		return "a single = is no operator", "compare with =="
	case strings.HasPrefix(rest, "<>"), strings.HasSuffix(before, "<") && strings.HasPrefix(rest, ">"):
		return "<> is no operator", "write !="
	case strings.EqualFold(word, "and"):
		return "`" + word + "` is no operator", "write &&"
	case strings.EqualFold(word, "or"):
		return "`" + word + "` is no operator", "write ||"
	case strings.EqualFold(word, "is"):
		return "`" + word + "` is no operator", "write isNull(x) or x == null"
	case strings.EqualFold(word, "not"), strings.EqualFold(trailingWord(before), "not"):
		return "`not` is no operator", "write !x or !(x in [...])"
	case strings.EqualFold(word, "like"):
		return "`" + word + "` is no operator", "use contains, startsWith, endsWith or matches"
	case strings.EqualFold(word, "in"):
		return "`" + word + "` does not stand here", "write x in [a, b]"
	}
	if strings.HasSuffix(message, "invalid int literal") {
		return "the number does not fit int (64 bits)", "write " + leadingWord(rest) + ".0 for a decimal"
	}
	if r, _ := utf8.DecodeRuneInString(rest); rest != "" && r >= utf8.RuneSelf {
		return "the character " + string(r) + " does not stand in a name", `name the column as col("...")`
	}
	return text, ""
}

func leadingWord(s string) string {
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && s[i] != '_' && (s[i] < '0' || s[i] > '9') {
			return s[:i]
		}
	}
	return s
}

func trailingWord(s string) string { return s[strings.LastIndexAny(s, " \t()&|!")+1:] }

// lineOffset is the byte offset of a 1-based line and a 0-based column in runes.
func lineOffset(src string, line, column int) int {
	off := 0
	for ; line > 1; line-- {
		i := strings.IndexByte(src[off:], '\n')
		if i < 0 {
			break
		}
		off += i + 1
	}
	return off + runeOffset(src[off:], column)
}

// runeOffset is the byte offset of the n-th rune of s.
func runeOffset(s string, n int) int {
	for i := range s {
		if n <= 0 {
			return i
		}
		n--
	}
	return len(s)
}
