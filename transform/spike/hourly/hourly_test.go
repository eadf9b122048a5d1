package hourly

import (
	"math"
	"math/rand/v2"
	"testing"
)

// week draws users by hour with a daily and weekly cycle.
func draw(rng *rand.Rand, hours int) []float64 {
	xs := make([]float64, hours)
	for t := range xs {
		mean := 200 * math.Exp(.5*math.Sin(2*math.Pi*float64(t)/24)+.1*math.Sin(2*math.Pi*float64(t)/168))
		xs[t] = math.Round(mean + math.Sqrt(mean)*rng.NormFloat64())
	}
	return xs
}

func TestRiseAndMissingHours(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	xs := draw(rng, 12*168)
	rise := 10*168 + 50
	for h := rise; h < rise+48; h++ {
		xs[h] *= 1.6
	}
	for h := 9 * 168; h < 9*168+30; h++ {
		xs[h] = math.NaN() // a sensor was off: missing, not zero
	}
	got := Detect(xs, DefaultConfig())
	first := -1
	for h, s := range got {
		if s.Alarm != 0 && h < rise {
			t.Errorf("alarm %+d at hour %d, before the rise", s.Alarm, h)
		}
		if s.Alarm == 1 && first < 0 {
			first = h
		}
		if s.Alarm == -1 {
			t.Errorf("a drop at hour %d: there was none", h)
		}
	}
	if first < rise+2 || first > rise+5 {
		t.Errorf("the rise at hour %d was found at %d", rise, first)
	}
}

func TestQuietYears(t *testing.T) {
	alarms, hours := 0, 0
	for seed := range uint64(4) {
		got := Detect(draw(rand.New(rand.NewPCG(seed, 9)), 26*168), DefaultConfig())
		for h := 1; h < len(got); h++ {
			if !math.IsNaN(got[h].Z) {
				hours++
			}
			if got[h].Alarm != 0 && got[h-1].Alarm == 0 {
				alarms++
			}
		}
	}
	years := float64(hours) / 8760
	t.Logf("%d alarms in %.1f years", alarms, years)
	if float64(alarms) > years {
		t.Errorf("%d alarms in %.1f quiet years", alarms, years)
	}
}
