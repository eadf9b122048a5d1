package events

import "reflect"

// Difference is how one catalogue differs from another, by id.
type Difference struct{ Added, Removed, Changed []string }

// Diff compares two catalogues; ids come in the order of the newer one, removed ones in
// that of the older.
func Diff(old, new []Event) Difference {
	was, is := map[string]Event{}, map[string]bool{}
	for _, e := range old {
		was[e.ID] = e
	}
	var d Difference
	for _, e := range new {
		is[e.ID] = true
		before, known := was[e.ID]
		switch {
		case !known:
			d.Added = append(d.Added, e.ID)
		case !reflect.DeepEqual(before, e):
			d.Changed = append(d.Changed, e.ID)
		}
	}
	for _, e := range old {
		if !is[e.ID] {
			d.Removed = append(d.Removed, e.ID)
		}
	}
	return d
}
