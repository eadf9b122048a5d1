package simulate

import (
	"math"
	"slices"
)

// replicateCount is how often the model is drawn anew for the range of an estimate.
const replicateCount = 300

// Days before and after an event that the true answers refer to.
const (
	daysBefore = 28
	daysAfter  = 7
)

// rate is the expected number of users of one network on one day, without noise.
type rate func(n, day int) float64

// rateOf is the expected use of one activity.
func (g *Generator) rateOf(a activity) rate {
	return func(n, day int) float64 { return math.Exp(g.demand.logMean(n, a, day)) }
}

// networksOf lists the networks of a country.
func (g *Generator) networksOf(country int) []int {
	var nets []int
	for n := range g.world.networks {
		if g.world.networks[n].country == country {
			nets = append(nets, n)
		}
	}
	return nets
}

// replicate draws the users of several kinds (of the same clients, so with the same noise)
// on the days [first, first+days), as often as yield is called: counts[kind][network][day].
func (g *Generator) replicate(r random, nets []int, first, days int, rates []rate, yield func(counts [][][]float64)) {
	means := make([][][]float64, len(rates))
	counts := make([][][]float64, len(rates))
	for k := range rates {
		for _, n := range nets {
			row := make([]float64, days)
			for day := range row {
				row[day] = rates[k](n, first+day)
			}
			means[k] = append(means[k], row)
			counts[k] = append(counts[k], make([]float64, days))
		}
	}
	noise := g.scenario.Noise
	for range replicateCount {
		common, own := r.path(noise.World, days), r.path(noise.Country, days)
		for i := range nets {
			single := r.path(noise.Network, days)
			for day := range days {
				factor := math.Exp(common[day] + own[day] + single[day])
				for k := range rates {
					counts[k][i][day] = float64(r.poisson(means[k][i][day] * factor))
				}
			}
		}
		yield(counts)
	}
}

// sumNetworks adds the rows of all networks.
func sumNetworks(rows [][]float64) []float64 {
	sum := make([]float64, len(rows[0]))
	for _, row := range rows {
		for i, x := range row {
			sum[i] += x
		}
	}
	return sum
}

// logRatio is the estimate that the ranges are for: the mean of log x over the median of
// the same weekday in the 28 days before, over a week that begins so many days after the
// series' first 28.
func logRatio(series []float64, weekAfter int) float64 {
	sum := 0.0
	for i := range daysAfter {
		day := daysBefore + weekAfter + i
		var same []float64
		for k := day % 7; k < daysBefore; k += 7 {
			same = append(same, series[k])
		}
		sum += math.Log((series[day] + .5) / (median(same) + .5))
	}
	return sum / daysAfter
}

// around is a value with the middle 95 % of its replicates, widened to hold the value.
func around(value float64, replicates []float64) Estimate {
	sorted := slices.Sorted(slices.Values(replicates))
	n := float64(len(sorted) - 1)
	return Estimate{value, min(value, sorted[int(.025*n)]), max(value, sorted[int(.975*n+.5)])}
}

// eventDay is an event of the scenario with its country and first day. until is the first
// day that belongs to the next event of the same ban.
type eventDay struct {
	id, country string
	day, until  int
}

func (g *Generator) eventDays() []eventDay {
	s := &g.scenario
	last, enforced := s.Days(), s.day(s.Ban.Enforced)
	events := []eventDay{{s.Ban.eventID("court"), s.Ban.Country, s.day(s.Ban.Announced), enforced}}
	for _, c := range s.Countries {
		events = append(events, eventDay{s.Ban.eventID("enforcement"), c.Code, enforced, last})
	}
	for _, u := range s.Unrelated {
		events = append(events, eventDay{u.ID, u.Country, s.day(u.Date), last})
	}
	return events
}

// circumvention are the users of tunnels together with those who reach the banned
// service by a proxy: a record cannot tell why somebody uses a proxy.
func (g *Generator) circumvention() rate {
	tunnelled := g.rateOf(tunnels)
	_, proxied := g.bannedRates()
	return func(n, day int) float64 { return tunnelled(n, day) + proxied(n, day) }
}

// effects answers how large the effect of each event on the use of circumvention was.
func (g *Generator) effects(counted []CountryTruth) []EffectTruth {
	var truths []EffectTruth
	use := g.circumvention()
	for i, e := range g.eventDays() {
		country := g.scenario.country(e.country)
		nets := g.networksOf(country)
		var estimates []float64
		g.replicate(stream(g.seed, keyReplicates, uint64(i)), nets, e.day-daysBefore, daysBefore+daysAfter,
			[]rate{use}, func(counts [][][]float64) {
				estimates = append(estimates, logRatio(sumNetworks(counts[0]), 0))
			})
		realised := make([]float64, daysBefore+daysAfter)
		for k := range realised {
			day := e.day - daysBefore + k
			realised[k] = float64(counted[country].VPNUsers[day] + counted[country].BannedProxied[day])
		}
		value := g.trueEffect(nets, tunnels, use, e.day, e.day+daysAfter)
		own := g.trueEffect(nets, tunnels, use, e.day, min(e.until, e.day+daysAfter))
		truths = append(truths, EffectTruth{
			Event: e.id, Country: e.country, Date: g.dateText(e.day), Log: around(value, estimates),
			Percent: 100 * (math.Exp(value) - 1), Own: own, Realised: logRatio(realised, 0),
		})
	}
	return truths
}

