package schemas

import (
	"slices"
	"testing"
)

func TestNeighbours(t *testing.T) {
	for code, list := range borders() {
		if _, known := Country(code); !known || len(list) == 0 || !slices.IsSorted(list) || len(slices.Compact(slices.Clone(list))) != len(list) {
			t.Errorf("%q: %q", code, list)
		}
		for _, other := range list {
			if _, known := Country(other); !known || other == code || !slices.Contains(Neighbours(other), code) {
				t.Errorf("%s names %s, which is no country or does not name it", code, other)
			}
		}
	}
	// Published counts of neighbours: China and Russia have the most, of Africa the Democratic Republic of the Congo.
	for code, want := range map[string]int{"ru": 14, "cn": 16, "cd": 9, "br": 10, "de": 9, "pt": 1, "lk": 0, "gb": 1, "us": 2} {
		if got := len(Neighbours(code)); got != want {
			t.Errorf("%s has %d neighbours, want %d", code, got, want)
		}
	}
}
