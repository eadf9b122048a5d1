package account

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// spaced writes the marks that keep numbers together as plain spaces and a hyphen.
func spaced(text string) string {
	return strings.NewReplacer(hardSpace, " ", thinSpace, " ", minusSign, "-").Replace(text)
}

func TestQuantity(t *testing.T) {
	between := func(low, high Number) Interval { return Interval{low, high, 0.95} }
	for _, test := range []struct {
		q              Quantity
		want, interval string
	}{
		{Quantity{Value: 27.13, Interval: between(19.2, 36.4), Unit: "%", Signed: true}, "+27 %", "95 % interval +19 to +36"},
		{Quantity{Value: 2.13, Interval: between(-5.2, 9.4), Unit: "%", Signed: true}, "+2 %", "95 % interval -5 to +9"},
		{Quantity{Value: 1.64, Interval: between(1.41, 1.9), Unit: "%"}, "1.64 %", "95 % interval 1.41 to 1.90"},
		{Quantity{Value: 15706880, Interval: NoInterval(), Unit: "addresses"}, "15 706 880 addresses", ""},
		{Quantity{Value: 9999, Interval: NoInterval()}, "9999", ""},
		{Quantity{Value: -0.04, Interval: between(-0.3, 0.2)}, "-0.04", "95 % interval -0.30 to 0.20"},
		{Quantity{Value: 9, Interval: between(5, 14), Unit: "hours"}, "9 hours", "95 % interval 5 to 14"},
		{Quantity{Value: Unknown(), Interval: NoInterval(), Unit: "%"}, "not known", ""},
	} {
		if got := spaced(test.q.String()); got != test.want {
			t.Errorf("%v prints %q, want %q", test.q.Value, got, test.want)
		}
		if got := spaced(test.q.IntervalString()); got != test.interval {
			t.Errorf("interval of %v prints %q, want %q", test.q.Value, got, test.interval)
		}
	}
}

func TestHeadlineSentence(t *testing.T) {
	day := time.Date(2018, 4, 16, 0, 0, 0, 0, time.UTC)
	base := Headline{Measure: "VPN use", Place: "Russia", From: day, To: day.AddDate(0, 0, 6)}
	with := func(effect, low, high Number, direction Direction) Headline {
		h := base
		h.EffectPct, h.Interval, h.Direction = effect, Interval{low, high, 0.95}, direction
		return h
	}
	for _, test := range []struct {
		h    Headline
		want string
	}{
		{with(27.1, 19.2, 36, Up), "VPN use in Russia rose by 27 % (95 % interval 19 to 36) in the week from 16 April 2018."},
		{with(-40.2, -52, -26, Down), "VPN use in Russia fell by 40 % (95 % interval 26 to 52) in the week from 16 April 2018."},
		{with(1.2, -6.1, 9, DirectionNone), "VPN use in Russia showed no clear change in the week from 16 April 2018: +1 % (95 % interval -6 to +9)."},
		{with(Unknown(), Unknown(), Unknown(), DirectionNone), "It cannot be said whether VPN use in Russia changed in the week from 16 April 2018."},
		{with(12, Unknown(), Unknown(), Up), "VPN use in Russia rose by 12 % in the week from 16 April 2018."},
	} {
		if got := spaced(test.h.Sentence()); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func TestRankSentence(t *testing.T) {
	for _, test := range []struct {
		r    Rank
		want string
	}{
		{Rank{P: 1.0 / 75, N: 74, Effective: 10, Floor: 1.0 / 75}, "The largest of 74 dates (p = 0.013; the smallest possible is 0.013); their windows overlap, so they count as about 10 independent ones."},
		{Rank{P: 4.0 / 75, N: 74, Floor: 1.0 / 75}, "3 of 74 dates show a change as large (p = 0.053; the smallest possible is 0.013)."},
		{Rank{P: Unknown(), N: 12}, "This comparison could not be made: there are too few dates."},
		{Rank{}, "This comparison could not be made: there are too few dates."},
	} {
		if got := spaced(test.r.Sentence("dates")); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func TestCells(t *testing.T) {
	for _, test := range []struct {
		format Format
		cell   any
		want   string
	}{
		{Text, "AS64500", "AS64500"}, {Count, 1234567, "1 234 567"}, {Count, uint64(12), "12"}, {Percent, 27.13, "+27.1 %"},
		{Percent, Number(-1394), "-1394 %"}, {Percent, math.NaN(), "–"}, {PValue, 0.0133, "0.013"}, {PValue, 0.00001, "< 0.0001"},
		{PValue, 0.5, "0.50"}, {Decimal, 0.1234, "0.123"}, {Decimal, 14200.7, "14 201"}, {Date, time.Date(2018, 4, 16, 5, 0, 0, 0, time.UTC), "2018-04-16"},
		{Text, true, "yes"}, {Text, nil, "–"},
	} {
		if got := spaced(FormatCell(test.format, test.cell)); got != test.want {
			t.Errorf("%v as %s prints %q, want %q", test.cell, test.format, got, test.want)
		}
	}
}

// Every known value lies in exactly one bin, and bins touch.
func TestBinsHoldEveryValue(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	for round := range 300 {
		values := make([]Number, 1+random.IntN(400))
		scale := math.Pow(10, float64(random.IntN(9)-4))
		known := 0
		for i := range values {
			values[i] = Number(scale * random.NormFloat64())
			if random.IntN(10) == 0 {
				values[i] = Unknown()
				continue
			}
			known++
		}
		got := Bins(values)
		if len(got) > 2*maxBins {
			t.Fatalf("round %d: %d bins", round, len(got))
		}
		total := 0
		for i, bin := range got {
			total += bin.Count
			if i > 0 && bin.Low != got[i-1].High {
				t.Fatalf("round %d: a gap between bins %d and %d", round, i-1, i)
			}
			slow := 0
			for _, v := range values {
				if v.Known() && float64(v) >= bin.Low-1e-9*scale && float64(v) < bin.High+1e-9*scale {
					slow++
				}
			}
			if slow < bin.Count {
				t.Fatalf("round %d: bin %d counts %d, %d values are in it", round, i, bin.Count, slow)
			}
		}
		if total != known {
			t.Fatalf("round %d: bins hold %d of %d values", round, total, known)
		}
	}
}

// TestUpperFirst keeps letters whole, also of scripts without capitals.
func TestUpperFirst(t *testing.T) {
	for text, want := range map[string]string{"": "", "telegram blocked": "Telegram blocked", "élan": "Élan", "تلغرام blocked": "تلغرام blocked", "\xff": "\xff", "X": "X"} {
		if got := UpperFirst(text); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := Sentence("use did not rise"); got != "Use did not rise." {
		t.Errorf("%q", got)
	}
}
