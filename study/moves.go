package study

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/transform/blocking"
)

// churn asks where the service moved.
func (s *study) churn() account.Question {
	q := account.Question{ID: "churn", Title: "Where did the service move?"}
	if len(s.Facts.Sightings) < 2 || !s.Facts.Sightings[0].Day.Before(s.day) || s.Facts.Sightings[len(s.Facts.Sightings)-1].Day.Before(s.day) {
		q.Missing = fmt.Sprintf("The store does not hold endpoints of %s from before and after the event.", s.Event.Target)
		return q
	}
	churn := blocking.MeasureChurn(s.Facts.Sightings)
	arrived, lives := s.arrivals(churn)
	if len(arrived) == 0 {
		q.Missing = fmt.Sprintf("No new endpoint of %s was seen from the event on, so there is no lifetime to tell.", s.Event.Target)
		return q
	}
	steps := blocking.KaplanMeier(lives)
	low, high := blocking.MedianInterval(steps)
	q.Figure = quantity("median lifetime of an endpoint that arrived from the event on", blocking.Median(steps), low, high, "days")
	q.Answer = fmt.Sprintf("From %s on, %s was reached at %s at which it had not been seen before, in %s; half of them were in use for no longer than %s.",
		s.day.Format("2\u00a0January\u00a02006"), s.Event.Target, account.CountOf(len(arrived), "prefixes"), account.CountOf(len(networksOf(arrived)), "networks"), q.Figure)
	q.Charts = []account.Chart{s.churnChart(churn), networkBars(arrived)}
	q.Table = s.churnTable(churn, arrived)
	q.Method = "An endpoint is a /24 or /48 with its network, on a day on which a client of the country tried it. Lifetimes are estimated by Kaplan and Meier, the median's interval by Brookmeyer and Crowley. An endpoint that was seen in the last days has not ended; one that was there on the first day has no known age."
	q.Caveats = []string{"An endpoint that nobody tried is not seen: lifetimes are at least what is printed.",
		"Moves match the departures of a day with its arrivals by network; which server replaced which is not known."}
	return q
}

// arrivals are the endpoints first seen from the event on, with their lifetimes.
func (s *study) arrivals(churn blocking.Churn) ([]blocking.Endpoint, []blocking.Lifetime) {
	var sightings []blocking.Sighting
	known := map[blocking.Endpoint]bool{}
	for _, sight := range s.Facts.Sightings {
		if sight.Day.Before(s.day) {
			for _, e := range sight.Endpoints {
				known[e] = true
			}
			continue
		}
		if sightings == nil { // an empty day before: nothing of what follows is of unknown age
			sightings = append(sightings, blocking.Sighting{Day: s.day.AddDate(0, 0, -1)})
		}
		fresh := slices.DeleteFunc(slices.Clone(sight.Endpoints), func(e blocking.Endpoint) bool { return known[e] })
		sightings = append(sightings, blocking.Sighting{Day: sight.Day, Endpoints: fresh})
	}
	var list []blocking.Endpoint
	for e, first := range churn.FirstSeen {
		if !first.Before(s.day) {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b blocking.Endpoint) int { return cmp.Or(a.Prefix.Compare(b.Prefix), cmp.Compare(a.ASN, b.ASN)) })
	return list, blocking.MeasureChurn(sightings).Lifetimes
}

func networksOf(list []blocking.Endpoint) map[uint32]int {
	counts := map[uint32]int{}
	for _, e := range list {
		counts[e.ASN]++
	}
	return counts
}

func (s *study) churnChart(churn blocking.Churn) account.Chart {
	present, arrivals, departures := map[time.Time]float64{}, map[time.Time]float64{}, map[time.Time]float64{}
	for _, c := range churn.Changes {
		present[c.Day], arrivals[c.Day], departures[c.Day] = float64(c.Present), float64(c.Arrivals), float64(c.Departures)
	}
	return s.chart("Endpoints of "+s.Event.Target+" that clients tried, "+s.place, "Daily endpoints present, arrived and departed.", "prefixes",
		[]string{"present", "arrived", "departed"}, present, arrivals, departures)
}

func networkBars(list []blocking.Endpoint) account.Chart {
	counts := networksOf(list)
	bars := &account.Bars{Unit: "endpoints"}
	for _, asn := range slices.SortedFunc(maps.Keys(counts), func(a, b uint32) int { return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b)) }) {
		bars.Rows = append(bars.Rows, account.Bar{Label: asText(asn), Value: account.Number(counts[asn]), Interval: account.NoInterval()})
	}
	bars.Rows = bars.Rows[:min(len(bars.Rows), 12)]
	return account.Chart{Caption: "Networks of the endpoints that arrived from the event on", Description: "Bars: endpoints by network.", Bars: bars}
}

func asText(asn uint32) string {
	if asn == 0 {
		return "network unknown"
	}
	return fmt.Sprintf("AS%d", asn)
}

