// Package rules holds the built-in rule pack and the JSON Schema of rule packs.
//
// It must never contain code that decides anything: the pack is data, the engine is
// transform/classify.
package rules

import (
	"embed"
	"io/fs"
)

//go:embed *.yaml *.json
var files embed.FS

// Files are the YAML files of the built-in pack and rulepack.schema.json.
func Files() fs.FS { return files }
