package outlier_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/banshift/banshift/external/series"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
	"github.com/banshift/banshift/transform/spike/outlier"
)

// Where alarms are looked for: days around a ban, the distance from a catalogued event at which one is false, users a day
// that a country has, and days before the first one that is judged.
const (
	alarmFrom  = -1
	alarmTo    = 6
	clearDays  = 21
	leastUsers = 50
	warmUp     = 56
)

// alarmThresholds are those of the curve; a burst of two days has to pass twice as much, as it is registered.
var alarmThresholds = []float64{2.5, 3, 3.5, 4, 5}

// alarmSpan is an alarm of one country, in days of the panel.
type alarmSpan struct {
	country  string
	from, to int
	up       bool
}

// ban is a catalogued one that can be asked about.
type ban struct {
	id, country string
	at          int
	up          bool
}

// field is a panel of one series and what is known of it.
type field struct {
	list    []spike.Series
	start   time.Time
	days    int
	known   map[string][]int // catalogued days by country
	bans    []ban
	judged  func(country string, day int) bool // whether a country-day is of the part that is reported
	country map[string][]float64
}

func readField(t *testing.T, file, format, name string, judged func(string, time.Time) bool) *field {
	t.Helper()
	dir := os.Getenv("BANSHIFT_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(dir, "data", "series", file))
	if err != nil {
		t.Skip(file + " is absent")
	}
	defer f.Close()
	list, err := series.Read(f, series.Source{Format: format, Name: name})
	if err != nil {
		t.Fatal(err)
	}
	list = slices.DeleteFunc(list, func(s spike.Series) bool { return s.Country == "" })
	p := &field{list: list, start: list[0].Start, known: map[string][]int{}, country: map[string][]float64{}}
	for _, s := range list {
		if s.Start.Before(p.start) {
			p.start = s.Start
		}
	}
	for _, s := range list {
		p.days = max(p.days, p.index(s.Start)+len(s.Values))
	}
	for _, s := range list {
		values := slices.Repeat([]float64{math.NaN()}, p.days)
		copy(values[p.index(s.Start):], s.Values)
		p.country[s.Country] = values
	}
	p.judged = func(country string, day int) bool {
		return day >= warmUp && judged(country, p.start.AddDate(0, 0, day)) && p.level(country, day) >= leastUsers
	}
	p.readBans(t, name)
	return p
}

func (p *field) index(d time.Time) int { return int(d.Sub(p.start).Hours() / 24) }

// level is the median of the users of 28 days before a day.
func (p *field) level(country string, day int) float64 {
	values, known := p.country[country], []float64{}
	if day > len(values) {
		return 0
	}
	for _, v := range values[max(0, day-28):day] {
		if !math.IsNaN(v) {
			known = append(known, v)
		}
	}
	if len(known) < 14 {
		return 0
	}
	slices.Sort(known)
	return known[len(known)/2]
}

// readBans keeps of the events of a country within a week that ask for the same the first one.
func (p *field) readBans(t *testing.T, name string) {
	t.Helper()
	catalogue, err := events.Load("")
	if err != nil {
		t.Fatal(err)
	}
	slices.SortStableFunc(catalogue, func(a, b events.Event) int { return a.Date().Compare(b.Date()) })
	for _, e := range catalogue {
		for _, d := range []time.Time{e.Announced(), e.Enforced(), e.Ended()} {
			if !d.IsZero() {
				p.known[e.Country] = append(p.known[e.Country], p.index(d))
			}
		}
		if e.Region != "" {
			continue // it neither shows in the whole country's use nor stands for another ban
		}
		b := ban{e.ID, e.Country, p.index(e.Date()), spike.DefaultConfig().Asked(e, name) == spike.Up}
		same := slices.ContainsFunc(p.bans, func(o ban) bool { return o.country == b.country && o.up == b.up && b.at-o.at <= 7 })
		bans := e.Kind == events.Enforce || e.Kind == events.Throttle || e.Kind == events.Shutdown
		if bans && e.Precision != "month" && !same && b.at+alarmTo < p.days && p.judged(b.country, b.at) && p.complete(b) {
			p.bans = append(p.bans, b)
		}
	}
}

// complete says whether at least five of the days around a ban have a value.
func (p *field) complete(b ban) bool {
	n := 0
	for _, v := range p.country[b.country][b.at+alarmFrom : b.at+alarmTo+1] {
		if !math.IsNaN(v) {
			n++
		}
	}
	return n >= 5
}

// near says whether something is catalogued near a day of a country.
func (p *field) near(country string, day int) bool {
	return slices.ContainsFunc(p.known[country], func(d int) bool { return d-day <= clearDays && day-d <= clearDays })
}

// years are the country-years in which an alarm is false.
func (p *field) years() float64 {
	n := 0
	for country, values := range p.country {
		for day, v := range values {
			if !math.IsNaN(v) && p.judged(country, day) && !p.near(country, day) {
				n++
			}
		}
	}
	return float64(n) / 365.25
}

// score counts the bans in alarm in the asked direction, and the alarms of either direction that begin where nothing is known.
func (p *field) score(alarms []alarmSpan) (found, falsely int) {
	for _, b := range p.bans {
		if slices.ContainsFunc(alarms, func(a alarmSpan) bool {
			return a.country == b.country && a.up == b.up && a.from <= b.at+alarmTo && a.to >= b.at+alarmFrom
		}) {
			found++
		}
	}
	for _, a := range alarms {
		if p.judged(a.country, a.from) && !p.near(a.country, a.from) {
			falsely++
		}
	}
	return found, falsely
}

// Rises that are planted, each in another panel's copy: of a week, twice the users, far enough apart that one does not
// move the baseline of the next.
const (
	plantedCopies = 8
	plantedApart  = 60
	plantedDays   = 7
)

// planted are copies of the panel with rises in countries and on days of the part, where nothing is catalogued, and the rises.
func (p *field) planted() []*field {
	rng := rand.New(rand.NewPCG(12, 12))
	var copies []*field
	for range plantedCopies {
		q := &field{start: p.start, days: p.days, known: p.known, judged: p.judged, country: maps.Clone(p.country), list: slices.Clone(p.list)}
		for at := warmUp + rng.IntN(plantedApart); at+plantedDays < p.days; at += plantedApart {
			for range 20 {
				i := rng.IntN(len(q.list))
				b := ban{"planted", q.list[i].Country, at, true}
				if p.judged(b.country, at) && !p.near(b.country, at) && p.complete(b) {
					q.raise(i, at)
					q.bans = append(q.bans, b)
					break
				}
			}
		}
		copies = append(copies, q)
	}
	return copies
}

// raise doubles the users of series i for plantedDays from a day on.
func (p *field) raise(i, at int) {
	s := p.list[i]
	values, s2 := slices.Clone(p.country[s.Country]), slices.Clone(s.Values)
	offset := p.index(s.Start)
	for day := at; day < at+plantedDays; day++ {
		values[day] *= 2
		if n := day - offset; n >= 0 && n < len(s2) {
			s2[n] *= 2
		}
	}
	p.list[i].Values, p.country[s.Country] = s2, values
}

// own are the alarms of this project's detector at a threshold.
func (p *field) own(t *testing.T, z float64) []alarmSpan {
	t.Helper()
	cfg := spike.DefaultConfig()
	cfg.AlarmZ, cfg.BurstZ = z, 2*z
	got, err := spike.Analyze(p.list, nil, cfg)
	if err != nil {
		t.Fatal(err)
	}
	var list []alarmSpan
	for _, a := range got.Alarms {
		from, err1 := time.Parse(time.DateOnly, a.Date)
		to, err2 := time.Parse(time.DateOnly, a.Until)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		list = append(list, alarmSpan{a.Country, p.index(from), p.index(to), a.Direction == spike.Up})
	}
	return list
}

// danezis are the alarms of Danezis' detector, at least so many of three days outside its range; days in alarm at most a week
// apart are one, as in the other detector.
func (p *field) danezis(need int) []alarmSpan {
	var users [][]float64
	for _, s := range p.list {
		users = append(users, p.country[s.Country])
	}
	marks := outlier.Danezis(users)
	var list []alarmSpan
	for i, s := range p.list {
		for _, sign := range []int{1, -1} {
			last := -1
			for t := 2; t < p.days; t++ {
				n := 0
				for _, m := range marks[i][t-2 : t+1] {
					if m == sign {
						n++
					}
				}
				if n < need || marks[i][t] != sign {
					continue
				}
				if last >= 0 && t-list[last].to <= 7 {
					list[last].to = t
					continue
				}
				list = append(list, alarmSpan{s.Country, t, t, sign > 0})
				last = len(list) - 1
			}
		}
	}
	return list
}

// TestAlarms writes recall of catalogued bans against false alarms a country-year, for five thresholds and next to Danezis'
// detector, to the file that BANSHIFT_ALARMS names. The thresholds of the detector were chosen on 48 countries of the first half of 2018.
func TestAlarms(t *testing.T) {
	if testing.Short() {
		t.Skip("minutes of panels")
	}
	path := os.Getenv("BANSHIFT_ALARMS")
	held := time.Date(2018, 7, 1, 0, 0, 0, 0, time.UTC)
	var b strings.Builder
	b.WriteString(alarmIntro + "\n")
	for _, c := range []struct {
		file, format, name, part string
		judged                   func(string, time.Time) bool
	}{
		{"tor-bridge-users-2018-2020.csv", "tor-userstats", "tor-bridge-users", "until 2018-06: the days on which the detector was made", func(_ string, d time.Time) bool { return d.Before(held) }},
		{"tor-bridge-users-2018-2020.csv", "tor-userstats", "tor-bridge-users", "from 2018-07: later days", func(_ string, d time.Time) bool { return !d.Before(held) }},
		{"tor-direct-users-2009-2011.csv", "csv", "tor-direct-users", "another series", func(string, time.Time) bool { return true }},
	} {
		p := readField(t, c.file, c.format, c.name, c.judged)
		years := p.years()
		fmt.Fprintf(&b, "\n## %s, %s\n\n%d catalogued bans, %.1f country-years without one.\n\n| detector | bans found | planted rises found | false alarms a country-year |\n|---|---|---|---|\n", c.name, c.part, len(p.bans), years)
		var copies []*field
		if path != "" { // minutes more
			copies = p.planted()
		}
		row := func(name string, detect func(*field) []alarmSpan) float64 {
			found, falsely := p.score(detect(p))
			raised, of := 0, 0
			for _, q := range copies {
				n, _ := q.score(detect(q))
				raised, of = raised+n, of+len(q.bans)
			}
			fmt.Fprintf(&b, "| %s | %d of %d | %d of %d | %.2f |\n", name, found, len(p.bans), raised, of, float64(falsely)/years)
			return float64(falsely) / years
		}
		last := math.Inf(1)
		for _, z := range alarmThresholds {
			name := fmt.Sprintf("above %g on three of four days, or %g on two of three", z, 2*z)
			if d := spike.DefaultConfig(); d.AlarmZ == z && d.BurstZ == 2*z {
				name += " (registered)"
			}
			rate := row(name, func(f *field) []alarmSpan { return f.own(t, z) })
			if rate > last+.05 {
				t.Errorf("%s: %.2f false alarms a country-year at %g, %.2f at less", c.name, rate, z, last)
			}
			last = rate
		}
		row("Danezis 2011", func(f *field) []alarmSpan { return f.danezis(1) })
		row("Danezis 2011, two of three days", func(f *field) []alarmSpan { return f.danezis(2) })
		var names []string
		for _, x := range p.bans {
			names = append(names, x.id)
		}
		fmt.Fprintf(&b, "\nThe bans: %s.\n", strings.Join(names, ", "))
	}
	t.Log("\n" + b.String())
	if path != "" {
		if err := os.WriteFile(path, []byte(strings.TrimSpace(b.String())+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// alarmIntro heads the page.
const alarmIntro = `# Alarms: bans found against false alarms

"banshift spikes" without asking about an event. A ban is found if an alarm in the direction that it asks for touches the days from the one before to six after. An alarm of either direction that begins more than 21 days from every
catalogued event of its country counts as false, though some will be bans that nobody catalogued. Countries have 50 users a day and more; bans are those that networks enforced, throttled or shut down, in the whole country, the first one of a week;
at least five of their days have a value. There are few such bans in these series, so twice the users for a week were planted too, on days without a catalogued event.

The detector and its thresholds were made on 48 countries of the first half of 2018; the later days and the other series had not been looked at for it, though single bans in them had. Danezis' detector is the one of his report
of 2011 (four interquartile ranges, tails of .0001), with days in alarm that are a week or less apart as one.

Made by "make calibrate" (BANSHIFT_ALARMS=docs/alarms.md go test ./transform/spike/outlier -run TestAlarms).`
