package study

import (
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"time"

	"github.com/banshift/banshift/study/account"
	"github.com/banshift/banshift/transform/blocking"
)

// collateral asks what else went down.
func (s *study) collateral() account.Question {
	q := account.Question{ID: "collateral", Title: "What else went down?"}
	if len(s.Facts.Snapshots) == 0 || s.list(s.day) == nil {
		q.Missing = "The store does not hold the block list of these days; 'banshift blocklist import' brings it."
		return q
	}
	var soft, hard, all, partial uint64
	by := [2]map[time.Time]float64{{}, {}}
	for _, d := range s.Facts.Names {
		c := blocking.MeasureCollateral(d.Resolutions, s.blockedOn(d.Day))
		by[0][d.Day], by[1][d.Day] = 100*c.Soft.Value, 100*c.Hard.Value
		if s.after(d.Day) {
			soft, hard, all, partial = soft+c.SoftQueries, hard+c.HardQueries, all+c.Queries, partial+c.Partial
		}
	}
	if all == 0 {
		q.Missing = "The store holds no DNS answers of the days from the event on."
		return q
	}
	q.Figure = share("of questions for other names led into blocked space", blocking.Wilson(soft, all))
	gone := share("", blocking.Wilson(hard, all))
	q.Answer = fmt.Sprintf("In the %s from the event on, %s of the questions for names that are no known service's were answered with a blocked address, %s with nothing else.", account.CountOf(s.Config.AfterDays, "days"), q.Figure, gone)
	q.Charts = []account.Chart{s.chart("Questions for other names that led into blocked space, "+s.place, "Daily shares, some and all of the addresses blocked.", "% of the questions",
		[]string{"some address blocked", "all addresses blocked"}, by[0], by[1])}
	q.Table = &account.Table{Caption: "The days from the event on", Columns: columns("what", "%", "from", "to")}
	row := func(what string, f account.Quantity) {
		q.Table.Rows = append(q.Table.Rows, []any{what, f.Value, f.Interval.Low, f.Interval.High})
	}
	row("questions answered with some blocked address", q.Figure)
	row("questions answered with blocked addresses only", gone)
	if partial > 0 {
		row("in the first row too, if a prefix that is blocked in part counted", share("", blocking.Wilson(partial, all)))
	}
	before, after := s.otherFailures()
	if before.Of > 0 && after.Of > 0 {
		row("connections to no known service without an answer, before", share("", before))
		row("and from the event on", share("", after))
		d := blocking.Compare(before, after)
		row("the difference, in points", quantity("", 100*d.Value, 100*d.Low, 100*d.High, ""))
	}
	if d := s.controlPrefixes(); !math.IsNaN(d.Difference) {
		row("connections to other known services: without an answer at blocked addresses more than at the others of the same networks, in points",
			quantity("", 100*d.Difference, 100*d.Low, 100*d.High, ""))
	}
	if blocked := s.blockedOn(s.until().AddDate(0, 0, -1)); blocked.Count() > 0 && len(s.Facts.Sightings) > 0 {
		q.Table.Rows = append(q.Table.Rows, []any{"of the blocked addresses, in a /24 at which " + s.Event.Target + " was tried", 100 * blocking.Precision(blocked, s.tried()), nil, nil})
	}
	q.Method = "Names are weighted by how often they are asked for, each day against the list of that day. A name counts as blocked in part where some address of an answer is, wholly where all are; answers are kept as /24 or /48, which count as blocked from one half on. Intervals are Wilson's."
	q.Caveats = []string{"A question is not a visit, and a name with a second address may still work.",
		"Destinations of connections to no known service are not kept, so their failures are told for all of them together; failures at blocked addresses against control prefixes are told for known services alone."}
	return q
}

// controlPrefixes compares the failures of other known services at blocked addresses with those
// at control prefixes, the other ones of the same networks, in the days from the event on.
func (s *study) controlPrefixes() blocking.Contrast {
	byNetwork := map[uint32]*[2]blocking.Attempts{}
	for _, a := range s.Facts.Attempts {
		share := s.blockedOn(a.Day).Share(a.Endpoint.Prefix)
		if a.Banned || a.Endpoint.ASN == 0 || !s.after(a.Day) || share > 0 && share < 1 {
			continue
		}
		if byNetwork[a.Endpoint.ASN] == nil {
			byNetwork[a.Endpoint.ASN] = &[2]blocking.Attempts{}
		}
		cell := &byNetwork[a.Endpoint.ASN][int(share)]
		cell.Tried, cell.Failed = cell.Tried+a.Tried, cell.Failed+a.Unanswered
	}
	var strata [][2]blocking.Attempts
	for _, asn := range slices.Sorted(maps.Keys(byNetwork)) {
		strata = append(strata, *byNetwork[asn])
	}
	return blocking.MantelHaenszel(strata)
}

