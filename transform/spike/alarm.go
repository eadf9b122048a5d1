package spike

import (
	"math"
	"slices"
	"strings"
	"time"
)

// Direction of a change.
type Direction string

// Directions.
const (
	Up   Direction = "up"
	Down Direction = "down"
	None Direction = "none"
)

func (d Direction) sign() float64 {
	if d == Down {
		return -1
	}
	return 1
}

// Alarm is one episode in which a series left its baseline: one object from its first
// day to its last, not one a day.
type Alarm struct {
	Series  string `json:"series"`
	Country string `json:"country"`
	// Date is the first day over the threshold, Until the last.
	Date  string `json:"date"`
	Until string `json:"until"`
	// Z is the largest robust z of the episode, signed.
	Z         float64   `json:"z"`
	Direction Direction `json:"direction"`
	Days      int       `json:"days"`
	// Expected is what the baseline and the other countries made of the first day.
	Expected float64 `json:"expected"`
}

// episode is an alarm by index.
type episode struct {
	row            *row
	from, to, days int
	z              float64
	expected       float64 // of the first day, in users
	size           float64 // largest log change of its first AlarmOf days, without sign
	direction      Direction
	common         bool // shared with so many countries that it is not about this one
}

// quietDays is how many days without alarm end an episode.
const quietDays = 7

// episodes joins days of alarm in one direction that are at most quietDays apart. An
// episode begins on the first day over the threshold that its first alarm counted.
func (p *panel) episodes(r *row, s state, direction Direction) []episode {
	on := s.up
	if direction == Down {
		on = s.down
	}
	sign := direction.sign()
	var list []episode
	for t, alarm := range on {
		if !alarm {
			continue
		}
		if n := len(list); n > 0 && t-list[n-1].to <= quietDays && !p.steps(s, list[n-1], t, sign) {
			e := &list[n-1]
			e.to, e.days = t, e.days+1
			if sign*s.z[t] > sign*e.z {
				e.z = s.z[t]
			}
			continue
		}
		from := p.onset(s, list, t, sign)
		size := 0.0
		for u := from; u < min(from+p.cfg.AlarmOf, p.days); u++ {
			if x := sign * s.residual[u]; x > size {
				size = x
			}
		}
		list = append(list, episode{row: r, from: from, to: t, days: 1, z: s.z[t], size: size, direction: direction,
			expected: r.x[from] * math.Exp(-s.residual[from])})
	}
	return list
}

// onset is the first day over the threshold of those that alarm on day t, or for a
// step inside an episode the first of its three days that is over half of the step.
func (p *panel) onset(s state, list []episode, t int, sign float64) int {
	if n := len(list); n > 0 && t-list[n-1].to <= quietDays {
		level, _ := mean(s.residual[t-stepAfter+1-stepBefore : t-stepAfter+1])
		from := t
		for u := t - 1; u > t-stepAfter && sign*s.residual[u] > sign*(level+s.residual[t])/2; u-- {
			from = u
		}
		return from
	}
	for u := max(0, t-p.cfg.AlarmOf+1); u < t; u++ {
		if sign*s.z[u] > p.cfg.AlarmZ {
			return u
		}
	}
	return t
}

// stepBefore and stepAfter are how long the level before and after a step inside an episode is taken over:
// a week before, three days after.
const (
	stepBefore = 7
	stepAfter  = 3
)

// steps says whether the episode e, which goes on, has risen anew by day t: its last three
// days lie twice as high as the week before them, and by more than AlarmZ of the day's
// noise. A ban that falls into an episode is an alarm of its own.
func (p *panel) steps(s state, e episode, t int, sign float64) bool {
	before := t - stepAfter + 1 - stepBefore
	if before < e.from {
		return false
	}
	after, n := mean(s.residual[t-stepAfter+1 : t+1])
	level, k := mean(s.residual[before : before+stepBefore])
	noise := math.Abs(s.residual[t] / s.z[t])
	return n == stepAfter && k >= minAfterDays && sign*(after-level) > p.cfg.AlarmZ*noise && sign*after > 2*sign*level
}

// alarms runs the detector over every row and marks the episodes that many countries
// share: a ban concerns one country.
func (p *panel) alarms() map[*row][]episode {
	states := make(map[*row]state, len(p.rows))
	var all []episode
	for _, r := range p.rows {
		states[r] = p.detect(r)
		r.z = states[r].z
		for _, direction := range []Direction{Up, Down} {
			all = append(all, p.episodes(r, states[r], direction)...)
		}
	}
	rate := p.onsetRates(all)
	byRow := make(map[*row][]episode, len(p.rows))
	for _, e := range all {
		e.common = p.shared(e, states) || p.clustered(e, all, rate[e.direction])
		byRow[e.row] = append(byRow[e.row], e)
	}
	p.fitAlarmRate(byRow)
	return byRow
}

