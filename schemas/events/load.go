package events

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// BuiltInName stands for the built-in catalogue in a list of paths.
const BuiltInName = "builtin"

// Load reads a catalogue: a directory of YAML files, or one file of YAML, of JSON as
// "events list --json" prints it, or of CSV with the columns id, country, target, kind,
// announced_at, enforced_at, ended_at, order. An empty path is the built-in catalogue. Several,
// separated by commas, are one catalogue, [BuiltInName] among them the built-in one; an
// event replaces one of the same id that stands before it.
func Load(path string) ([]Event, error) {
	var all []Event
	for _, part := range strings.Split(path, ",") {
		list, err := loadOne(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		replaced := map[string]bool{}
		for _, e := range list {
			replaced[e.ID] = true
		}
		all = append(slices.DeleteFunc(all, func(e Event) bool { return replaced[e.ID] }), list...)
	}
	return sorted(all), Check(all)
}

// loadOne reads one part of a catalogue, which is not checked yet.
func loadOne(path string) ([]Event, error) {
	if path == "" || path == BuiltInName {
		return loadFS(files, ".")
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	if info.IsDir() {
		return loadFS(os.DirFS(path), path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	list, err := readerOf(path, data)(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("events: %s: %w", path, err)
	}
	return list, nil
}

// readerOf chooses by the file's ending; JSON is known by its first byte too.
func readerOf(path string, data []byte) func(io.Reader) ([]Event, error) {
	switch ext := strings.ToLower(filepath.Ext(path)); {
	case ext == ".yaml", ext == ".yml":
		return ReadYAML
	case ext == ".json", bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")):
		return ReadJSON
	}
	return ReadCSV
}

// ReadJSON reads an array of events, as "events list --json" prints it.
func ReadJSON(r io.Reader) ([]Event, error) {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	var list []Event
	if err := d.Decode(&list); err != nil {
		return nil, err
	}
	return list, nil
}

func loadFS(fsys fs.FS, name string) ([]Event, error) {
	paths, err := fs.Glob(fsys, "*.yaml")
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("events: no .yaml file in %s", name)
	}
	var all []Event
	for _, path := range paths {
		f, err := fsys.Open(path)
		if err != nil {
			return nil, fmt.Errorf("events: %w", err)
		}
		list, err := ReadYAML(f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("events: %s: %w", path, err)
		}
		all = append(all, list...)
	}
	return all, nil
}

// ReadYAML reads one file of the catalogue: a list of events under the key events.
func ReadYAML(r io.Reader) ([]Event, error) {
	var file struct {
		Events []Event `yaml:"events"`
	}
	d := yaml.NewDecoder(r)
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil {
		return nil, err
	}
	if len(file.Events) == 0 {
		return nil, errors.New("no events")
	}
	return file.Events, nil
}

// columns of the CSV form; id, country and one of the dates are needed.
var columns = []string{"id", "country", "target", "kind", "announced_at", "enforced_at", "ended_at", "order"}

// ReadCSV reads the short form. What it does not say is set to the weakest honest
// value: low confidence, the file itself as source.
func ReadCSV(r io.Reader) ([]Event, error) {
	in := csv.NewReader(r)
	in.Comment = '#'
	in.FieldsPerRecord = -1
	header, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("header: want the columns %s: %w", strings.Join(columns, ","), err)
	}
	at := map[string]int{}
	for i, h := range header {
		at[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")))] = i
	}
	for _, need := range []string{"id", "country"} {
		if _, ok := at[need]; !ok {
			return nil, fmt.Errorf("no column %q in the header; want %s", need, strings.Join(columns, ","))
		}
	}
	var list []Event
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		field := func(name string) string {
			if i, ok := at[name]; ok && i < len(record) {
				return strings.TrimSpace(record[i])
			}
			return ""
		}
		e := Event{ID: field("id"), Country: strings.ToLower(field("country")), Target: field("target"),
			TargetType: "service", Kind: kindOf(field("kind")), AnnouncedAt: field("announced_at"),
			EnforcedAt: field("enforced_at"), EndedAt: field("ended_at"), Order: field("order"), TZ: "UTC",
			Sources: []string{"csv"}, Confidence: "low"}
		if Kind(e.Kind) == Shutdown && isNetwork(e.Target) {
			e.TargetType = "internet"
		}
		_, e.Precision, _ = parseDate(firstOf(e.EnforcedAt, e.AnnouncedAt))
		list = append(list, e)
	}
}

// kindOf reads a kind as people write it, the first where several are given; a word of
// no known meaning stays as it is and is refused by Check.
func kindOf(s string) Kind {
	first, _, _ := strings.Cut(strings.NewReplacer("/", ";", ",", ";", " ", ";").Replace(strings.ToLower(strings.TrimSpace(s))), ";")
	switch k := first; k {
	case "", "enforcement", "block", "blocked", "ban", "blocking":
		return Enforce
	case "announcement", "announced":
		return Announce
	case "throttling":
		return Throttle
	case "unban", "lifted":
		return Unblock
	default:
		return Kind(k)
	}
}

// isNetwork says whether a shutdown's target is the network itself and not a service on it.
func isNetwork(target string) bool {
	t := strings.ToLower(target)
	return t == "" || strings.Contains(t, "internet") || strings.Contains(t, "network") || strings.Contains(t, "mobile data")
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// sorted orders events by date, then by id.
func sorted(list []Event) []Event {
	slices.SortStableFunc(list, func(a, b Event) int {
		if c := a.Date().Compare(b.Date()); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list
}
