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
}

// episode is an alarm by index.
type episode struct {
	from, to, days int
	z              float64
	direction      Direction
}

// quietDays is how many days without alarm end an episode.
const quietDays = 7

// episodes joins days of alarm in one direction that are at most quietDays apart. An
// episode begins on the first day over the threshold that its first alarm counted.
func (p *panel) episodes(s state, direction Direction) []episode {
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
		if n := len(list); n > 0 && t-list[n-1].to <= quietDays {
			e := &list[n-1]
			e.to, e.days = t, e.days+1
			if sign*s.z[t] > sign*e.z {
				e.z = s.z[t]
			}
			continue
		}
		from := t
		for u := max(0, t-p.cfg.AlarmOf+1); u < t; u++ {
			if sign*s.z[u] > p.cfg.AlarmZ {
				from = u
				break
			}
		}
		list = append(list, episode{from: from, to: t, days: 1, z: s.z[t], direction: direction})
	}
	return list
}

// alarms runs the detector over every row and removes the episodes that are the
// measurement's: those that begin while ArtefactShare of the countries are in alarm in the
// same direction, unless the country stands out twice as far as the median of them and
// ranks first.
func (p *panel) alarms() map[*row][]episode {
	states := make(map[*row]state, len(p.rows))
	for _, r := range p.rows {
		states[r] = p.detect(r)
	}
	kept := make(map[*row][]episode, len(p.rows))
	for _, r := range p.rows {
		for _, direction := range []Direction{Up, Down} {
			for _, e := range p.episodes(states[r], direction) {
				if !p.shared(r, e, states) {
					kept[r] = append(kept[r], e)
				}
			}
		}
	}
	return kept
}

// minShared is the least number of countries whose joint alarm can be the measurement's.
const minShared = 3

// shared says whether episode e of r is part of a jump of many countries.
func (p *panel) shared(r *row, e episode, states map[*row]state) bool {
	for t := e.from; t <= min(e.from+p.cfg.AlarmOf-1, p.days-1); t++ {
		var zs []float64
		judged := 0
		for _, other := range p.rows {
			z := states[other].z[t]
			if math.IsNaN(z) {
				continue
			}
			judged++
			if other != r && e.direction.sign()*z > p.cfg.AlarmZ {
				zs = append(zs, e.direction.sign()*z)
			}
		}
		if len(zs) < minShared || float64(len(zs)+1) < p.cfg.ArtefactShare*float64(judged) {
			continue
		}
		own := e.direction.sign() * e.z
		if own < 2*median(slices.Clone(zs)) || own < slices.Max(zs) {
			return true
		}
	}
	return false
}

// alarmObjects gives the alarms of a panel as they are printed, by country and date.
func (p *panel) alarmObjects(kept map[*row][]episode) []Alarm {
	var list []Alarm
	for _, r := range p.rows {
		for _, e := range kept[r] {
			list = append(list, Alarm{Series: p.name, Country: r.series.Country,
				Date: p.day(e.from).Format(time.DateOnly), Until: p.day(e.to).Format(time.DateOnly),
				Z: round(e.z, 3), Direction: e.direction, Days: e.days})
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