// fitAlarmRate counts the episodes that are not shared, a country and day.
func (p *panel) fitAlarmRate(byRow map[*row][]episode) {
	p.alarmRate = map[Direction]float64{}
	judged := 0
	for _, r := range p.rows {
		for _, z := range r.z {
			if !math.IsNaN(z) {
				judged++
			}
		}
		for _, e := range byRow[r] {
			if !e.common {
				p.alarmRate[e.direction]++
			}
		}
	}
	for direction := range p.alarmRate {
		p.alarmRate[direction] /= float64(max(1, judged))
	}
}

// minShared is the least number of other countries whose joint alarm can be the measurement's.
const minShared = 3

// shared says whether ArtefactShare of the countries are over the threshold in the same
// direction when e begins, and e does not stand out from them.
func (p *panel) shared(e episode, states map[*row]state) bool {
	sign := e.direction.sign()
	for t := e.from; t <= min(e.from+p.cfg.AlarmOf-1, p.days-1); t++ {
		var sizes []float64
		judged := 0
		for _, other := range p.rows {
			z := states[other].z[t]
			if math.IsNaN(z) {
				continue
			}
			judged++
			if other != e.row && sign*z > p.cfg.AlarmZ {
				sizes = append(sizes, sign*states[other].residual[t])
			}
		}
		if len(sizes) >= minShared && float64(len(sizes)+1) >= p.cfg.ArtefactShare*float64(judged) && !e.standsOut(sizes) {
			return true
		}
	}
	return false
}

// standsOut says whether e is twice as large as the median of the others and the
// largest: then it is news about its country whatever the others do.
func (e episode) standsOut(others []float64) bool {
	return e.size >= 2*median(slices.Clone(others)) && e.size > slices.Max(others)
}

// clusterDays is the distance within which alarms of several countries begin together.
const clusterDays = 2

// minCluster is the least number of other countries that make a cluster.
const minCluster = 2

// clusterP is the chance below which a cluster is not taken for one.
const clusterP = .01

// onsetRates gives, by direction, how many episodes begin a day in all countries
// together, from the share of stretches of 2 clusterDays + 1 days in which none does: clusters
// do not raise it.
func (p *panel) onsetRates(all []episode) map[Direction]float64 {
	const stretch = 2*clusterDays + 1
	rates := map[Direction]float64{}
	n := max(1, p.days/stretch)
	for _, direction := range []Direction{Up, Down} {
		busy := map[int]bool{}
		for _, e := range all {
			if e.direction == direction {
				busy[e.from/stretch] = true
			}
		}
		share := math.Min(float64(len(busy)), float64(n)-.5) / float64(n)
		rates[direction] = -math.Log(1-share) / stretch
	}
	return rates
}

// clustered says whether so many other countries' alarms begin within clusterDays of
// e's that chance does not explain it (Poisson tail below clusterP), and e does not
// stand out from them.
func (p *panel) clustered(e episode, all []episode, rate float64) bool {
	var sizes []float64
	for _, other := range all {
		if other.row != e.row && other.direction == e.direction && abs(other.from-e.from) <= clusterDays {
			sizes = append(sizes, other.size)
		}
	}
	if len(sizes) < minCluster {
		return false
	}
	chance := counts{mean: rate * (2*clusterDays + 1), size: math.Inf(1)}.upper(float64(len(sizes)))
	return chance < clusterP && !e.standsOut(sizes)
}

func abs(x int) int {
	if x < 0 {
		return -x
	}
	return x
}

// alarmObjects gives the alarms of a panel as they are printed, by country and date,
// without those that many countries share.
func (p *panel) alarmObjects(byRow map[*row][]episode) []Alarm {
	var list []Alarm
	for _, r := range p.rows {
		for _, e := range byRow[r] {
			if e.common {
				continue
			}
			list = append(list, Alarm{Series: p.name, Country: r.series.Country,
				Date: p.day(e.from).Format(time.DateOnly), Until: p.day(e.to).Format(time.DateOnly),
				Z: round(e.z, 3), Direction: e.direction, Days: e.days, Expected: round(e.expected, 3)})
		}
	}
	slices.SortStableFunc(list, func(a, b Alarm) int {
		if c := strings.Compare(a.Country, b.Country); c != 0 {
			return c
		}
		return strings.Compare(a.Date, b.Date)
	})
	return list
}

// round keeps printed numbers short and the same on every machine.
func round(x float64, digits int) float64 {
	scale := math.Pow(10, float64(digits))
	return math.Round(x*scale) / scale
}
