package spike

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/banshift/banshift/schemas/events"
)

// Analyze tests every series against every event whose date lies inside it, with the
// procedure of cfg, and lists the alarms. Series of one name are controls of each
// other. What findings say about an event is weighed in its own country. The result depends
// on its arguments alone: the same input gives the same bytes.
func Analyze(series []Series, catalogue []events.Event, cfg Config, findings ...Finding) (Result, error) {
	return AnalyzeWatched(series, catalogue, cfg, nil, findings...)
}

// AnalyzeWatched is [Analyze] that tells watch, from several goroutines and one after another, how many of
// the events are done.
func AnalyzeWatched(series []Series, catalogue []events.Event, cfg Config, watch func(done, of int), findings ...Finding) (Result, error) {
	return analyze(series, catalogue, cfg, func(events.Event, string) bool { return true }, watch, findings)
}

// AnalyzeEvent is [Analyze] without the effects of other events in countries that are not
// theirs: what is said about the event is the same, at a fraction of the work.
func AnalyzeEvent(series []Series, catalogue []events.Event, id string, cfg Config, findings ...Finding) (Result, error) {
	return analyze(series, catalogue, cfg, func(e events.Event, country string) bool { return e.ID == id || e.Country == country }, nil, findings)
}

// AnalyzeOwn is [Analyze] of the events in their own countries alone: what is said there is the same.
func AnalyzeOwn(series []Series, catalogue []events.Event, cfg Config, findings ...Finding) (Result, error) {
	return analyze(series, catalogue, cfg, func(e events.Event, country string) bool { return e.Country == country }, nil, findings)
}

// AnalyzeOwnEvent is [Analyze] of one event in its own country alone; the others are its controls.
func AnalyzeOwnEvent(series []Series, catalogue []events.Event, id string, cfg Config) (Result, error) {
	return analyze(series, catalogue, cfg, func(e events.Event, country string) bool { return e.ID == id && e.Country == country }, nil, nil)
}

// analyze is Analyze for the events and countries that are wanted.
func analyze(series []Series, catalogue []events.Event, cfg Config, wanted func(e events.Event, country string) bool, watch func(done, of int), findings []Finding) (Result, error) {
	if err := cfg.check(); err != nil {
		return Result{}, err
	}
	result := Result{Effects: []Effect{}, Alarms: []Alarm{}}
	about := map[string][]Finding{}
	for _, f := range findings {
		about[f.Event] = append(about[f.Event], f)
	}
	eventDays := map[string][]time.Time{}
	for _, e := range catalogue {
		if e.Precision == "month" {
			continue
		}
		eventDays[e.Country] = append(eventDays[e.Country], e.Date())
	}
	groups := byName(series)
	tally := &tally{of: len(groups) * len(catalogue), watch: watch}
	for _, group := range groups {
		if err := checkGroup(group); err != nil {
			return Result{}, err
		}
		p := newPanel(group[0].Name, group, eventDays, cfg)
		found := p.alarms()
		result.Alarms = append(result.Alarms, p.alarmObjects(found)...)
		byEvent := make([][]Effect, len(catalogue))
		inParallel(len(catalogue), func(worker *panel, n int) {
			e := catalogue[n]
			byEvent[n] = worker.effectsOf(e, wanted, assessment{event: e, catalogue: catalogue, findings: about[e.ID]}, found)
			tally.add()
		}, p.forWorker)
		result.Effects = slices.Concat(append([][]Effect{result.Effects}, byEvent...)...)
	}
	correctForTests(result.Effects, cfg)
	return result, nil
}

// effectsOf works out what an event did to the wanted countries; as says what is the same for all of them.
func (p *panel) effectsOf(e events.Event, wanted func(e events.Event, country string) bool, as assessment, alarms map[*row][]episode) []Effect {
	t := p.index(e.Date())
	if !p.inside(t) {
		return nil
	}
	clear(p.spreads)
	var list []Effect
	for i, r := range p.rows {
		if !wanted(e, r.series.Country) {
			continue
		}
		a := as
		a.panel, a.row, a.own, a.at, a.alarms = p, r, i, t, alarms[r]
		list = append(list, a.effect())
	}
	return list
}

// inParallel does n things on all processors, each worker with a panel of its own.
func inParallel(n int, do func(worker *panel, n int), forWorker func() *panel) {
	var wait sync.WaitGroup
	var next atomic.Int64
	for range min(n, runtime.GOMAXPROCS(0)) {
		worker := forWorker()
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(worker, i)
			}
		})
	}
	wait.Wait()
}

// tally counts what is done.
type tally struct {
	mu       sync.Mutex
	done, of int
	watch    func(done, of int)
}

func (t *tally) add() {
	if t.watch == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done++
	t.watch(t.done, t.of)
}

