package spike

import (
	"math"
	"slices"
	"time"
)

// maxLagWeeks bounds the windows: a day is compared with the same weekday of at most
// this many weeks before.
const maxLagWeeks = 12

// panel holds the series of one name on one axis of days.
type panel struct {
	name  string
	start time.Time
	days  int
	rows  []*row
	// changes[t*maxLagWeeks+j] are the controls' changes of day t from j+1 weeks before, sorted.
	changes [][]float64
	// controlUsers is the level that makes a control, by day.
	controlUsers []float64
	// alarmRate is how many alarms begin a day in one country, over all, by direction.
	alarmRate map[Direction]float64
	unrest    []float64 // how restless all countries are on a day, at least 1
	gauges    *gauges
	spreads   map[spreadKey]float64 // of the day that is asked about
	cfg       Config
}

// row is one country of a panel.
type row struct {
	series Series
	// x are the usable values (masked and missing days are NaN), y their log rates.
	x, y   []float64
	flat   []float64 // y without the weekday pattern
	sums   []float64 // sums[t] of the valid days of flat before t
	valid  []int     // and how many they are
	masked []bool
	level  []float64 // median of x over the 28 days before
	quiet  []bool    // no catalogued event of this country within the radius
	raw    []float64 // residual of a day from its weekday baseline
	adj    []float64 // the same after the common factor
	z      []float64 // the detector's robust z of each day, filled by alarms
	fitted bool      // raw and adj are filled
	hours  *hourRow  // nil where hours are not asked for, or not known
}

// forWorker is the panel for one of several goroutines: the day that is asked about is its own, all else is shared.
func (p *panel) forWorker() *panel {
	q := *p
	q.spreads = map[spreadKey]float64{}
	return &q
}

// newPanel lays series of one name on one axis. events gives, by country, the days of
// catalogued events.
func newPanel(name string, series []Series, eventDays map[string][]time.Time, cfg Config) *panel {
	p := &panel{name: name, cfg: cfg, gauges: newGauges(), spreads: map[spreadKey]float64{}}
	var end time.Time
	for i, s := range series {
		last := s.Start.AddDate(0, 0, len(s.Values))
		if i == 0 || s.Start.Before(p.start) {
			p.start = s.Start
		}
		if i == 0 || last.After(end) {
			end = last
		}
	}
	p.days = days(p.start, end)
	for _, s := range series {
		r := p.newRow(s, eventDays[s.Country])
		r.fitFlat()
		if cfg.Hours && s.Hours != nil {
			r.hours = p.newHourRow(r)
		}
		p.rows = append(p.rows, r)
	}
	p.fitCommon()
	for _, r := range p.rows {
		p.fitResiduals(r)
	}
	p.fitUnrest()
	return p
}

func (p *panel) newRow(s Series, eventDays []time.Time) *row {
	r := &row{series: s, x: nans(p.days), y: nans(p.days), masked: make([]bool, p.days),
		level: nans(p.days), quiet: make([]bool, p.days)}
	offset := days(p.start, s.Start)
	var masked []bool
	if s.Coverage != nil {
		masked = maskCoverage(s.Coverage, p.cfg.CoverageLow, p.cfg.CoverageHigh)
	}
	for i, v := range s.Values {
		if masked != nil && masked[i] {
			r.masked[offset+i] = true
			continue
		}
		d := 1.0
		if s.Denominator != nil {
			d = s.Denominator[i]
		}
		r.y[offset+i] = logRate(v, d)
		if !math.IsNaN(r.y[offset+i]) {
			r.x[offset+i] = v
		}
	}
	window := make([]float64, 0, 28)
	for t := range r.level {
		window = append(window[:0], r.x[max(0, t-28):t]...)
		r.level[t] = median(window)
		r.quiet[t] = !within(p.day(t), eventDays, p.cfg.EventRadius)
	}
	return r
}

// day gives the date of index t, index the inverse.
func (p *panel) day(t int) time.Time     { return p.start.AddDate(0, 0, t) }
func (p *panel) index(day time.Time) int { return days(p.start, day) }
func (p *panel) inside(t int) bool       { return t >= 0 && t < p.days }
func (r *row) change(t, j int) float64 { // log change of day t from j weeks before
	if t-7*j < 0 {
		return math.NaN()
	}
	return r.y[t] - r.y[t-7*j]
}

