package events

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

// CheckPath is Load with the JSON Schema in front: every YAML file is validated as
// written before it is read.
func CheckPath(path string) ([]Event, error) {
	for _, part := range strings.Split(path, ",") {
		if err := validatePath(strings.TrimSpace(part)); err != nil {
			return nil, err
		}
	}
	return Load(path)
}

// validatePath validates the YAML files of one part of a catalogue.
func validatePath(path string) error {
	fsys, pattern := fs.FS(files), "*.yaml"
	if path != "" && path != BuiltInName {
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("events: %w", err)
		}
		fsys = os.DirFS(path)
		if !info.IsDir() {
			fsys, pattern = os.DirFS(filepath.Dir(path)), filepath.Base(path)
		}
	}
	paths, err := fs.Glob(fsys, pattern)
	if err != nil {
		return fmt.Errorf("events: %w", err)
	}
	for _, name := range paths {
		if ext := strings.ToLower(filepath.Ext(name)); ext != ".yaml" && ext != ".yml" {
			continue
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return fmt.Errorf("events: %w", err)
		}
		if err := validate(data); err != nil {
			return fmt.Errorf("events: %s: %w", name, err)
		}
	}
	return nil
}

// validate checks one YAML file against schema.json.
func validate(data []byte) error {
	source, err := files.ReadFile("schema.json")
	if err != nil {
		return err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(source))
	if err != nil {
		return err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", document); err != nil {
		return err
	}
	schema, err := c.Compile("schema.json")
	if err != nil {
		return err
	}
	var node yaml.Node
	if err := yaml.Unmarshal(data, &node); err != nil {
		return err
	}
	datesAsWritten(&node)
	var value any
	if err := node.Decode(&value); err != nil {
		return err
	}
	// YAML's own types (dates, integers) are brought to JSON's.
	asJSON, err := json.Marshal(value)
	if err != nil {
		return err
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		return err
	}
	return schema.Validate(instance)
}

// datesAsWritten has dates without quotes taken as the text they are.
func datesAsWritten(n *yaml.Node) {
	if n.Tag == "!!timestamp" {
		n.Tag = "!!str"
	}
	for _, child := range n.Content {
		datesAsWritten(child)
	}
}
