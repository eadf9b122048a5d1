package spike_test

import (
	"math/rand/v2"
	"os"
	"testing"

	"github.com/banshift/banshift/transform/spike"
	"github.com/banshift/banshift/transform/spike/calibrate"
)

// TestChooseHours compares designs of the test by the hour on the panels of seed 1; what is published is of another seed.
func TestChooseHours(t *testing.T) {
	if os.Getenv("BANSHIFT_CHOOSE_HOURS") == "" {
		t.Skip("minutes of panels: set BANSHIFT_CHOOSE_HOURS")
	}
	designs := []spike.HourDesign{{6, 3, .7}, {12, 3, .7}, {24, 1, .7}, {24, 2, .7}, {24, 3, .7}, {24, 3, 1}, {24, 6, .7}, {72, 3, .7}, {168, 3, .7}}
	for _, c := range calibrate.HourGrid() {
		outcomes := make([]calibrate.HourOutcome, len(designs))
		for run := range 60 {
			list, ban := c.Draw(rand.New(rand.NewPCG(1, uint64(run))))
			for i, e := range spike.AskHours(list, fastConfig(), ban, designs) {
				outcomes[i].Cell = c
				outcomes[i].Add(e)
			}
		}
		for i, o := range outcomes {
			t.Logf("%s %+.0f %% %d h %v: found %d covered %d onset %d supported %d ambiguous %d of %d, RMSE %.3f", c.Name, 100*c.Effect, c.BanHours, designs[i],
				o.Found, o.Covered, o.Onset, o.Supported, o.Ambiguous, o.Runs, o.RMSE())
		}
	}
}
