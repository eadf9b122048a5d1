// Package scale holds the SQL that makes a store at a country's scale, of made data, to measure on. It must never be run
// on a store that holds anything.
package scale

import (
	_ "embed"
	"strings"
)

//go:embed scale.sql
var text string

// Statements gives the statements in their order, with parameters seed and rows, both UInt64.
func Statements() []string {
	var statements []string
	for _, part := range strings.Split(text, ";\n") {
		if strings.TrimSpace(part) != "" {
			statements = append(statements, part)
		}
	}
	return statements
}
