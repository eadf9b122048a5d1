// Package schemas holds the contracts that the stages of banshift share: the
// Arrow schemas of telemetry, verdicts and store tables, typed views and builders
// over them, and the data files (migrations, rule packs, event catalogue) that are
// embedded in the program.
//
// It must never contain behaviour of a stage: nothing here decodes, classifies or
// does I/O.
package schemas

//go:generate go run ./columns/generate generated.go
