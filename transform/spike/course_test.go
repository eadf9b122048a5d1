package spike_test

import (
	"math"
	"testing"

	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
)

// courseOf analyses one event with its course.
func courseOf(t *testing.T, list []spike.Series, id string, catalogue ...events.Event) (spike.Effect, *spike.Course) {
	t.Helper()
	cfg := fastConfig()
	cfg.Course = true
	result, err := spike.AnalyzeEvent(list, catalogue, id, cfg)
	if err != nil {
		t.Fatal(err)
	}
	e := find(t, result, id, catalogue[0].Country)
	if e.Course == nil {
		t.Fatal("no course")
	}
	return e, e.Course
}

// TestCourse lets a rise by 60 % fall to 30 % after two weeks and to nothing after ten.
func TestCourse(t *testing.T) {
	const at = 400
	list := world(31, 40, 640, 2000)
	scale(list, 0, at, at+14, 1.6)
	scale(list, 0, at+14, at+70, 1.3)
	e, c := courseOf(t, list, "ban", event("ban", "aa", "One", events.Enforce, at))
	if len(c.Days) != 56 || c.Days[0].Day != -28 || c.Days[55].Day != 27 {
		t.Fatalf("%d days, %+v", len(c.Days), c.Days)
	}
	inside := 0
	for _, d := range c.Days {
		want := 0.0
		if d.Day >= 14 {
			want = 30
		} else if d.Day >= 0 {
			want = 60
		}
		if math.Abs(*d.EffectPct-want) > 20 {
			t.Errorf("day %d: %+.1f, want about %.0f", d.Day, *d.EffectPct, want)
		}
		if *d.CILow <= want && want <= *d.CIHigh {
			inside++
		}
	}
	if inside < 48 {
		t.Errorf("the intervals of %d of 56 days hold the truth", inside)
	}
	if *c.PreTrend.P < .05 || math.Abs(*c.PreTrend.PctPerDay) > .5 {
		t.Errorf("trend before: %+v %g %g", c.PreTrend, *c.PreTrend.P, *c.PreTrend.PctPerDay)
	}
	// 2,000 users a day, 14 days of .6 and 14 of .3.
	if x := c.Excess; x.Days != 28 || math.Abs(*x.UserDays-25200) > 2500 || !(*x.CILow < 25200 && 25200 < *x.CIHigh) || *x.CILow < 10000 {
		t.Errorf("excess %g (%g to %g) in %d days", *x.UserDays, *x.CILow, *x.CIHigh, x.Days)
	}
	// A week's mean is under half of the headline from the day on which most of it is.
	if c.HalfLifeDays == nil || *c.HalfLifeDays < 11 || *c.HalfLifeDays > 70 {
		t.Errorf("half-life %v", c.HalfLifeDays)
	}
	for n, want := range []float64{50, 50, 0} {
		r := c.Remaining[n]
		if math.Abs(*r.SharePct-want) > 10 || !(*r.CILow <= .6*want && .6*want <= *r.CIHigh) {
			t.Errorf("after %d weeks %.1f %% remain, %.1f (%.1f to %.1f), want %.0f", r.Weeks, *r.SharePct, *r.EffectPct, *r.CILow, *r.CIHigh, want)
		}
	}
	if w := c.WithoutOne; w.Controls != 39 || !(*w.LowPct <= *e.EffectPct && *e.EffectPct <= *w.HighPct) || *w.HighPct-*w.LowPct > 2 {
		t.Errorf("without one: %+v, %g to %g around %g", w, *w.LowPct, *w.HighPct, *e.EffectPct)
	}
}

// TestCourseEndsAtTheNextEvent leaves out what another event has a part in, but no event of the same episode.
func TestCourseEndsAtTheNextEvent(t *testing.T) {
	const at = 300
	list := world(32, 30, 500, 2000)
	scale(list, 0, at, 500, 1.5)
	first := event("ban", "aa", "One", events.Enforce, at)
	first.EndedAt = firstDay.AddDate(0, 0, at+10).Format("2006-01-02")
	_, c := courseOf(t, list, "ban", first, event("more", "aa", "Two", events.Enforce, at+3), event("order", "aa", "Three", events.Court, at+15), event("next", "aa", "Four", events.Throttle, at+40))
	if c.NextEvent != "next" || *c.NextDays != 40 || *c.EndedDays != 10 {
		t.Errorf("%+v", c)
	}
	if c.Remaining[0].EffectPct == nil || !c.Remaining[0].AfterEnd || c.Remaining[1].EffectPct != nil || c.Remaining[1].SharePct != nil {
		t.Errorf("%+v", c.Remaining)
	}
	_, c = courseOf(t, list, "ban", event("ban", "aa", "One", events.Enforce, at), event("next", "aa", "Four", events.Throttle, at+12))
	if last := c.Days[len(c.Days)-1].Day; last != 11 || c.Excess.Days != 12 {
		t.Errorf("the last day is %d, the excess of %d days", last, c.Excess.Days)
	}
}

// TestTrendIsSeenAndTakenOff gives the country a trend of .5 % a day: it shows before the event, and what remains with the trend
// taken to go on is near the truth, where the plain share is not.
func TestTrendIsSeenAndTakenOff(t *testing.T) {
	const at = 400
	list := world(33, 40, 640, 5000)
	for d := range list[0].Values {
		list[0].Values[d] *= math.Exp(.005 * float64(d-at))
	}
	scale(list, 0, at, at+63, 2)
	_, c := courseOf(t, list, "ban", event("ban", "aa", "One", events.Enforce, at))
	if math.Abs(*c.PreTrend.PctPerDay-.5) > .2 {
		t.Errorf("trend %g", *c.PreTrend.PctPerDay)
	}
	r := c.Remaining[0]
	if math.Abs(*r.SharePctDetrended-100) > 15 || *r.SharePct < 120 {
		t.Errorf("after four weeks %.0f, detrended %.0f", *r.SharePct, *r.SharePctDetrended)
	}
}

// TestMissingDaysOfACourse are no zeros.
func TestMissingDaysOfACourse(t *testing.T) {
	const at = 300
	list := world(34, 30, 420, 2000)
	scale(list, 0, at, 420, 1.5)
	list[0].Values[at+2], list[0].Values[at-9] = math.NaN(), math.NaN()
	_, c := courseOf(t, list, "ban", event("ban", "aa", "One", events.Enforce, at))
	if len(c.Days) != 54 || math.Abs(*c.Excess.UserDays-27000) > 3000 {
		t.Errorf("%d days, excess %g", len(c.Days), *c.Excess.UserDays)
	}
}
