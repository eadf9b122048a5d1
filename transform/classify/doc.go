// Package classify gives each flow a verdict: which tool it is, which service it
// belongs to, how probable that is, and by which rules. The rules are data (rule
// packs); this package compiles them and runs them over Arrow columns.
//
// It must never know a tool by name, never decide by a port alone, and never merge
// the two axes: what a flow is (tool) and whose it is (service).
package classify
