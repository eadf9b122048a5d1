// Package sample makes a report full of invented numbers: every kind of chart, a gap,
// a masked day and an unanswered question. Tests and design work look at it.
//
// It must never be taken for a result: it says that it is simulated, and nothing in it
// is computed by the analysis.
package sample

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/transform/spike"
)

var (
	first    = time.Date(2018, 2, 1, 0, 0, 0, 0, time.UTC)
	court    = time.Date(2018, 4, 13, 0, 0, 0, 0, time.UTC)
	enforced = time.Date(2018, 4, 16, 0, 0, 0, 0, time.UTC)
	lifted   = time.Date(2018, 4, 28, 0, 0, 0, 0, time.UTC)
	outage   = time.Date(2018, 3, 20, 0, 0, 0, 0, time.UTC)
)

const (
	days    = 105
	gapFrom = 30 // days from first without any data
	gapDays = 2
	rise    = 0.24 // log effect in the invented series
)

// Report gives the sample for a seed; the same seed gives the same bytes.
func Report(seed uint64) account.Report {
	random := rand.New(rand.NewPCG(seed, 0))
	main := usage(random)
	return account.Report{
		Title:     "Telegram blocked in Russia, April 2018",
		Subtitle:  "Daily clients of VPN, proxy and circumvention tools seen by the sensors of a simulated operator, against what is projected from the four weeks before.",
		Simulated: true,
		Event: account.Event{
			ID: "ru-telegram-2018-enforcement", Country: "Russia", Target: "Telegram", Kind: "enforcement",
			Announced: "2018-04-13", Enforced: "2018-04-16", Zone: "Europe/Moscow (UTC+3)",
			Sources: []string{"A sample report has no sources; a real one lists the catalogue's."},
		},
		Headline: account.Headline{
			Measure: "VPN use", Place: "Russia", From: enforced, To: enforced.AddDate(0, 0, 6),
			EffectPct: 27.1, Interval: interval(19.2, 36.0), Direction: account.Up,
			InTime:  account.Rank{P: 1.0 / 75, N: 74, Effective: 10, Floor: 1.0 / 75, Mode: "Dates up to a year before were compared."},
			InSpace: account.Rank{P: 1.0 / 42, N: 41, Floor: 1.0 / 42, Mode: "Countries with at least 50 clients a day were compared."},
			Grade:   account.Supported,
			Reasons: []string{
				"it begins on the day of enforcement, 2018-04-16, and not on the day of the court's order",
				"none of the three neighbouring countries rose with it",
				"the number of reporting sensors did not change within 14 days of it",
			},
		},
		Main:        account.Chart{Caption: "Clients a day that used a VPN, proxy or circumvention tool, Russia", Description: "Line of daily clients with the expected value and its interval; the line leaves the interval on 2018-04-16.", Series: &main},
		Denominator: denominator(main),
		Placebo:     placebo(random),
		Questions:   questions(random),
		Controls:    controls(random),
		Sensitivity: sensitivity(),
		Method: []string{
			"The expected value of a day is the median of the same weekday over the 28 days before the event, on a logarithmic scale. The effect is the mean difference over the first seven days.",
			"The interval is a moving-block bootstrap of the differences before the event (blocks of 7 days, 2000 draws). The p-value is the rank of the effect among the same estimate on other dates.",
		},
		Provenance: account.Provenance{
			Version: "0.0.0-sample", Packs: "core 0.1.0, sha256 0000", Lists: "none", DataHash: "0000", EventsHash: "0000",
			Counted: []string{"ru-telegram-2018-court"}, Controls: []string{"by", "kz", "ua"},
			Queries: []string{"coverage", "daily_series"}, Command: "banshift report ru-telegram-2018-enforcement", Simulated: true,
			Config: spike.DefaultConfig(),
		},
		Glossary: []account.Term{
			{Word: "client", Meaning: "One pseudonym of one day. A person with two addresses is two clients; two people behind one address are one."},
			{Word: "effect", Meaning: "How far use lay above or below what was to be expected, as a mean over the registered days."},
			{Word: "placebo", Meaning: "The same estimate on a date or in a place where nothing happened."},
			{Word: "supported", Meaning: "The change is there, it is larger than by chance, and the controls did not share it."},
		},
	}
}

func interval(low, high account.Number) account.Interval {
	return account.Interval{Low: low, High: high, Level: 0.95}
}

func times() []time.Time {
	out := make([]time.Time, days)
	for i := range out {
		out[i] = first.AddDate(0, 0, i)
	}
	return out
}

