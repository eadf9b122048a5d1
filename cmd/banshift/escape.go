package main

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escaping shows control characters of names as text: a terminal would obey them.
type escaping struct{ io.Writer }

func (e escaping) Write(p []byte) (int, error) {
	shown := escapeControls(string(p))
	if shown == string(p) {
		return e.Writer.Write(p)
	}
	if _, err := io.WriteString(e.Writer, shown); err != nil {
		return 0, err
	}
	return len(p), nil
}

// escapeControls writes control characters but line ends and tabs, and what turns the
// direction of writing, as Go does.
func escapeControls(text string) string {
	obeyed := func(r rune) bool {
		return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r))
	}
	if !strings.ContainsFunc(text, obeyed) {
		return text
	}
	var out strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && n == 1:
			out.WriteByte(text[0])
		case obeyed(r) && r < 0x80:
			fmt.Fprintf(&out, `\x%02x`, r)
		case obeyed(r):
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.WriteString(text[:n])
		}
		text = text[n:]
	}
	return out.String()
}
