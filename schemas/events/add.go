package events

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"gopkg.in/yaml.v3"
)

// Add appends an event to a YAML file of events, which is made where there is none. The
// precision follows from the dates. An event that the schema or [Check] refuses, or whose
// id the file has, changes nothing.
func Add(path string, e Event) error {
	_, e.Precision, _ = parseDate(firstOf(e.EnforcedAt, e.AnnouncedAt))
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("events: %w", err)
	}
	if len(bytes.TrimSpace(data)) == 0 {
		data = []byte("events:\n")
	}
	item, err := yaml.Marshal([]Event{e})
	if err != nil {
		return fmt.Errorf("event %s: %w", e.ID, err)
	}
	if data[len(data)-1] != '\n' {
		data = append(data, '\n')
	}
	for line := range bytes.Lines(item) {
		data = append(append(data, "  "...), line...)
	}
	if err := validate(data); err != nil {
		return fmt.Errorf("events: %s: %w", path, err)
	}
	list, err := ReadYAML(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("events: %s: %w", path, err)
	}
	if err := Check(list); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}