// level is the invented expectation of a day: a weekly cycle and a slow drift.
func level(t time.Time, size float64) float64 {
	week := 1 + 0.08*math.Sin(2*math.Pi*float64(t.Weekday())/7)
	return size * week * (1 + 0.0006*t.Sub(first).Hours()/24)
}

// denominator is what the invented users are measured against: half of their rise is one of all clients.
func denominator(main account.TimeSeries) *account.Denominator {
	share := main
	share.Unit, share.Band, share.Told = "% of clients", nil, nil
	share.Lines = []account.Line{{Name: "observed", Role: account.Observed}}
	for i, v := range main.Lines[0].Values {
		share.Lines[0].Values = append(share.Lines[0].Values, 100*v/main.Told[0].Values[i])
	}
	figure := func(label string, value, low, high account.Number) account.Quantity {
		return account.Quantity{Label: label, Value: value, Interval: interval(low, high), Unit: "%", Signed: true}
	}
	return &account.Denominator{Sentence: "Both moved: the number of all clients, and the share of them that used such a tool.",
		Figures: []account.Quantity{figure("clients that used such a tool", 27.1, 19.2, 36.0), figure("all clients", 12.7, 8.1, 17.4), figure("share of all clients that used one", 12.8, 7.9, 18.0)},
		Chart:   &account.Chart{Caption: "Share of all clients that used such a tool, Russia", Description: "Daily share.", Series: &share}}
}

func usage(random *rand.Rand) account.TimeSeries {
	s := account.TimeSeries{
		Times: times(), Zone: "UTC", Unit: "clients a day",
		Lines: []account.Line{{Name: "observed", Role: account.Observed}, {Name: "expected", Role: account.Baseline}},
		Told:  []account.Line{{Name: "all clients", Role: account.Part}},
		Band:  &account.Band{Name: "95 % interval of the expected"},
		Markers: []account.Marker{
			{At: court, Label: "court order", Kind: account.AnnouncedMarker},
			{At: enforced, Label: "enforced", Kind: account.EnforcedMarker, Notes: []account.Note{{ID: "ru-telegram-2018-enforcement", Target: "Telegram", Kind: "blocked",
				Dates: "announced 2018-04-13, in force 2018-04-16", Text: "Providers are told to block by address.", Sources: []string{"A newspaper, 2018-04-17: https://example.org/telegram-2018", "a register"}}}},
			{At: lifted, Label: "3 million addresses unblocked", Kind: account.OtherMarker},
		},
		Shades: []account.Shade{
			{From: outage, To: outage.AddDate(0, 0, 2), Label: "sensor outage", Kind: account.MaskedShade},
			{From: enforced, To: enforced.AddDate(0, 0, 7), Label: "days of the effect", Kind: account.WindowShade},
		},
	}
	for i, t := range s.Times {
		expected := level(t, 14_200)
		value := expected * math.Exp(0.03*random.NormFloat64()+rise*after(t))
		if !t.Before(outage) && t.Before(outage.AddDate(0, 0, 2)) {
			value *= 0.4
		}
		observed := account.Number(math.Round(value))
		if i >= gapFrom && i < gapFrom+gapDays {
			observed = account.Unknown()
		}
		s.Lines[0].Values = append(s.Lines[0].Values, observed)
		s.Lines[1].Values = append(s.Lines[1].Values, account.Number(math.Round(expected)))
		s.Told[0].Values = append(s.Told[0].Values, account.Number(math.Round(8*expected*(1+.12*after(t)))))
		s.Band.Low = append(s.Band.Low, account.Number(math.Round(expected*0.93)))
		s.Band.High = append(s.Band.High, account.Number(math.Round(expected*1.075)))
	}
	return s
}

// after is 1 in the first weeks of the ban and fades.
func after(t time.Time) float64 {
	if t.Before(enforced) {
		return 0
	}
	return math.Exp(-t.Sub(enforced).Hours() / 24 / 40)
}

func placebo(random *rand.Rand) *account.Chart {
	h := &account.Histogram{What: "dates", Unit: "%", Marked: 27.1, Label: "2018-04-16: +27 %"}
	for range 74 {
		h.Values = append(h.Values, account.Number(3.5*random.NormFloat64()))
	}
	return &account.Chart{Caption: "The same estimate on 74 dates without an event",
		Description: "Histogram of placebo effects around zero; the event's effect of 27 % lies to the right of all.", Histogram: h}
}

