// Package series reads external series by country and day into spike.Series: what Tor
// Metrics, OONI, IODA, Cloudflare Radar and Google Trends publish, app ranks, and any CSV
// with date, country and value.
//
// It never fills a missing day, never merges two countries and never corrects a
// number: what a source says of a day is what the analysis sees. Values finer than a day
// are brought to the UTC day as their format says; those of a CSV by the hour are kept too.
package series

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/banshift/banshift/transform/spike"
)

// Source says how one file is read.
type Source struct {
	Format string // one of Formats
	Name   string // what the series will be called
	// Country is the lower-case ISO code of a file that names none.
	Country string
}

// format is one way to read a file.
type format struct {
	name string
	// licence is under which the source publishes, as it says itself; empty where the file's owner decides.
	licence string
	read    func(io.Reader, Source) (*gatherer, error)
}

var formats = []format{
	{"csv", "", readCSV},
	{"tor-userstats", "CC0 1.0", readTor},
	{"ooni", "CC BY-NC-SA 4.0", readOONI},
	{"ioda", "terms of IODA, Georgia Institute of Technology", readIODA},
	{"cloudflare-radar", "CC BY-NC 4.0", readRadar},
	{"google-trends", "terms of Google Trends", readTrends},
	{"app-ranks", "", readRanks},
}

// Formats are the names that Read takes.
func Formats() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// Licence is the one under which a format's source publishes its data; empty where it is
// the file's owner who says so.
func Licence(name string) string {
	for _, f := range formats {
		if f.name == name {
			return f.licence
		}
	}
	return ""
}

// Read reads one file. The order of the result is by country. The error of a file of another format names that one, where r
// can be read again.
func Read(r io.Reader, from Source) ([]spike.Series, error) {
	at := slices.Index(Formats(), from.Format)
	if at < 0 {
		return nil, fmt.Errorf("series format %q: want one of %s", from.Format, strings.Join(Formats(), ", "))
	}
	all, err := formats[at].series(r, from)
	if err != nil {
		if fits := fitting(r, from); fits != "" {
			err = fmt.Errorf("%w; the file can be read as format %s", err, fits)
		}
		return nil, err
	}
	return all, nil
}

// fitting names the first format in which a file can be read from its beginning; empty: none.
func fitting(r io.Reader, from Source) string {
	file, ok := r.(io.Seeker)
	if !ok {
		return ""
	}
	for _, f := range formats {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return ""
		}
		if _, err := f.series(r, from); err == nil {
			return f.name
		}
	}
	return ""
}

func (f format) series(r io.Reader, from Source) ([]spike.Series, error) {
	found, err := f.read(r, from)
	if err != nil {
		return nil, err
	}
	return found.series(from.Name)
}

// maxDays bounds the span of one file, so that one wrong year cannot fill the memory.
const maxDays = 366 * 60

// within is what becomes of several points of one day.
type within int

const (
	single within = iota // two are an error
	summed               // counts add up
	meaned               // levels are averaged; the share of the day that has one is its coverage
	hourly               // one of an hour is kept, and the day is their mean; two of one hour are an error
)

// point is one value; what is unknown of it is NaN.
type point struct {
	at                           time.Time
	value, coverage, denominator float64
}

// gatherer collects the points of one file by country.
type gatherer struct {
	within                within
	coverage, denominator bool // the file has such a column
	points                map[string][]point
}

func (g *gatherer) add(country string, p point) {
	if g.points == nil {
		g.points = map[string][]point{}
	}
	g.points[country] = append(g.points[country], p)
}

// series lays the points of each country on contiguous days.
func (g *gatherer) series(name string) ([]spike.Series, error) {
	if len(g.points) == 0 {
		return nil, fmt.Errorf("series: no data in the file")
	}
	var all []spike.Series
	for country, ps := range g.points {
		slices.SortStableFunc(ps, func(a, b point) int { return a.at.Compare(b.at) })
		first, last := spike.Day(ps[0].at), spike.Day(ps[len(ps)-1].at)
		n := dayOf(first, last) + 1
		if n > maxDays {
			return nil, fmt.Errorf("series: country %q spans %s to %s: one of the dates is wrong",
				country, first.Format(time.DateOnly), last.Format(time.DateOnly))
		}
		s := spike.Series{Name: name, Country: country, Start: first, Values: missing(n)}
		if g.coverage || g.within == meaned {
			s.Coverage = missing(n)
		}
		if g.denominator {
			s.Denominator = missing(n)
		}
		if g.within == hourly && mostADay(ps) > 1 {
			s.Hours = g.hoursOf(n)
		}
		if err := g.lay(&s, ps); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b spike.Series) int { return strings.Compare(a.Country, b.Country) })
	return all, nil
}

