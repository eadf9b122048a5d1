// Package readers holds what a reader's statement may use: functions, table functions,
// formats and settings of the engine, as lists. It allows; it must never forbid by name.
package readers

import (
	_ "embed"
	"strings"
)

//go:embed functions.txt
var functions string

//go:embed table_functions.txt
var tableFunctions string

//go:embed formats.txt
var formats string

//go:embed settings.txt
var settings string

// List is a set of names; their case does not count.
type List map[string]bool

// Has reports whether name is listed.
func (l List) Has(name string) bool { return l[strings.ToLower(name)] }

// Allowed is everything that a reader's statement may use.
type Allowed struct{ Functions, TableFunctions, Formats, Settings List }

// Load reads the lists.
func Load() Allowed {
	return Allowed{parse(functions), parse(tableFunctions), parse(formats), parse(settings)}
}

// parse reads one name a line; # begins a comment.
func parse(text string) List {
	list := List{}
	for line := range strings.Lines(text) {
		if name := strings.TrimSpace(line); name != "" && !strings.HasPrefix(name, "#") {
			list[strings.ToLower(name)] = true
		}
	}
	return list
}
