package classify

import (
	"bytes"
	"fmt"
	"io/fs"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/banshift/banshift/schemas/rules"
)

// newValidator compiles the JSON Schema of rule packs.
func newValidator() (func(any) error, error) {
	data, err := fs.ReadFile(rules.Files(), "rulepack.schema.json")
	if err != nil {
		return nil, fmt.Errorf("rule pack schema: %w", err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("rule pack schema: %w", err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("rulepack.schema.json", doc); err != nil {
		return nil, fmt.Errorf("rule pack schema: %w", err)
	}
	schema, err := c.Compile("rulepack.schema.json")
	if err != nil {
		return nil, fmt.Errorf("rule pack schema: %w", err)
	}
	return schema.Validate, nil
}
