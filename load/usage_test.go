package load_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas"
)

// usageTables builds the parts of a batch from rows of usage that have their names in place of a number.
func usageTables(t testing.TB, mem memory.Allocator, rows string) []load.TableBatch {
	t.Helper()
	var named []map[string]any
	if err := json.Unmarshal([]byte(rows), &named); err != nil {
		t.Fatal(err)
	}
	verdicts := map[uint64]map[string]any{}
	for _, row := range named {
		level, err := schemas.ParseLevel(row["level"].(string))
		if err != nil {
			t.Fatal(err)
		}
		number := schemas.Names{Tool: row["tool"].(string), Service: row["service"].(string), Category: row["category"].(string),
			Level: level, Pack: row["pack"].(string), Lists: row["lists"].(string)}.Number()
		verdicts[number] = map[string]any{"number": number}
		for _, name := range []string{"tool", "service", "category", "level", "pack", "lists"} {
			verdicts[number][name] = row[name]
			delete(row, name)
		}
		row["verdict"] = number
	}
	numbers := slices.Sorted(maps.Keys(verdicts))
	list := make([]map[string]any, len(numbers))
	for i, number := range numbers {
		list[i] = verdicts[number]
	}
	part := func(name string, rows any) load.TableBatch {
		text, err := json.Marshal(rows)
		if err != nil {
			t.Fatal(err)
		}
		rec, _, err := array.RecordFromJSON(mem, schemas.TableSchemas()[name], strings.NewReader(string(text)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		t.Cleanup(rec.Release)
		return load.TableBatch{Name: name, Record: rec}
	}
	return []load.TableBatch{part(schemas.TableVerdicts, list), part(schemas.TableUsage, named)}
}