// lay brings the points, in order, to the days of s.
func (g *gatherer) lay(s *spike.Series, ps []point) error {
	most := mostADay(ps)
	for i := 0; i < len(ps); {
		t, from := dayOf(s.Start, ps[i].at), i
		for i++; i < len(ps) && dayOf(s.Start, ps[i].at) == t; i++ {
			if g.within == single || g.within == hourly && ps[i].at.Truncate(time.Hour).Equal(ps[i-1].at.Truncate(time.Hour)) {
				return fmt.Errorf("series: country %q has two rows for %s", s.Country, writtenTime(ps[i].at))
			}
		}
		own := ps[from:i]
		if s.Hours != nil {
			g.layHours(s, t, own)
			continue
		}
		sum, n := total(own, func(p point) float64 { return p.value })
		s.Values[t] = sum
		if g.within == meaned {
			s.Values[t], s.Coverage[t] = sum/float64(n), float64(n)/float64(most) // NaN of none
		} else if g.coverage {
			s.Coverage[t] = own[0].coverage
		}
		if g.denominator {
			s.Denominator[t], _ = total(own, func(p point) float64 { return p.denominator })
		}
	}
	return nil
}

// leastHours is how many hours of a day make its mean.
const leastHours = 18

// hoursOf are so many days' hours, without a value.
func (g *gatherer) hoursOf(days int) *spike.Hours {
	h := &spike.Hours{Values: missing(24 * days)}
	if g.denominator {
		h.Denominator = missing(24 * days)
	}
	return h
}

// layHours brings the points of day t to its hours, and the day to their mean: a user of three hours is in three of them, so that
// hours do not add up to the users of a day.
func (g *gatherer) layHours(s *spike.Series, t int, own []point) {
	for _, p := range own {
		at := 24*t + p.at.Hour()
		s.Hours.Values[at] = p.value
		if g.denominator {
			s.Hours.Denominator[at] = p.denominator
		}
	}
	meanOf := func(of func(point) float64) float64 {
		sum, n := total(own, of)
		if n < leastHours {
			return math.NaN()
		}
		return sum / float64(n)
	}
	s.Values[t] = meanOf(func(p point) float64 { return p.value })
	if g.coverage {
		s.Coverage[t] = meanOf(func(p point) float64 { return p.coverage })
	}
	if g.denominator {
		s.Denominator[t] = meanOf(func(p point) float64 { return p.denominator })
	}
}

// writtenTime is the day, or the hour of one that is not at midnight.
func writtenTime(t time.Time) string {
	if t.Hour() == 0 {
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01-02T15")
}

// total adds up what is known, and how many that are; NaN of none.
func total(ps []point, of func(point) float64) (sum float64, n int) {
	for _, p := range ps {
		if v := of(p); !math.IsNaN(v) {
			sum, n = sum+v, n+1
		}
	}
	if n == 0 {
		return math.NaN(), 0
	}
	return sum, n
}

// mostADay is the largest number of points that a day has: a whole day's.
func mostADay(ps []point) int {
	most, n := 1, 0
	for i := range ps {
		n++
		if i > 0 && !spike.Day(ps[i].at).Equal(spike.Day(ps[i-1].at)) {
			n = 1
		}
		most = max(most, n)
	}
	return most
}

func dayOf(start, at time.Time) int { return int(spike.Day(at).Sub(start).Hours() / 24) }

// number reads a count; empty, NA and NaN are missing.
func number(s string) (float64, error) {
	if s == "" || strings.EqualFold(s, "na") || strings.EqualFold(s, "nan") {
		return math.NaN(), nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err == nil && (v < 0 || math.IsInf(v, 0)) {
		err = strconv.ErrRange
	}
	return v, err
}

func missing(n int) []float64 {
	xs := make([]float64, n)
	for i := range xs {
		xs[i] = math.NaN()
	}
	return xs
}