// share is a line of a share in percent that moves from one value to another at the ban.
func share(random *rand.Rand, name string, from, to, noise float64) account.TimeSeries {
	s := account.TimeSeries{Times: times(), Zone: "UTC", Unit: "% of the level before",
		Lines:   []account.Line{{Name: name, Role: account.Observed}},
		Markers: []account.Marker{{At: enforced, Label: "enforced", Kind: account.EnforcedMarker}}}
	for _, t := range s.Times {
		value := from
		if !t.Before(enforced) {
			value = to
		}
		s.Lines[0].Values = append(s.Lines[0].Values, account.Number(value+noise*random.NormFloat64()))
	}
	return s
}

func tools(random *rand.Rand) account.TimeSeries {
	s := account.TimeSeries{Times: times(), Zone: "UTC", Unit: "clients a day", Stacked: true,
		Markers: []account.Marker{{At: enforced, Label: "enforced", Kind: account.EnforcedMarker}}}
	for k, name := range []string{"openvpn", "ipsec", "socks", "tor", "wireguard"} {
		line := account.Line{Name: name, Role: account.Part}
		for _, t := range s.Times {
			size := level(t, 6000/float64(k+1)) * math.Exp(0.03*random.NormFloat64()+rise*after(t))
			line.Values = append(line.Values, account.Number(math.Round(size)))
		}
		s.Lines = append(s.Lines, line)
	}
	return s
}

func networks() *account.Forest {
	f := &account.Forest{Unit: "%", Label: "effect on VPN use (%)"}
	for k, effect := range []float64{41, 33, 29, 26, 22, 12, 4} {
		wide := account.Number(6 + 3*float64(k))
		f.Rows = append(f.Rows, account.ForestRow{Label: fmt.Sprintf("AS6450%d", k), Value: account.Number(effect),
			Interval: interval(account.Number(effect)-wide, account.Number(effect)+wide), Weight: account.Number(1 / float64(k+2))})
	}
	f.Rows = append(f.Rows, account.ForestRow{Label: "all networks", Value: 28, Interval: interval(21, 35), Weight: 1, Summary: true})
	return f
}

func one(caption string, s account.TimeSeries) []account.Chart {
	return []account.Chart{{Caption: caption, Description: caption, Series: &s}}
}

func questions(random *rand.Rand) []account.Question {
	mix := tools(random)
	blocked := growth()
	return []account.Question{
		{ID: "spike", Title: "Did VPN use spike, how much, because of which ban?", Answer: "It rose by 27 % in the week from 16 April 2018, and it goes with the enforcement of that day.",
			Figure: account.Quantity{Label: "change of clients a day", Value: 27.1, Interval: interval(19.2, 36), Unit: "%", Signed: true},
			Charts: one("Clients a day by tool", mix), Method: "Clients a day of all tools of the purpose circumvention with a level of at least likely.",
			Caveats: []string{"A client is a pseudonym of one day: returning clients cannot be told from new ones."}},
		{ID: "survival", Title: "Did users stay with the banned service?", Answer: "Most did: 91 % of the clients of the weeks before were seen again with it, directly or through a tunnel.",
			Figure: account.Quantity{Label: "of the level before", Value: 91, Interval: interval(88.4, 93.2), Unit: "%"},
			Charts: one("Clients of the banned service, share of the level before", share(random, "clients", 100, 91, 1.2))},
		{ID: "moves", Title: "Where did the service move?", Answer: "Within two days onto the networks of two cloud providers.",
			Figure: account.Quantity{Label: "from first seen to blocked, median", Value: 9, Interval: interval(5, 14), Unit: "hours"},
			Charts: []account.Chart{{Caption: "Prefixes of the service by network, after the ban", Bars: &account.Bars{Unit: "prefixes", Rows: []account.Bar{
				{Label: "cloud one", Value: 118, Interval: account.NoInterval()}, {Label: "cloud two", Value: 64, Interval: account.NoInterval()},
				{Label: "the service's own networks", Value: 9, Interval: account.NoInterval()}}}}}},
		{ID: "growth", Title: "How fast does the block list grow?", Answer: "From about 100 000 to more than 15 million addresses in two days.",
			Figure: account.Quantity{Label: "addresses blocked on 2018-04-18", Value: 15_706_880, Interval: account.NoInterval(), Unit: "addresses"},
			Charts: one("Addresses blocked, union of all prefixes", blocked)},
		{ID: "collateral", Title: "What else went down?", Missing: "No block list was given, so it is not known which other names lie in blocked space."},
		{ID: "adoption", Title: "Did the replacement win?", Answer: "No: its share stayed below one in fifty.",
			Figure: account.Quantity{Label: "share of messenger clients", Value: 1.64, Interval: interval(1.41, 1.9), Unit: "%"},
			Charts: one("Share of the substitute", share(random, "share", 0.9, 1.64, 0.08))},
		{ID: "networks", Title: "Does every provider enforce?", Answer: "No: the effect differs between networks more than chance explains.",
			Figure: account.Quantity{Label: "I squared, share of the variation that is between networks", Value: 64, Interval: interval(31, 81), Unit: "%"},
			Charts: []account.Chart{{Caption: "Effect by network", Forest: networks()}},
			Table: &account.Table{Caption: "Networks with a test of their own", Columns: []account.Column{{Name: "network", Format: account.Text}, {Name: "clients a day", Format: account.Count}, {Name: "effect", Format: account.Percent}, {Name: "p", Format: account.PValue}},
				Rows: [][]any{{"AS64500", 5210, 41.0, 1.0 / 75}, {"AS64501", 3120, 33.0, 1.0 / 75}, {"AS64502", 980, math.NaN(), math.NaN()}}}},
		{ID: "method-of-blocking", Title: "By address or by pattern?", Answer: "By address: failures follow the server, whatever the protocol.",
			Figure: account.Quantity{Label: "share of failures explained by the address", Value: 88, Interval: interval(80, 94), Unit: "%"}},
		{ID: "cut-off", Title: "Can the country be cut off?", Missing: "No topology was given."},
	}
}

