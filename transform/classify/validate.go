package classify

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

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

// invalid rewrites what the schema finds wrong so that it names the entry by its id
// instead of its number.
func invalid(doc any, err error) error {
	var found *jsonschema.ValidationError
	if !errors.As(err, &found) {
		return err
	}
	printer := message.NewPrinter(language.English)
	var lines []string
	var walk func(*jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		for _, cause := range e.Causes {
			walk(cause)
		}
		if len(e.Causes) == 0 {
			lines = append(lines, place(doc, e.InstanceLocation)+e.ErrorKind.LocalizedString(printer))
		}
	}
	walk(found)
	return errors.New(strings.Join(lines, "; "))
}

// place turns rules, 3, when, proto into "rule ID: when/proto: ".
func place(doc any, parts []string) string {
	if len(parts) == 0 {
		return ""
	}
	if len(parts) == 1 {
		return parts[0] + ": "
	}
	top, _ := doc.(map[string]any)
	list, _ := top[parts[0]].([]any)
	n, err := strconv.Atoi(parts[1])
	if err != nil || n < 0 || n >= len(list) {
		return strings.Join(parts, "/") + ": "
	}
	entry, _ := list[n].(map[string]any)
	id, ok := entry["id"].(string)
	if !ok {
		id = "number " + strconv.Itoa(n+1)
	}
	head := strings.TrimSuffix(parts[0], "s") + " " + id + ": "
	if len(parts) == 2 {
		return head
	}
	return head + strings.Join(parts[2:], "/") + ": "
}