func (s *study) churnTable(churn blocking.Churn, arrived []blocking.Endpoint) *account.Table {
	t := &account.Table{Caption: "Churn, from the event on", Columns: columns("what", "value", "from", "to")}
	n, overlap := 0, 0.0
	for _, c := range churn.Changes {
		if !c.Day.Before(s.day) {
			n, overlap = n+1, overlap+c.Jaccard
		}
	}
	t.Rows = append(t.Rows, []any{"endpoints that arrived", len(arrived), nil, nil})
	if n > 0 {
		t.Rows = append(t.Rows, []any{"mean Jaccard overlap of one day with the next", overlap / float64(n), nil, nil})
	}
	moves := 0
	for route, count := range churn.Moves {
		if route[0] != 0 && route[0] != route[1] {
			moves += count
		}
	}
	t.Rows = append(t.Rows, []any{"arrivals that replaced an endpoint of another network", moves, nil, nil})
	if lags := s.lags(churn, arrived); len(lags) > 0 && len(s.Facts.Snapshots) > 0 {
		steps := blocking.TimeToBlock(lags)
		within := blocking.Step{Share: 1, Low: 1, High: 1}
		var days []float64
		for _, step := range steps {
			if step.Age <= 7 {
				within = step
			}
		}
		for _, l := range lags {
			if l.Blocked {
				days = append(days, l.Days)
			}
		}
		t.Rows = append(t.Rows, []any{"blocked within 7 days of being seen (%)", 100 * (1 - within.Share), 100 * (1 - within.High), 100 * (1 - within.Low)},
			[]any{"endpoints that were blocked while in use", len(days), nil, nil}, []any{"days from first seen to blocked, median of these", median(days), nil, nil})
	}
	return t
}

// lags are how long each endpoint was seen before the list held it.
func (s *study) lags(churn blocking.Churn, arrived []blocking.Endpoint) []blocking.Lag {
	last := map[blocking.Endpoint]time.Time{}
	for _, sight := range s.Facts.Sightings {
		for _, e := range sight.Endpoints {
			last[e] = sight.Day
		}
	}
	var lags []blocking.Lag
	for _, e := range arrived {
		lag := blocking.Lag{Days: last[e].Sub(churn.FirstSeen[e]).Hours() / 24}
		for t := churn.FirstSeen[e]; !t.After(last[e]); t = t.AddDate(0, 0, 1) {
			if s.blockedOn(t).ContainsAll(e.Prefix) {
				lag = blocking.Lag{Days: t.Sub(churn.FirstSeen[e]).Hours() / 24, Blocked: true}
				break
			}
		}
		lags = append(lags, lag)
	}
	return lags
}

// growth asks how fast the block list grows.
func (s *study) growth() account.Question {
	q := account.Question{ID: "growth", Title: "How fast does the block list grow?"}
	from, to := s.list(s.day.AddDate(0, 0, -1)), s.list(s.until().AddDate(0, 0, -1))
	if from == nil || to == nil || !to[0].Day.After(from[0].Day) {
		q.Missing = "The store does not hold the block list from before and after the event; 'banshift blocklist import' brings it."
		return q
	}
	grown, err := blocking.Grow(s.Facts.Snapshots)
	if err != nil {
		q.Missing = "The block list cannot be read: " + err.Error() + "."
		return q
	}
	total, added := map[time.Time]float64{}, map[time.Time]float64{}
	t := &account.Table{Caption: "The list from the week before the event to the end of the registered days, by day of observation", Columns: columns("day seen", "prefixes", "addresses", "added", "removed")}
	for _, g := range grown {
		total[g.Day], added[g.Day] = float64(g.Addresses), float64(g.Added)
		if !g.Day.Before(s.day.AddDate(0, 0, -7)) && g.Day.Before(s.until()) {
			t.Rows = append(t.Rows, []any{day(g.Day), g.Rows, g.Addresses, g.Added, g.Removed})
		}
	}
	was, is := s.blockedOn(from[0].Day).Count(), s.blockedOn(to[0].Day).Count()
	q.Figure = exact("more than before the event", float64(is)-float64(was), "addresses")
	q.Answer = fmt.Sprintf("The list held %s on %s and %s on %s.", exact("", float64(was), "addresses"), day(from[0].Day), exact("", float64(is), "addresses"), day(to[0].Day))
	q.Charts = []account.Chart{s.chart("Addresses on the block list, each counted once", "Daily number of blocked IPv4 addresses.", "addresses", []string{"blocked"}, total)}
	q.Table = t
	q.Method = "The union of the list's prefixes on each day on which it was seen: an address that several rows hold counts once. The day is that of the observation, never of a decree."
	q.Caveats = []string{"The figure is a count and has no sampling error; what happened between two observations is not known.", "IPv4 only: one IPv6 prefix would outweigh all of it."}
	return q
}

// border asks whether the country can be cut off.
func (s *study) border() account.Question {
	q := account.Question{ID: "border", Title: "Can the country be cut off?"}
	b := s.Facts.Border
	if b == nil || b.Networks == 0 {
		q.Missing = "No topology was given; --topology DIR reads AS relationships and delegations."
		return q
	}
	q.Figure = exact("with links abroad", float64(b.Networks), "networks")
	q.Answer = fmt.Sprintf("%s in %s have links abroad; the three with the most hold %.3g\u00a0%% of them.", q.Figure, s.place, 100*b.TopThree)
	q.Charts = []account.Chart{{Caption: "How concentrated the links abroad are", Description: "Bars: share of the links held by the three largest networks, and by the rest.",
		Bars: &account.Bars{Unit: "% of the links", Rows: []account.Bar{
			{Label: "three largest networks", Value: account.Number(100 * b.TopThree), Interval: account.NoInterval()},
			{Label: "all others", Value: account.Number(100 * (1 - b.TopThree)), Interval: account.NoInterval()}}}}}
	q.Table = &account.Table{Caption: "The border", Columns: columns("what", "value"), Rows: [][]any{
		{"networks with links abroad", b.Networks}, {"links abroad", b.Links},
		{"Herfindahl-Hirschman index of the networks' shares (0 to 1)", b.HHI}, {"as many networks of equal size", 1 / math.Max(b.HHI, 1e-9)}}}
	q.Method = "A link counts where one of its two networks is registered in the country and the other in another one, once however often it is listed."
	q.Caveats = []string{"A count of what the files hold, without sampling error: public route collectors miss links, above all peering.",
		"Networks belong to organisations: fewer decisions than networks may be needed to cut them."}
	return q
}
