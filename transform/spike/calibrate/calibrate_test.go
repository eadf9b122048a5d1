package calibrate

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/banshift/banshift/transform/spike"
)

// TestCalibration runs a small part of the plan: size, power, and grades where the
// procedure must not speak.
func TestCalibration(t *testing.T) {
	const runs = 40
	cfg := spike.DefaultConfig()
	cfg.Replicates = 200
	var cells []Cell
	for _, c := range Grid() {
		if (c.Name == "1000 users a day" && (c.Effect == 0 || c.Effect == .5)) || c.Name == "another ban 3 days away" && c.Effect > 0 {
			cells = append(cells, c)
		}
	}
	rows, err := Run(context.Background(), cells, runs, 1, cfg, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := WriteMarkdown(&text, rows, runs, 1); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + text.String())
	for _, r := range rows {
		switch {
		case r.Cell.Overlap: // one episode
			if r.Grades[spike.Supported]+r.Grades[spike.Ambiguous] < .8 {
				t.Errorf("%s: found in %.0f %%", r.Cell.Name, 100*(r.Grades[spike.Supported]+r.Grades[spike.Ambiguous]))
			}
		case r.Cell.Effect == 0:
			if slack := 3 * math.Sqrt(nominal*(1-nominal)/(nullFactor*runs)); r.Time > nominal+slack || r.Grades[spike.Supported] > .04 {
				t.Errorf("size %.3f, supported %.3f", r.Time, r.Grades[spike.Supported])
			}
		default:
			if r.Grades[spike.Supported] < .8 {
				t.Errorf("+50 %%: supported in %.0f %%", 100*r.Grades[spike.Supported])
			}
		}
		if r.Cell.Name == "1000 users a day" && r.Covered < .85 {
			t.Errorf("the interval covers %.2f", r.Covered)
		}
	}
}

func TestRunIsRepeatable(t *testing.T) {
	cells := Grid()[:2]
	write := func() string {
		rows, err := Run(context.Background(), cells, 2, 5, spike.DefaultConfig(), func(int) {})
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		if err := WriteMarkdown(&text, rows, 2, 5); err != nil {
			t.Fatal(err)
		}
		return text.String()
	}
	if a, b := write(), write(); a != b {
		t.Errorf("two runs differ:\n%s\n%s", a, b)
	}
}
