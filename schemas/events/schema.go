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
	fsys, pattern := fs.FS(files), "*.yaml"
	if path != "" {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("events: %w", err)
		}
		fsys = os.DirFS(path)
		if !info.IsDir() {
			fsys, pattern = os.DirFS(filepath.Dir(path)), filepath.Base(path)
		}
	}
	paths, err := fs.Glob(fsys, pattern)
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	for _, name := range paths {
		if ext := strings.ToLower(filepath.Ext(name)); ext != ".yaml" && ext != ".yml" {
			continue
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("events: %w", err)
		}
		if err := validate(data); err != nil {
			return nil, fmt.Errorf("events: %s: %w", name, err)
		}
	}
	return Load(path)
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
	var value any
	if err := yaml.Unmarshal(data, &value); err != nil {
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
