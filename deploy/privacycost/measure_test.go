package main

import (
	"strings"
	"testing"
)

// TestMeasure: less privacy costs less, a large country next to nothing, and the same seed gives the same page.
func TestMeasure(t *testing.T) {
	rows, err := measure([]float64{200, 10_000}, 2, 5)
	if err != nil {
		t.Fatal(err)
	}
	small, large := rows[0], rows[1]
	if much, little := small.outcomes[100_000][5].deviation(), small.outcomes[4_000_000][5].deviation(); !(much > little && little < 5) {
		t.Errorf("200 users: off by %.2f with epsilon 0.1, by %.2f with 4", much, little)
	}
	if off := large.outcomes[1_000_000][20].deviation(); off > .5 || large.outcomes[1_000_000][20].told != 2 {
		t.Errorf("10,000 users: off by %.2f with epsilon 1", off)
	}
	page := markdown(rows[:1], 2, 5)
	again, err := measure([]float64{200}, 2, 5)
	if err != nil || markdown(again, 2, 5) != page || !strings.Contains(page, "| 0.25 |") {
		t.Errorf("the page is another: %v", err)
	}
}
