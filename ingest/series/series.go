// Package series reads external series of daily users into spike.Series: Tor Metrics'
// files as downloaded, and any CSV with date, country and value.
//
// It never fills a missing day, never merges two countries and never corrects a
// number: what a source says of a day is what the analysis sees.
package series

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/banshift/banshift/transform/spike"
)

// Formats are the names that Read takes.
//
//	tor-userstats  Tor Metrics' userstats files: date, country, users, frac
//	csv            date, country, value and, where known, fraction and denominator
//	ooni           OONI's aggregation as CSV: measurements with signs of blocking out of all of them;
//	               it shows blocking, not use
var Formats = []string{"tor-userstats", "csv", "ooni"}

// maxDays bounds the span of one file, so that one wrong year cannot fill the memory.
const maxDays = 366 * 60

// Read reads one file in the named format. name is what the series will be called.
// The order of the result is by country.
func Read(r io.Reader, format, name string) ([]spike.Series, error) {
	switch format {
	case "tor-userstats":
		return readTable(r, name, columns{date: "date", country: "country", values: []string{"users"}, coverage: "frac"}, torPlaces)
	case "csv":
		return readTable(r, name, columns{date: "date", country: "country", values: []string{"value"}, coverage: "fraction",
			denominator: "denominator"}, nil)
	case "ooni":
		return readTable(r, name, columns{date: "measurement_start_day", country: "probe_cc",
			values: []string{"anomaly_count", "confirmed_count"}, denominator: "measurement_count"}, nil)
	}
	return nil, fmt.Errorf("series format %q: want one of %s", format, strings.Join(Formats, ", "))
}

// torPlaces are codes of Tor Metrics that are not countries: unknown, anonymous
// proxies, satellite providers, and the GeoIP data base's regions.
var torPlaces = []string{"??", "a1", "a2", "ap", "eu", "o1"}

// columns names the columns of a format; the ones left empty do not exist in it.
type columns struct {
	date, country         string
	values                []string // their sum is the value
	coverage, denominator string
}

// point is one row of a file.
type point struct {
	day                          time.Time
	value, coverage, denominator float64
}

// readTable reads a CSV with a header line. Lines that begin with # are comments.
func readTable(r io.Reader, name string, want columns, skip []string) ([]spike.Series, error) {
	in := csv.NewReader(r)
	in.Comment = '#'
	in.FieldsPerRecord = -1
	in.ReuseRecord = true
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("series: the file is empty; want a header line with " + want.date + ", " + want.country + ", " + strings.Join(want.values, ", "))
	}
	if err != nil {
		return nil, fmt.Errorf("series: header: %w", err)
	}
	at, err := locate(header, want)
	if err != nil {
		return nil, err
	}
	points := map[string][]point{}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("series: %w", err)
		}
		line, _ := in.FieldPos(0)
		country, p, err := at.parse(record)
		if err != nil {
			return nil, fmt.Errorf("series: line %d: %w", line, err)
		}
		if !slices.Contains(skip, country) {
			points[country] = append(points[country], p)
		}
	}
	if len(points) == 0 {
		return nil, errors.New("series: no data below the header line")
	}
	return assemble(name, points, at)
}

// position is where the columns are in a file, -1 where they are not.
type position struct {
	date, country, coverage, denominator int
	values                               []int
}

func locate(header []string, want columns) (position, error) {
	var missing error
	find := func(column string, needed bool) int {
		at := slices.IndexFunc(header, func(h string) bool {
			return column != "" && strings.EqualFold(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")), column)
		})
		if at < 0 && needed && missing == nil {
			missing = fmt.Errorf("series: no column %q in the header %q", column, strings.Join(header, ","))
		}
		return at
	}
	at := position{date: find(want.date, true), country: find(want.country, true),
		coverage: find(want.coverage, false), denominator: find(want.denominator, false)}
	for _, v := range want.values {
		at.values = append(at.values, find(v, true))
	}
	return at, missing
}

// parse reads one row. An empty value is a missing day.
func (at position) parse(record []string) (string, point, error) {
	field := func(i int) string {
		if i < 0 || i >= len(record) {
			return ""
		}
		return strings.TrimSpace(record[i])
	}
	date := field(at.date)
	if len(date) > len(time.DateOnly) {
		date = date[:len(time.DateOnly)] // a time of day after the date
	}
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return "", point{}, fmt.Errorf("date %q: want YYYY-MM-DD", field(at.date))
	}
	p := point{day: day}
	parts := make([]float64, len(at.values))
	read := func(to *float64, i int, name string) {
		v, e := number(field(i))
		if e != nil && err == nil {
			err = fmt.Errorf("%s %q: want a number that is not negative", name, field(i))
		}
		*to = v
	}
	for i := range parts {
		read(&parts[i], at.values[i], "value")
		p.value += parts[i]
	}
	read(&p.coverage, at.coverage, "fraction")
	read(&p.denominator, at.denominator, "denominator")
	if err != nil {
		return "", point{}, err
	}
	return strings.ToLower(field(at.country)), p, nil
}

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

// assemble lays the points of each country on contiguous days.
func assemble(name string, points map[string][]point, at position) ([]spike.Series, error) {
	var all []spike.Series
	for country, ps := range points {
		slices.SortStableFunc(ps, func(a, b point) int { return a.day.Compare(b.day) })
		first, last := ps[0].day, ps[len(ps)-1].day
		n := int(last.Sub(first).Hours()/24) + 1
		if n > maxDays {
			return nil, fmt.Errorf("series: country %q spans %s to %s: one of the dates is wrong",
				country, first.Format(time.DateOnly), last.Format(time.DateOnly))
		}
		s := spike.Series{Name: name, Country: country, Start: first, Values: missing(n)}
		if at.coverage >= 0 {
			s.Coverage = missing(n)
		}
		if at.denominator >= 0 {
			s.Denominator = missing(n)
		}
		for i, p := range ps {
			if i > 0 && p.day.Equal(ps[i-1].day) {
				return nil, fmt.Errorf("series: country %q has two rows for %s", country, p.day.Format(time.DateOnly))
			}
			t := int(p.day.Sub(first).Hours() / 24)
			s.Values[t] = p.value
			if s.Coverage != nil {
				s.Coverage[t] = p.coverage
			}
			if s.Denominator != nil {
				s.Denominator[t] = p.denominator
			}
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b spike.Series) int { return strings.Compare(a.Country, b.Country) })
	return all, nil
}

func missing(n int) []float64 {
	xs := make([]float64, n)
	for i := range xs {
		xs[i] = math.NaN()
	}
	return xs
}