// tried are the prefixes at which the banned service was tried before the end of the registered days.
func (s *study) tried() blocking.Addresses {
	var prefixes []netip.Prefix
	for _, sight := range s.Facts.Sightings {
		for _, e := range sight.Endpoints {
			if sight.Day.Before(s.until()) {
				prefixes = append(prefixes, e.Prefix)
			}
		}
	}
	set, err := blocking.Union(prefixes)
	if err != nil {
		return blocking.Addresses{} // the store gives valid prefixes only
	}
	return set
}

// otherFailures are the failures of connections to no known service before and after.
func (s *study) otherFailures() (before, after blocking.Proportion) {
	var n [2][2]uint64
	for _, d := range s.Facts.Others {
		switch {
		case s.before(d.Day):
			n[0][0], n[0][1] = n[0][0]+d.Unanswered, n[0][1]+d.Tried
		case s.after(d.Day):
			n[1][0], n[1][1] = n[1][0]+d.Unanswered, n[1][1]+d.Tried
		}
	}
	return blocking.Wilson(n[0][0], n[0][1]), blocking.Wilson(n[1][0], n[1][1])
}

// adoption asks whether the replacement won.
func (s *study) adoption() account.Question {
	q := account.Question{ID: "adoption", Title: "Did the replacement win?"}
	if s.Facts.Substitute == "" {
		q.Missing = fmt.Sprintf("No replacement of %s is named; --substitute NAME or substitutes: in the configuration names one.", s.Event.Target)
		return q
	}
	var before, after []blocking.Users
	by := map[time.Time]float64{}
	seen := false
	for _, d := range s.Facts.Users {
		if s.before(d.Day) {
			before = append(before, d.Users)
		} else if s.after(d.Day) {
			after = append(after, d.Users)
		}
		seen = seen || d.Substitute > 0
		by[d.Day] = 100 * float64(d.Substitute) / math.Max(1, float64(d.Substitute+d.Banned))
	}
	if len(before) == 0 || len(after) == 0 || !seen {
		q.Missing = fmt.Sprintf("The store holds no use of %s from before and after the event.", s.Facts.Substitute)
		return q
	}
	a := blocking.MeasureAdoption(before, after)
	q.Figure = share("of the users of both were the replacement's", a.After)
	q.Answer = fmt.Sprintf("%s had %s of the users of both services in the %s from the event on, after %s in the %s before.",
		account.UpperFirst(s.Facts.Substitute), q.Figure, account.CountOf(s.Config.AfterDays, "days"), share("", a.Before), account.CountOf(s.Config.BeforeDays, "days"))
	q.Charts = []account.Chart{s.chart("Share of "+s.Facts.Substitute+" among the users of both, "+s.place, "Daily share in percent.", "%", []string{"share"}, by)}
	q.Table = &account.Table{Caption: "The replacement's share", Columns: columns("what", "%", "from", "to", "users a day, summed"), Rows: [][]any{
		{"before", 100 * a.Before.Value, 100 * a.Before.Low, 100 * a.Before.High, a.Before.Of},
		{"from the event on", 100 * a.After.Value, 100 * a.After.Low, 100 * a.After.High, a.After.Of},
		{"change, in points", 100 * a.Change.Value, 100 * a.Change.Low, 100 * a.Change.High, nil},
		{"p of the change, times 100", 100 * a.Change.P, nil, nil, nil}}}
	q.Method = "Clients that got an answer of each service, summed over days: intervals by Wilson, of the change by Newcombe, p by the two-proportion test."
	q.Caveats = []string{"A client that uses both counts for both.", "A client is a pseudonym of one day: regular users count on each day, so the days are not independent and the interval is rather too narrow."}
	return q
}

// enforcement asks whether every provider enforces.
func (s *study) enforcement() account.Question {
	q := account.Question{ID: "enforcement", Title: "Does every provider enforce?"}
	at := int(s.day.Sub(s.series.Start).Hours() / 24)
	effects, err := blocking.NetworkEffects(s.Facts.Networks, at, blocking.Windows{Before: s.Config.BeforeDays, After: s.Config.AfterDays})
	if err != nil || len(effects) < 2 {
		q.Missing = "Fewer than two networks of the country have enough days before and after the event."
		return q
	}
	h, err := blocking.MeasureHeterogeneity(effects)
	if err != nil {
		q.Missing = "The networks cannot be compared: " + err.Error() + "."
		return q
	}
	typical := h.TypicalVariance()
	q.Figure = quantity("of the spread is between networks (I squared)", 100*h.ISquared, 100*h.TauLow/(h.TauLow+typical), 100*h.TauHigh/(h.TauHigh+typical), "%")
	differ := "differ more than chance explains"
	if h.P >= .05 {
		differ = "do not differ more than chance explains"
	}
	q.Answer = fmt.Sprintf("The effects of %d networks %s; %s of their spread is between networks.", len(effects), differ, q.Figure)
	q.Charts = []account.Chart{forest(h, s.place)}
	q.Table = &account.Table{Caption: "How far networks differ", Columns: columns("what", "value", "from", "to"), Rows: [][]any{
		{"tau squared, variance between networks (log scale)", h.TauSquared, h.TauLow, h.TauHigh},
		{"I squared (%)", 100 * h.ISquared, q.Figure.Interval.Low, q.Figure.Interval.High},
		{"p of equal effects", h.P, nil, nil},
		{"mean effect (%)", pct(h.Mean), pct(h.Low), pct(h.High)},
		{"effect in another network (%)", nil, pct(h.PredictLow), pct(h.PredictHigh)}}}
	q.Method = "The effect on circumvention in each network, as for the first question; pooled by DerSimonian and Laird, with the Q-profile interval of tau squared. The noise is pooled over networks from earlier windows, each without what all networks share in it."
	q.Caveats = []string{"Where a provider enforces, more of its clients need a way around: a small effect may also mean clients who care less."}
	return q
}