// isControl says whether r may enter the common factor of day t.
func (p *panel) isControl(r *row, t int) bool {
	return r.quiet[t] && r.level[t] >= p.controlUsers[t]
}

// controlLevel is the users a day that make a control on day t: ControlUsers, or
// DonorUsers where fewer than MinControls+1 countries have that many.
func (p *panel) controlLevel(t int) float64 {
	n := 0
	for _, r := range p.rows {
		if r.quiet[t] && r.level[t] >= p.cfg.ControlUsers {
			n++
		}
	}
	if n > p.cfg.MinControls {
		return p.cfg.ControlUsers
	}
	return min(p.cfg.ControlUsers, p.cfg.DonorUsers)
}

// fitCommon sorts the controls' changes of each day from each number of weeks before; the common
// factor is their median. The median, not the world's total: one large country can move that.
func (p *panel) fitCommon() {
	p.changes = make([][]float64, p.days*maxLagWeeks)
	p.controlUsers = make([]float64, p.days)
	for t := range p.days {
		p.controlUsers[t] = p.controlLevel(t)
		for j := range maxLagWeeks {
			p.changes[t*maxLagWeeks+j] = p.sortedChanges(t, j+1)
		}
	}
}

func (p *panel) sortedChanges(t, weeks int) []float64 {
	var list []float64
	for _, r := range p.rows {
		if !p.isControl(r, t) {
			continue
		}
		if c := r.change(t, weeks); !math.IsNaN(c) {
			list = append(list, c)
		}
	}
	slices.Sort(list)
	return list
}

// commonFor is the median change of the controls other than r from so many weeks before day t, NaN
// of too few.
func (p *panel) commonFor(r *row, t, weeks int) float64 {
	list, own := p.changes[t*maxLagWeeks+weeks-1], -1
	if c := r.change(t, weeks); p.isControl(r, t) && !math.IsNaN(c) {
		own, _ = slices.BinarySearch(list, c)
	}
	return medianWithout(list, own, p.cfg.MinControls)
}

// controls counts the controls of r on day t.
func (p *panel) controls(r *row, t int) int { return len(p.controlNames(r, t)) }

// controlNames are the countries that are controls of r on day t.
func (p *panel) controlNames(r *row, t int) []string {
	var names []string
	for _, other := range p.rows {
		if other != r && p.isControl(other, t) {
			names = append(names, other.series.Country)
		}
	}
	return names
}

func (p *panel) fitResiduals(r *row) {
	r.raw, r.adj = nans(p.days), nans(p.days)
	weeks := p.cfg.BeforeDays / 7
	for t := range p.days {
		r.raw[t], r.adj[t] = p.residual(r, t, 1, weeks)
	}
	r.fitted = true
}

// minWeekdays is the number of same-weekday values that make a baseline.
const minWeekdays = 3

// residual is how far day t is above the median of the same weekday in the weeks
// first..first+weeks-1 before it, in log units: as measured, and with the controls'
// median change over the same weeks taken off (NaN without controls).
func (p *panel) residual(r *row, t, first, weeks int) (raw, adjusted float64) {
	if first == 1 && weeks == p.cfg.BeforeDays/7 && r.fitted {
		return r.raw[t], r.adj[t]
	}
	var rawBuffer, adjBuffer [maxLagWeeks]float64
	rs, as := rawBuffer[:0], adjBuffer[:0]
	for j := first; j < first+weeks && j <= maxLagWeeks; j++ {
		c := r.change(t, j)
		if math.IsNaN(c) {
			continue
		}
		rs = append(rs, c)
		if m := p.commonFor(r, t, j); !math.IsNaN(m) {
			as = append(as, c-m)
		}
	}
	raw, adjusted = math.NaN(), math.NaN()
	if len(rs) >= minWeekdays {
		raw = median(rs)
	}
	if len(as) >= minWeekdays {
		adjusted = median(as)
	}
	return raw, adjusted
}

func nans(n int) []float64 {
	xs := make([]float64, n)
	for i := range xs {
		xs[i] = math.NaN()
	}
	return xs
}

// within says whether day is at most radius days from one of others.
func within(day time.Time, others []time.Time, radius int) bool {
	for _, o := range others {
		if d := days(day, o); d >= -radius && d <= radius {
			return true
		}
	}
	return false
}