// trueEffect is the mean over the week from a day of log expected users (use) over those
// of an activity without any event; days from until on count as without effect.
func (g *Generator) trueEffect(nets []int, a activity, use rate, from, until int) float64 {
	sum := 0.0
	for day := from; day < until; day++ {
		with, without := 0.0, 0.0
		for _, n := range nets {
			with += use(n, day)
			without += math.Exp(g.demand.logMean(n, a, day) - g.demand.effect(n, a, day))
		}
		sum += math.Log(with / without)
	}
	return sum / daysAfter
}

// blockedChoice is the chance that a client in an enforcing network fails at its first try
// of the banned service.
func (g *Generator) blockedChoice(n, day int) float64 {
	fleet, listed := 0, 0
	for _, i := range g.world.serviceByDay[day] {
		if e := &g.world.service[i]; e.network < g.world.cloudCount {
			fleet++
			if g.world.blocked.blocks(e.addr, day) {
				listed++
			}
		}
	}
	share := 1.0
	if fleet > 0 {
		share = fleetShare*float64(listed)/float64(fleet) + 1 - fleetShare
	}
	return g.world.networks[n].enforces * share
}

// bannedRates are the users of the banned service who get through directly, and by a proxy.
func (g *Generator) bannedRates() (direct, proxied rate) {
	enforced := g.scenario.day(g.scenario.Ban.Enforced)
	tried := g.rateOf(bannedUse)
	byProxy := func(n, day int) float64 {
		if day < enforced {
			return 0
		}
		return g.scenario.Ban.Tunnelled * g.world.networks[n].enforces
	}
	direct = func(n, day int) float64 {
		fails := 0.0
		if day >= enforced && g.world.networks[n].enforces > 0 {
			fails = g.blockedChoice(n, day)
		}
		return tried(n, day) * (1 - byProxy(n, day)) * (1 - fails*fails)
	}
	proxied = func(n, day int) float64 { return tried(n, day) * byProxy(n, day) }
	return direct, proxied
}

// survival answers whether users stayed with the banned service.
func (g *Generator) survival() SurvivalTruth {
	nets := g.networksOf(g.scenario.country(g.scenario.Ban.Country))
	enforced := g.scenario.day(g.scenario.Ban.Enforced)
	direct, proxied := g.bannedRates()
	first, days := enforced-daysBefore, daysBefore+4*daysAfter
	weeks := [2]int{0, 3 * daysAfter}
	var directs, reached, shares [2][]float64
	measure := func(counts [][][]float64, add func(week int, direct, reached, share float64)) {
		d, p := sumNetworks(counts[0]), sumNetworks(counts[1])
		both := make([]float64, len(d))
		for i := range both {
			both[i] = d[i] + p[i]
		}
		for w, after := range weeks {
			from := daysBefore + after
			through, all := 0.0, 0.0
			for i := from; i < from+daysAfter; i++ {
				through, all = through+p[i], all+both[i]
			}
			add(w, logRatio(d, after), logRatio(both, after), through/max(1, all))
		}
	}
	g.replicate(stream(g.seed, keyReplicates, 1<<20), nets, first, days, []rate{direct, proxied}, func(counts [][][]float64) {
		measure(counts, func(w int, d, b, share float64) {
			directs[w], reached[w], shares[w] = append(directs[w], d), append(reached[w], b), append(shares[w], share)
		})
	})
	// The true values: the same measure of what is expected, against what it would have been.
	var t SurvivalTruth
	for w, after := range weeks {
		t.Weeks[w] = g.dateText(enforced + after)
		sumDirect, sumBoth, through, all := 0.0, 0.0, 0.0, 0.0
		for day := enforced + after; day < enforced+after+daysAfter; day++ {
			d, p, without := 0.0, 0.0, 0.0
			for _, n := range nets {
				d, p = d+direct(n, day), p+proxied(n, day)
				without += math.Exp(g.demand.logMean(n, bannedUse, day) - g.demand.effect(n, bannedUse, day))
			}
			sumDirect, sumBoth = sumDirect+math.Log(d/without), sumBoth+math.Log((d+p)/without)
			through, all = through+p, all+d+p
		}
		t.Direct[w] = around(sumDirect/daysAfter, directs[w])
		t.Reached[w] = around(sumBoth/daysAfter, reached[w])
		t.ProxyShare[w] = around(through/all, shares[w])
	}
	return t
}