func forest(h blocking.Heterogeneity, place string) account.Chart {
	f := &account.Forest{Unit: "%", Label: "change of circumvention"}
	for i, n := range h.Networks {
		half := 1.959964 * math.Sqrt(n.Variance)
		f.Rows = append(f.Rows, account.ForestRow{Label: n.Network, Value: account.Number(pct(n.Effect)), Weight: account.Number(h.Weights[i]),
			Interval: account.Interval{Low: account.Number(pct(n.Effect - half)), High: account.Number(pct(n.Effect + half)), Level: level}})
	}
	f.Rows = append(f.Rows, account.ForestRow{Label: "all", Summary: true, Value: account.Number(pct(h.Mean)), Weight: 1,
		Interval: account.Interval{Low: account.Number(pct(h.Low)), High: account.Number(pct(h.High)), Level: level}})
	return account.Chart{Caption: "Effect by network, " + place, Description: "Forest plot: effect with interval of each network and of all.", Forest: f}
}

// byMethod asks whether the block goes by address or by pattern.
func (s *study) byMethod() account.Question {
	q := account.Question{ID: "pattern", Title: "By address or by pattern?"}
	if s.list(s.day) == nil {
		q.Missing = "The store does not hold the block list of these days; 'banshift blocklist import' brings it."
		return q
	}
	var f blocking.Failures
	for _, a := range s.Facts.Attempts {
		if !s.after(a.Day) {
			continue
		}
		listed := s.blockedOn(a.Day).Share(a.Endpoint.Prefix)
		if listed > 0 && listed < 1 {
			continue // which address of the prefix was tried is not kept
		}
		cell := &f.Cells[int(listed)][index(a.Banned)]
		cell.Tried, cell.Failed = cell.Tried+a.Tried, cell.Failed+a.Unanswered
	}
	d := blocking.Decompose(f)
	if d.Method == blocking.Unknown {
		q.Missing = "Connections to listed and to other addresses, of the banned and of other services, are not all there."
		return q
	}
	q.Figure = quantity("more failures at listed addresses than at others", 100*d.Address.Difference, 100*d.Address.Low, 100*d.Address.High, "points")
	q.Answer = methodWords(d.Method) + fmt.Sprintf(" At listed addresses the share of connections without an answer is %s higher than at others.", q.Figure)
	bars := &account.Bars{Unit: "% without an answer"}
	q.Table = &account.Table{Caption: "Connections in the days from the event on", Columns: columns("which", "tried", "without an answer", "%", "from", "to")}
	for listed, row := range f.Cells {
		for banned, c := range row {
			if c.Tried == 0 {
				continue
			}
			label := []string{"other services", s.Event.Target}[banned] + ", " + []string{"not listed", "listed"}[listed]
			p := share("", blocking.Wilson(c.Failed, c.Tried))
			bars.Rows = append(bars.Rows, account.Bar{Label: label, Value: p.Value, Interval: p.Interval})
			q.Table.Rows = append(q.Table.Rows, []any{label, c.Tried, c.Failed, p.Value, p.Interval.Low, p.Interval.High})
		}
	}
	q.Table.Rows = append(q.Table.Rows,
		[]any{"by address: difference in points", nil, nil, 100 * d.Address.Difference, 100 * d.Address.Low, 100 * d.Address.High},
		[]any{"by service: difference in points", nil, nil, 100 * d.Pattern.Difference, 100 * d.Pattern.Low, 100 * d.Pattern.High})
	q.Charts = []account.Chart{{Caption: "Connections without an answer, " + s.place, Description: "Bars: failures by whether the address is listed and by service.", Bars: bars}}
	q.Method = "Failures split two ways, by whether the server's address is on the list of the day and by whether the connection is the banned service's; differences by Mantel and Haenszel with the other factor held fixed, tested by Cochran, Mantel and Haenszel. A factor counts with p under .01 and at least 5 points."
	q.Caveats = []string{"A server that is down looks like one that is blocked.", "Prefixes that are listed in part are left out: which of their addresses was tried is not kept."}
	return q
}

func index(b bool) int {
	if b {
		return 1
	}
	return 0
}

func methodWords(m blocking.Method) string {
	switch m {
	case blocking.ByAddress:
		return "By address: failures follow the block list."
	case blocking.ByPattern:
		return "By pattern: failures follow the service whatever its address."
	case blocking.ByBoth:
		return "Both ways: failures follow the block list, and the service as well."
	}
	return "Neither: failures follow neither the block list nor the service."
}
