// Package live detects changes of a series as it comes, one value at a time: each is compared with the
// median of the same hour of the week (or day of the week) over six weeks, on a robust scale with a Poisson
// floor, and a cumulative sum of what sticks out raises an alarm once and ends it. What it costs does not
// depend on how long the series is. It never fills in a missing value, raises no alarm from one value
// alone, and attributes nothing.
package live

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/banshift/banshift/transform/spike/changepoint"
)

// Config of the detector. Hourly and Daily are the registered ones.
type Config struct {
	Period    int     // steps a cycle: 168 hours or 7 days
	Cycles    int     // cycles back that make the baseline
	MinCycles int     // of them that must be known
	ScaleSpan int     // steps back over which the noise is measured
	MinScale  int     // of them that must be known
	Floor     float64 // least standard deviation, in log units
	Flag      float64 // values over it do not enter later baselines and scales, in standard deviations
	Counts    bool    // values are counts: their Poisson noise is a floor of the scale
	// Slack, Limit, Most and Calm are those of [changepoint.CUSUM].
	Slack, Limit, Most float64
	Calm               int
}

// Hourly is hour of the week over six weeks. Two hours in one direction raise an alarm where each is 5.5
// standard deviations away, four where each is 4; below a fifth nothing does, because holidays and weather
// reach that. Slack, Limit and Floor were chosen on simulated series without events, other than those that
// docs/alerts.md publishes.
func Hourly() Config {
	return Config{Period: 168, Cycles: 6, MinCycles: 3, ScaleSpan: 336, MinScale: 24, Floor: .08, Flag: 3.5, Counts: true,
		Slack: 2.5, Limit: 6, Most: 4, Calm: 6}
}

// Daily is day of the week over six weeks, for what comes too slowly to be seen in an hour.
func Daily() Config {
	return Config{Period: 7, Cycles: 6, MinCycles: 3, ScaleSpan: 42, MinScale: 14, Floor: .05, Flag: 3.5, Counts: true,
		Slack: 1.5, Limit: 6, Most: 4, Calm: 3}
}

// Known is a number that may be missing: NaN, null in JSON.
type Known float64

// MarshalJSON writes null for what is missing.
func (k Known) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(k)) {
		return []byte("null"), nil
	}
	return fmt.Appendf(nil, "%g", float64(k)), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (k *Known) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*k = Known(math.NaN())
		return nil
	}
	_, err := fmt.Sscanf(string(text), "%g", (*float64)(k))
	return err
}

// State is what the detector remembers of a series: rings over the last cycles and over the span of the
// scale, the step Seen goes into place Seen modulo their length. As JSON it goes on exactly where it was.
type State struct {
	Seen      int               `json:"seen"`
	Values    []Known           `json:"values"`
	Flagged   []byte            `json:"flagged"` // 1 where the value stuck out
	Residuals []Known           `json:"residuals"`
	Chart     changepoint.State `json:"chart"`
	Since     [2]int            `json:"since"` // steps at which the sums up and down left zero
}

// Step is the detector's view of one value; Baseline and Z are NaN where it has none.
type Step struct {
	Baseline, Z float64
	Residual    float64 // log of the value over Baseline
	Alarm       int     // +1 or -1 while in the state of alarm
	Began       bool    // the alarm begins at this step
	Back        int     // how many steps before it what it adds up began
	Ended       bool    // the alarm ended at this step
}

// Around is what is known of a step besides its value.
type Around struct {
	// Unusual days (holidays) are not like their weekdays: they count half, and enter no later baseline.
	Unusual bool
	// Common is by how much the log of what should not have changed did: so much in the same direction is no news
	// of this series. 0: nothing.
	Common float64
	// Least is how many there must be, in the value or its baseline, for it to say anything.
	Least float64
}

// Detector is one series. One goroutine owns it.
type Detector struct {
	c     Config
	s     State
	chart changepoint.CUSUM
}

// New begins a series.
func New(c Config) *Detector {
	s := State{Values: make([]Known, c.Period*c.Cycles), Flagged: make([]byte, c.Period*c.Cycles), Residuals: make([]Known, c.ScaleSpan)}
	for i := range s.Values {
		s.Values[i] = Known(math.NaN())
	}
	for i := range s.Residuals {
		s.Residuals[i] = Known(math.NaN())
	}
	return &Detector{c: c, s: s, chart: changepoint.CUSUM{Slack: c.Slack, Limit: c.Limit, Most: c.Most, Calm: c.Calm}}
}

// ErrState says that a state is of another configuration.
var ErrState = errors.New("the state is of another configuration of the detector")

// Resume goes on from a state.
func Resume(c Config, s State) (*Detector, error) {
	if len(s.Values) != c.Period*c.Cycles || len(s.Flagged) != len(s.Values) || len(s.Residuals) != c.ScaleSpan || s.Seen < 0 {
		return nil, ErrState
	}
	d := New(c)
	d.s = s
	d.chart.State = s.Chart
	return d, nil
}

// State gives what Resume takes. It shares its arrays with the detector.
func (d *Detector) State() State {
	d.s.Chart = d.chart.State
	return d.s
}