// check refuses a configuration that no method is defined for.
func (c Config) check() error {
	if c.BeforeDays < 7*minWeekdays || c.BeforeDays%7 != 0 {
		return fmt.Errorf("spike: before_days is %d: want a multiple of 7, at least %d", c.BeforeDays, 7*minWeekdays)
	}
	if c.AfterDays < 1 || (c.AfterDays-1)/7+c.BeforeDays/7 > maxLagWeeks {
		return fmt.Errorf("spike: after_days is %d with before_days %d: together at most %d weeks", c.AfterDays, c.BeforeDays, maxLagWeeks)
	}
	if c.Placebo != PlaceboBefore && c.Placebo != PlaceboBoth {
		return fmt.Errorf("spike: placebo is %q: want %q or %q", c.Placebo, PlaceboBefore, PlaceboBoth)
	}
	if c.BaselineDays < 7 || c.BaselineDays%7 != 0 {
		return fmt.Errorf("spike: baseline_days is %d: want a multiple of 7", c.BaselineDays)
	}
	if c.Rule != Standard && c.Rule != Strict {
		return fmt.Errorf("spike: rule is %q: want %q or %q", c.Rule, Standard, Strict)
	}
	if c.Direction != "" && c.Direction != Up && c.Direction != Down {
		return fmt.Errorf("spike: direction is %q: want %q or %q", c.Direction, Up, Down)
	}
	if c.WindowDays != 0 && !slices.Contains(windowDays, c.WindowDays) {
		return fmt.Errorf("spike: window is %d days: want 1, 2, 3, 7 or 28, or 0 for the event's length", c.WindowDays)
	}
	if c.WindowHours != 0 && !slices.Contains(windowHours, c.WindowHours) {
		return fmt.Errorf("spike: window is %d hours: want 1, 2, 3, 6, 12, 24 or 48, or 0 for the event's length", c.WindowHours)
	}
	if c.Alpha <= 0 || c.Alpha >= 1 || c.Replicates < 1 || c.BlockDays < 1 {
		return fmt.Errorf("spike: alpha %g, replicates %d, block_days %d: want 0 < alpha < 1 and positive counts",
			c.Alpha, c.Replicates, c.BlockDays)
	}
	return nil
}

// byName groups series, in the order of their names, without the world totals.
func byName(series []Series) [][]Series {
	groups := map[string][]Series{}
	for _, s := range series {
		if s.Country != "" && len(s.Values) > 0 {
			groups[s.Name] = append(groups[s.Name], s)
		}
	}
	var list [][]Series
	for _, g := range groups {
		slices.SortFunc(g, func(a, b Series) int { return strings.Compare(a.Country, b.Country) })
		list = append(list, g)
	}
	slices.SortFunc(list, func(a, b []Series) int { return strings.Compare(a[0].Name, b[0].Name) })
	return list
}

func checkGroup(group []Series) error {
	for i, s := range group {
		if i > 0 && group[i-1].Country == s.Country {
			return fmt.Errorf("spike: series %s has country %s twice", s.Name, s.Country)
		}
		if s.Coverage != nil && len(s.Coverage) != len(s.Values) || s.Denominator != nil && len(s.Denominator) != len(s.Values) {
			return fmt.Errorf("spike: series %s, country %s: columns of different length", s.Name, s.Country)
		}
		if h := s.Hours; h != nil && (len(h.Values) != hoursADay*len(s.Values) || h.Denominator != nil && len(h.Denominator) != len(h.Values)) {
			return fmt.Errorf("spike: series %s, country %s: hours of different length", s.Name, s.Country)
		}
		if !s.Start.Equal(Day(s.Start)) {
			return fmt.Errorf("spike: series %s, country %s starts at %s: want midnight UTC", s.Name, s.Country, s.Start)
		}
	}
	return nil
}

// rngFor seeds the bootstrap by the configuration and by what is tested, so that a
// result does not depend on what else is in the run.
func rngFor(seed int64, parts ...string) *rand.Rand {
	h := fnv.New64a()
	for _, part := range parts {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	return rand.New(rand.NewPCG(uint64(seed), h.Sum64()))
}

// correctForTests fills q over all tests of the run on the events' own countries,
// nulls included, and says where the correction decides.
func correctForTests(effects []Effect, cfg Config) {
	ps := nans(len(effects))
	m := 0
	for i, e := range effects {
		if e.OwnCountry && e.PTime != nil {
			ps[i] = *e.PTime
			m++
		}
	}
	for i, q := range BenjaminiHochberg(ps) {
		e := &effects[i]
		e.Tests = m
		if math.IsNaN(q) {
			continue
		}
		e.QTime = number(round(q, 6))
		if e.Grade != Supported || q <= cfg.FalseDiscovery {
			continue
		}
		if e.PTime != nil && e.PTimeFloor != nil && *e.PTime <= *e.PTimeFloor {
			e.Reasons = append(e.Reasons, fmt.Sprintf("over the %d tests of this run together q is %.3f: p is the smallest that %d other dates can give", m, q, e.NTime))
			continue
		}
		e.Grade = NotSupported
		e.Reasons = append(e.Reasons, fmt.Sprintf("among the %d tests of this run so small a p is to be expected by chance (q = %.3f, %.2f at most is asked for)", m, q, cfg.FalseDiscovery))
	}
}
