package live

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
)

// draw draws users by hour with a daily and weekly cycle.
func draw(rng *rand.Rand, hours int) []float64 {
	xs := make([]float64, hours)
	for t := range xs {
		mean := 200 * math.Exp(.5*math.Sin(2*math.Pi*float64(t)/24)+.1*math.Sin(2*math.Pi*float64(t)/168))
		xs[t] = math.Round(mean + math.Sqrt(mean)*rng.NormFloat64())
	}
	return xs
}

func detect(xs []float64, c Config) []Step {
	d := New(c)
	steps := make([]Step, len(xs))
	for i, x := range xs {
		steps[i] = d.Next(x, Around{})
	}
	return steps
}

func TestRiseAndMissingHours(t *testing.T) {
	for _, tc := range []struct {
		name    string
		factor  float64
		within  int // hours from the onset to the one in which the alarm begins, at most
		earlier int // and at least: one hour alone raises none
	}{{"two and a half times", 2.5, 1, 1}, {"1.6 times", 1.6, 4, 1}, {"down to a third", .33, 1, 1}, {"one wild value", math.Inf(1), -1, 0}} {
		xs := draw(rand.New(rand.NewPCG(1, 1)), 12*168)
		onset := 10*168 + 50
		for h := onset; h < onset+48; h++ {
			xs[h] *= tc.factor
		}
		if tc.within < 0 {
			xs = draw(rand.New(rand.NewPCG(1, 1)), 12*168)
			xs[onset] *= 100
		}
		for h := 9 * 168; h < 9*168+30; h++ {
			xs[h] = math.NaN() // a sensor was off: missing, not zero
		}
		first, last := -1, -1
		for h, s := range detect(xs, Hourly()) {
			if s.Began && h < onset {
				t.Errorf("%s: alarm %+d at hour %d, before the onset", tc.name, s.Alarm, h)
			}
			if s.Began && first < 0 {
				first = h
			}
			if s.Ended {
				last = h
			}
		}
		switch {
		case tc.within < 0:
			if first >= 0 {
				t.Errorf("%s raised an alarm at %d", tc.name, first)
			}
		case first < onset+tc.earlier || first > onset+tc.within:
			t.Errorf("%s: the onset at hour %d was found at %d", tc.name, onset, first)
		case last < onset+48 || last > onset+48+24:
			t.Errorf("%s: the alarm ended at %d, the change at %d", tc.name, last, onset+48)
		}
	}
}

// A detector that is stopped after each step and goes on from its JSON says the same as one that is not.
func TestStateGoesOn(t *testing.T) {
	for name, c := range map[string]Config{"hourly": Hourly(), "daily": Daily()} {
		rng := rand.New(rand.NewPCG(3, uint64(c.Period)))
		xs := draw(rng, 9*c.Period)
		for i := range xs {
			switch rng.IntN(20) {
			case 0:
				xs[i] = math.NaN()
			case 1:
				xs[i] *= 3
			case 2:
				xs[i] += rng.Float64()
			}
		}
		whole, broken := New(c), New(c)
		for i, x := range xs {
			around := Around{Unusual: i%50 < 3, Common: float64(i%5-2) / 10, Least: 20}
			want, got := whole.Next(x, around), broken.Next(x, around)
			if i%7 == 0 {
				whole.Missing(i % 3)
				broken.Missing(i % 3)
			}
			if text, other := mustJSON(t, want.fields()), mustJSON(t, got.fields()); text != other {
				t.Fatalf("%s, step %d: %s, without a stop %s", name, i, other, text)
			}
			var s State
			if err := json.Unmarshal([]byte(mustJSON(t, broken.State())), &s); err != nil {
				t.Fatal(err)
			}
			var err error
			if broken, err = Resume(c, s); err != nil {
				t.Fatal(err)
			}
		}
		if whole.State().Seen < len(xs) {
			t.Errorf("%s: %d steps seen", name, whole.State().Seen)
		}
	}
	if _, err := Resume(Daily(), New(Hourly()).State()); err == nil {
		t.Error("the state of an hourly detector was taken for a daily one's")
	}
}

func (s Step) fields() []any {
	return []any{Known(s.Baseline), Known(s.Z), Known(s.Residual), s.Alarm, s.Began, s.Back, s.Ended}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestQuietYears(t *testing.T) {
	alarms, hours := 0, 0
	for seed := range uint64(4) {
		for _, s := range detect(draw(rand.New(rand.NewPCG(seed, 9)), 26*168), Hourly()) {
			if !math.IsNaN(s.Z) {
				hours++
			}
			if s.Began {
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

// What changes everywhere, and what few do, is no news; a holiday counts half.
func TestAround(t *testing.T) {
	for _, tc := range []struct {
		name   string
		factor float64
		around Around
		want   bool
	}{
		{"a rise", 3, Around{}, true}, {"all rise as much", 3, Around{Common: math.Log(3)}, false}, {"all fall", 3, Around{Common: -math.Log(3)}, true},
		{"all rise a little", 3, Around{Common: .1}, true}, {"a drop that all have", .2, Around{Common: -2}, false}, {"a drop", .2, Around{}, true},
		{"too few", 3, Around{Least: 5000}, false}, {"a holiday", 1.4, Around{Unusual: true}, false}, {"the same on another day", 1.5, Around{}, true},
	} {
		xs := draw(rand.New(rand.NewPCG(1, 1)), 8*168)
		d, raised, back := New(Hourly()), false, 0
		for i, x := range xs {
			a := Around{Least: tc.around.Least}
			if i >= 7*168+12 {
				x, a = x*tc.factor, tc.around
			}
			if s := d.Next(x, a); s.Began {
				raised, back = true, i-s.Back
			}
		}
		if raised != tc.want || raised && back != 7*168+12 {
			t.Errorf("%s: alarm %v, since %d", tc.name, raised, back)
		}
	}
}

// A long gap is as long as it was, and costs no more than the rings hold.
func TestLongGap(t *testing.T) {
	d := New(Hourly())
	for range 100 {
		d.Next(50, Around{})
	}
	d.Missing(1_000_000_003)
	if s := d.State(); s.Seen != 1_000_000_103 {
		t.Errorf("%d steps seen", s.Seen)
	}
	if s := d.Next(50, Around{}); !math.IsNaN(s.Z) {
		t.Errorf("a baseline from before the gap: %+v", s)
	}
}

// FuzzState resumes from any JSON: it is refused, or goes on without a panic.
func FuzzState(f *testing.F) {
	d := New(Daily())
	d.Next(3, Around{})
	text, _ := json.Marshal(d.State())
	f.Add(text)
	f.Add([]byte(`{"seen":-1}`))
	f.Fuzz(func(_ *testing.T, text []byte) {
		var s State
		if json.Unmarshal(text, &s) != nil {
			return
		}
		if d, err := Resume(Daily(), s); err == nil {
			d.Next(1, Around{})
		}
	})
}