// InAlarm gives the direction of the alarm that is on, 0 of none.
func (d *Detector) InAlarm() int { return d.chart.In }

// Missing takes n steps without a value: they change nothing but the time.
func (d *Detector) Missing(n int) {
	for range min(n, len(d.s.Values)) {
		d.keep(math.NaN(), math.NaN(), false)
	}
	if rest := n - len(d.s.Values); rest > 0 { // whole rings are empty: only the place matters
		d.s.Seen += rest
	}
}

// Next takes the value of the next step: NaN where it is missing, else zero or positive.
func (d *Detector) Next(value float64, a Around) Step {
	if value >= 0 {
		value = math.Round(value*16) / 16 // what is kept as JSON is exactly this
	}
	base := d.baseline()
	step := Step{Baseline: math.Exp(base), Z: math.NaN(), Residual: math.NaN()}
	flagged := a.Unusual
	if !math.IsNaN(base) && !math.IsNaN(value) {
		step.Residual = logOf(value) - base
		scale := d.scale(step.Baseline)
		step.Z = without(step.Residual, a.Common) / scale
		if a.Unusual {
			step.Z /= 2
		}
		flagged = flagged || math.Abs(step.Residual/scale) > d.c.Flag
	}
	z := step.Z
	if math.Max(value, step.Baseline) < a.Least {
		z = math.NaN()
	}
	d.chartNext(z, &step)
	d.keep(value, step.Residual, flagged)
	return step
}

// chartNext adds a step to the sums.
func (d *Detector) chartNext(z float64, step *Step) {
	before := d.chart.State
	step.Began = d.chart.Next(z) != 0
	step.Alarm = d.chart.In
	step.Ended = before.In != 0 && d.chart.In == 0
	if before.Up == 0 && d.chart.Up > 0 {
		d.s.Since[0] = d.s.Seen
	}
	if before.Down == 0 && d.chart.Down > 0 {
		d.s.Since[1] = d.s.Seen
	}
	if step.Began {
		step.Back = d.s.Seen - d.s.Since[(1-d.chart.In)/2]
	}
}

// without takes what is common off a residual, down to nothing.
func without(residual, common float64) float64 {
	if residual*common <= 0 || math.IsNaN(common) {
		return residual
	}
	return math.Copysign(math.Max(0, math.Abs(residual)-math.Abs(common)), residual)
}

// keep puts a step into its places.
func (d *Detector) keep(value, residual float64, flagged bool) {
	at := d.s.Seen % len(d.s.Values)
	d.s.Values[at], d.s.Flagged[at] = Known(value), 0
	if flagged {
		d.s.Flagged[at] = 1
		residual = math.NaN()
	}
	d.s.Residuals[d.s.Seen%len(d.s.Residuals)] = Known(math.Round(residual*1e6) / 1e6)
	d.s.Seen++
}

func logOf(v float64) float64 {
	if v == 0 {
		return math.Log(.5)
	}
	return math.Log(v)
}

// baseline is the median of the same step in the cycles before, without flagged ones
// where enough others are known.
func (d *Detector) baseline() float64 {
	var calm, all []float64
	for j := 1; j <= d.c.Cycles; j++ {
		u := d.s.Seen - j*d.c.Period
		if u < 0 || math.IsNaN(float64(d.s.Values[u%len(d.s.Values)])) {
			continue
		}
		y := logOf(float64(d.s.Values[u%len(d.s.Values)]))
		all = append(all, y)
		if d.s.Flagged[u%len(d.s.Values)] == 0 {
			calm = append(calm, y)
		}
	}
	if len(calm) >= d.c.MinCycles {
		return median(calm)
	}
	if len(all) >= d.c.MinCycles {
		return median(all)
	}
	return math.NaN()
}

// scale is the robust spread of the undisturbed residuals before this step.
func (d *Detector) scale(base float64) float64 {
	window := make([]float64, 0, len(d.s.Residuals))
	for _, r := range d.s.Residuals {
		if !math.IsNaN(float64(r)) {
			window = append(window, math.Abs(float64(r)))
		}
	}
	if len(window) < d.c.MinScale {
		return math.NaN()
	}
	slices.Sort(window)
	s := math.Max(1.4826*median(window), window[len(window)*9/10]/1.645)
	if d.c.Counts {
		s = math.Max(s, math.Sqrt(1/math.Max(1, base)))
	}
	return math.Max(s, d.c.Floor)
}

func median(x []float64) float64 {
	slices.Sort(x)
	n := len(x)
	return (x[n/2] + x[(n-1)/2]) / 2
}

// BeginLike has a series that is new begin where another one is: it was zero wherever that one was known, or
// missing throughout.
func (d *Detector) BeginLike(other *Detector, missing bool) {
	d.s.Seen = other.s.Seen
	for i, v := range other.s.Values {
		if !missing && !math.IsNaN(float64(v)) {
			d.s.Values[i] = 0
		}
	}
	for i, r := range other.s.Residuals {
		if !missing && !math.IsNaN(float64(r)) {
			d.s.Residuals[i] = 0
		}
	}
}