func growth() account.TimeSeries {
	s := account.TimeSeries{Times: times(), Zone: "UTC", Unit: "addresses", Lines: []account.Line{{Name: "addresses", Role: account.Observed}},
		Markers: []account.Marker{{At: enforced, Label: "enforced", Kind: account.EnforcedMarker}}}
	for _, t := range s.Times {
		value := account.Number(98_000)
		if since := t.Sub(enforced).Hours() / 24; since >= 0 {
			value = account.Number(min(15_706_880, 600_000+7_553_440*since))
		}
		s.Lines[0].Values = append(s.Lines[0].Values, value)
	}
	return s
}

func controls(random *rand.Rand) account.Controls {
	c := account.Controls{
		Intro: "These countries use the same tools and had no event. A rise that they share is not the ban's.",
		Chart: &account.Chart{Caption: "Use relative to the expected, in percent", Description: "Small charts of six countries; only Russia leaves zero after 2018-04-16."},
		Table: &account.Table{Caption: "The same estimate in the controls", Columns: []account.Column{
			{Name: "country", Format: account.Text}, {Name: "clients a day", Format: account.Count}, {Name: "effect", Format: account.Percent},
			{Name: "low", Format: account.Percent}, {Name: "high", Format: account.Percent}, {Name: "p in time", Format: account.PValue}, {Name: "grade", Format: account.Text}}},
	}
	for k, name := range []string{"Russia", "Ukraine", "Kazakhstan", "Belarus", "Germany", "United States"} {
		s := account.TimeSeries{Times: times(), Zone: "UTC", Unit: "%", Lines: []account.Line{{Name: "difference", Role: account.Observed}},
			Markers: []account.Marker{{At: enforced, Label: "enforced", Kind: account.EnforcedMarker}}}
		effect := 0.0
		if k == 0 {
			effect = 27
		}
		for _, t := range s.Times {
			s.Lines[0].Values = append(s.Lines[0].Values, account.Number(effect*after(t)+3*random.NormFloat64()))
		}
		grade, p := "not supported", 0.2+0.1*float64(k)
		if k == 0 {
			grade, p = "supported", 1.0/75
		}
		c.Chart.Panels = append(c.Chart.Panels, account.Panel{Title: name, Note: fmt.Sprintf("%+.0f %%, %s", effect, grade), Series: s})
		c.Table.Rows = append(c.Table.Rows, []any{name, 14_200 / (k + 1), effect + 0.4*float64(k), effect - 7.9, effect + 8.8, p, grade})
	}
	return c
}

func sensitivity() account.Sensitivity {
	s := account.Sensitivity{Intro: "The window of 28 days before and 7 after was registered before the data were looked at. Others are shown so that nobody has to ask.",
		RowName: "days before", ColName: "days after", Rows: []string{"14", "28", "56"}, Cols: []string{"3", "7", "14"}}
	for i := range s.Rows {
		var row []account.SensitivityCell
		for j := range s.Cols {
			effect := account.Number(30 - 2*float64(j) + float64(i))
			row = append(row, account.SensitivityCell{EffectPct: effect, Interval: interval(effect-9, effect+9), P: 1.0 / 75, Registered: i == 1 && j == 1})
		}
		s.Cells = append(s.Cells, row)
	}
	return s
}
