package main

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"

	"github.com/banshift/banshift/ingest/decode"
)

// formatPage is the reference of formats; what the decoders say themselves goes where it
// says {{reference FORMAT}}.
//
//go:embed reference_formats.md
var formatPage string

var referencePlace = regexp.MustCompile(`\{\{reference ([a-z0-9-]+)\}\}`)

// formatReference fills the page with what the decoders read, reject and skip.
func formatReference() ([]byte, error) {
	var failed error
	page := referencePlace.ReplaceAllStringFunc(formatPage, func(place string) string {
		format := decode.Format(referencePlace.FindStringSubmatch(place)[1])
		r, err := decode.ReferenceOf(format)
		if err != nil {
			failed = err
		}
		var b strings.Builder
		for _, part := range []struct {
			what string
			list []string
			mark string
		}{{"keys", r.Keys, "`"}, {"rejected", r.Rejects, ""}, {"skipped", r.Skips, ""}} {
			if len(part.list) > 0 {
				fmt.Fprintf(&b, "* `%s`, %s: %s%s%s\n", format, part.what, part.mark, strings.Join(part.list, part.mark+", "+part.mark), part.mark)
			}
		}
		return strings.TrimSuffix(b.String(), "\n")
	})
	return []byte(generatedNote + page), failed
}