// adoption answers whether the substitute won.
func (g *Generator) adoption() AdoptionTruth {
	nets := g.networksOf(g.scenario.country(g.scenario.Ban.Country))
	enforced := g.scenario.day(g.scenario.Ban.Enforced)
	direct, proxied := g.bannedRates()
	rates := []rate{g.rateOf(substituteUse), direct, proxied}
	first, days := enforced-daysBefore, daysBefore+daysAfter
	share := func(substitute, banned []float64, from, to int) float64 {
		s, all := 0.0, 0.0
		for i := from; i < to; i++ {
			s, all = s+substitute[i], all+substitute[i]+banned[i]
		}
		return s / max(all, 1e-9)
	}
	split := func(counts [][][]float64) (substitute, banned []float64) {
		substitute, banned = sumNetworks(counts[0]), sumNetworks(counts[1])
		for i, p := range sumNetworks(counts[2]) {
			banned[i] += p
		}
		return substitute, banned
	}
	var before, after, logs []float64
	g.replicate(stream(g.seed, keyReplicates, 1<<21), nets, first, days, rates, func(counts [][][]float64) {
		substitute, banned := split(counts)
		before = append(before, share(substitute, banned, 0, daysBefore))
		after = append(after, share(substitute, banned, daysBefore, days))
		logs = append(logs, logRatio(substitute, 0))
	})
	expected := make([][][]float64, len(rates))
	for k := range rates {
		for _, n := range nets {
			row := make([]float64, days)
			for day := range row {
				row[day] = rates[k](n, first+day)
			}
			expected[k] = append(expected[k], row)
		}
	}
	substitute, banned := split(expected)
	return AdoptionTruth{
		Before: around(share(substitute, banned, 0, daysBefore), before),
		After:  around(share(substitute, banned, daysBefore, days), after),
		Log:    around(g.trueEffect(nets, substituteUse, g.rateOf(substituteUse), enforced, enforced+daysAfter), logs),
	}
}

// enforcement answers whether every provider enforces: the effect on tunnels by network,
// and how much the true effects differ.
func (g *Generator) enforcement() EnforcementTruth {
	nets := g.networksOf(g.scenario.country(g.scenario.Ban.Country))
	enforced := g.scenario.day(g.scenario.Ban.Enforced)
	estimates := make([][]float64, len(nets))
	use := g.circumvention()
	g.replicate(stream(g.seed, keyReplicates, 1<<22), nets, enforced-daysBefore, daysBefore+daysAfter,
		[]rate{use}, func(counts [][][]float64) {
			for i := range nets {
				estimates[i] = append(estimates[i], logRatio(counts[0][i], 0))
			}
		})
	var t EnforcementTruth
	variances, effects := ownVariances(estimates), make([]float64, len(nets))
	for i, n := range nets {
		net := &g.world.networks[n]
		effects[i] = g.trueEffect([]int{n}, tunnels, use, enforced, enforced+daysAfter)
		t.Networks = append(t.Networks, NetworkTruth{net.name, net.asn, net.enforces, around(effects[i], estimates[i])})
	}
	var taus, is []float64
	row := make([]float64, len(nets))
	for k := range replicateCount {
		for i := range nets {
			row[i] = estimates[i][k]
		}
		tau, i2 := heterogeneity(row, variances)
		taus, is = append(taus, tau), append(is, i2)
	}
	tau := variance(effects)
	typical := median(variances)
	t.TauSquared, t.ISquared = around(tau, taus), around(tau/(tau+typical), is)
	return t
}

// ownVariances are the variances of the networks' estimates without what all of them share
// in a replicate: shared noise does not set networks apart. With k networks the distance from the mean
// of all has the variance v(1-2/k) + mean(v)/k.
func ownVariances(estimates [][]float64) []float64 {
	k := float64(len(estimates))
	variances := make([]float64, len(estimates))
	all := 0.0
	for i := range estimates {
		apart := make([]float64, len(estimates[i]))
		for r := range apart {
			sum := 0.0
			for j := range estimates {
				sum += estimates[j][r]
			}
			apart[r] = estimates[i][r] - sum/k
		}
		variances[i] = variance(apart)
		all += variances[i] / (k - 1)
	}
	for i, d := range variances {
		variances[i] = (d - all/k) / (1 - 2/k)
	}
	return variances
}

func variance(x []float64) float64 {
	mean, sum := 0.0, 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		sum += (v - mean) * (v - mean)
	}
	return sum / float64(len(x)-1)
}

// heterogeneity is the moment estimate of the variance between effects, and the share of
// the spread that it explains (DerSimonian and Laird 1986; Higgins and Thompson 2002).
func heterogeneity(effects, variances []float64) (tauSquared, iSquared float64) {
	var sum, sumSquares, mean float64
	for i, v := range variances {
		sum, sumSquares, mean = sum+1/v, sumSquares+1/(v*v), mean+effects[i]/v
	}
	mean /= sum
	q := 0.0
	for i, v := range variances {
		q += (effects[i] - mean) * (effects[i] - mean) / v
	}
	free := float64(len(effects) - 1)
	if q <= free {
		return 0, 0
	}
	return (q - free) / (sum - sumSquares/sum), (q - free) / q
}
