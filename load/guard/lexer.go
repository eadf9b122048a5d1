package guard

import (
	"fmt"
	"strings"
)

// kind is what a token is.
type kind int

const (
	word   kind = iota // a keyword, or a name without quotes
	quoted             // a name in quotes
	text               // a string
	symbol             // everything else
)

// token is a piece of a statement with how deep in parentheses it stands.
type token struct {
	kind  kind
	value string
	at    int // byte where it begins
	depth int
}

// is reports whether a token is a keyword.
func (t token) is(keyword string) bool {
	return t.kind == word && strings.EqualFold(t.value, keyword)
}

// scan cuts a statement into tokens as the engine's lexer does, and leaves comments out.
// What that lexer has in addition (heredocs, quotes of other alphabets) is refused.
func scan(sql string) ([]token, error) {
	var tokens []token
	depth := 0
	for i := 0; i < len(sql); {
		c := sql[i]
		rest := sql[i:]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
			i++
			continue
		case strings.HasPrefix(rest, "--"), strings.HasPrefix(rest, "# "), strings.HasPrefix(rest, "#!"):
			i += lineEnd(rest)
			continue
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				return nil, fmt.Errorf("%w: a comment without an end at byte %d", ErrRefused, i)
			}
			i += end + 4
			continue
		case c == 0 || c >= 0x80 || c == '$' || c == '#' || c == '\\':
			return nil, fmt.Errorf("%w: %q outside of quotes at byte %d", ErrRefused, firstRune(rest), i)
		}
		t := token{at: i, depth: depth}
		length := 1
		switch {
		case c == '\'' || c == '"' || c == '`':
			if length = quotedLength(rest); length < 0 {
				return nil, fmt.Errorf("%w: a quote without an end at byte %d", ErrRefused, i)
			}
			t.kind, t.value = quoted, rest[1:length-1]
			if c == '\'' {
				t.kind = text
			}
		case isWord(c):
			for length < len(rest) && isWord(rest[length]) {
				length++
			}
			t.kind, t.value = word, rest[:length]
		default:
			t.kind, t.value = symbol, rest[:1]
			switch c {
			case '(', '[', '{':
				depth++
			case ')', ']', '}':
				depth--
				t.depth = depth
			}
		}
		tokens = append(tokens, t)
		i += length
	}
	return tokens, nil
}

func firstRune(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

func lineEnd(s string) int {
	if n := strings.IndexByte(s, '\n'); n >= 0 {
		return n
	}
	return len(s)
}

// quotedLength is the length of the quoted text that s begins with, its quotes included;
// -1 where it does not end. A quote is written inside as two, or behind a backslash.
func quotedLength(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			if i+1 < len(s) && s[i+1] == s[0] {
				i++
				continue
			}
			return i + 1
		}
	}
	return -1
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
