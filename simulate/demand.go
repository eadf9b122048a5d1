package simulate

import "math"

// demand is how many clients of each network do what on each day.
type demand struct {
	scenario *Scenario
	world    *world
	scale    float64
	holiday  [][]float64 // country x day
	common   []float64   // artefacts and the world's noise, by day
	users    [activities][][]int
}

func newDemand(s *Scenario, w *world, seed uint64, scale float64) *demand {
	d := &demand{scenario: s, world: w, scale: scale}
	days := s.Days()
	for _, c := range s.Countries {
		effects := make([]float64, days)
		for _, date := range s.Holidays[c.Holidays].Dates {
			if day := s.day(date); day >= 0 && day < days {
				effects[day] = s.Holidays[c.Holidays].Effect
			}
		}
		d.holiday = append(d.holiday, effects)
	}
	r := stream(seed, keyDemand)
	d.common = r.path(s.Noise.World, days)
	for _, a := range s.Artefacts {
		if day := s.day(a.Date); day >= 0 && day < days {
			d.common[day] += a.Effect
		}
	}
	var countryNoise [][]float64
	for range s.Countries {
		countryNoise = append(countryNoise, r.path(s.Noise.Country, days))
	}
	for act := range activities {
		for n := range w.networks {
			own := r.path(s.Noise.Network, days)
			counts := make([]int, days)
			for day := range counts {
				noise := d.common[day] + countryNoise[w.networks[n].country][day] + own[day]
				counts[day] = min(panelSize, r.poisson(math.Exp(d.logMean(n, act, day)+noise)))
			}
			d.users[act] = append(d.users[act], counts)
		}
	}
	return d
}

// path draws a stationary AR(1) series.
func (r *random) path(ar AR, days int) []float64 {
	x := make([]float64, days)
	innovation := ar.SD * math.Sqrt(1-ar.Phi*ar.Phi)
	for i := range x {
		if i == 0 {
			x[i] = ar.SD * r.normal()
			continue
		}
		x[i] = ar.Phi*x[i-1] + innovation*r.normal()
	}
	return x
}

// rate is the country's users a day of one activity.
func (c *Country) rate(a activity) float64 {
	return [activities]float64{c.VPN, c.Banned, c.Substitute, c.Web}[a]
}

// logMean is the logarithm of a network's expected users, without noise; -Inf for none.
func (d *demand) logMean(n int, a activity, day int) float64 {
	s, net := d.scenario, &d.world.networks[n]
	c := &s.Countries[net.country]
	weekday := (int(s.date(day).Weekday()) + 6) % 7
	profile := s.Profiles["home"]
	if a == tunnels {
		profile = s.Profiles["office"]
	}
	mean := math.Log(c.rate(a)*net.share*d.scale) + profile.Weekly[weekday] + c.Growth*float64(day-s.day(s.Ban.Enforced))
	if a == tunnels {
		mean += d.holiday[net.country][day]
	}
	return mean + d.effect(n, a, day)
}

// effect is the true effect of all events on one network, activity and day.
func (d *demand) effect(n int, a activity, day int) float64 {
	s, net := d.scenario, &d.world.networks[n]
	c, e := &s.Countries[net.country], 0.0
	if a == tunnels {
		for _, u := range s.Unrelated {
			if since := day - s.day(u.Date); u.Country == c.Code && since >= 0 {
				e += u.Effect * math.Exp(-float64(since)/u.DecayDays)
			}
		}
	}
	if c.Code != s.Ban.Country {
		return e
	}
	since := day - s.day(s.Ban.Enforced)
	switch {
	case since < 0:
		if a == tunnels && day >= s.day(s.Ban.Announced) {
			e += s.Ban.Anticipation
		}
	case a == tunnels:
		e += net.enforces * s.Ban.curve(since)
	case a == bannedUse:
		e += math.Log(1 - s.Ban.Left*net.enforces)
	case a == substituteUse:
		e += net.enforces * s.Ban.Substitute * (.5 + .5*math.Exp(-float64(since)/s.Ban.SubstituteDays))
	}
	return e
}

// curve is the ban's log effect on tunnels, where enforcement is full, by days since.
func (b *Ban) curve(since int) float64 {
	return b.Floor + (b.Effect-b.Floor)*math.Exp(-float64(since)/b.DecayDays)
}

// silent reports whether the network's exporter is out on that day.
func (d *demand) silent(n, day int) bool {
	net := &d.world.networks[n]
	for _, o := range d.scenario.Outages {
		if o.Country == d.scenario.Countries[net.country].Code && o.Network == net.number &&
			day >= d.scenario.day(o.First) && day <= d.scenario.day(o.Last) {
			return true
		}
	}
	return false
}
