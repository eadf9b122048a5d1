package series

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
)

// columns names the columns of a CSV format; the ones left empty do not exist in it.
type columns struct {
	date, country         string
	values                []string // their sum is the value
	coverage, denominator string
	skip                  []string // codes that are not countries
	within                within
	each                  func(value float64) float64 // what a value stands for; nil: itself
}

// readCSV reads date, country, value and, where known, fraction and denominator, by day or by hour.
func readCSV(r io.Reader, from Source) (*gatherer, error) {
	return readTable(r, from, columns{date: "date", country: "country", values: []string{"value"}, coverage: "fraction", denominator: "denominator", within: hourly})
}

// readTor reads Tor Metrics' userstats files as downloaded, of relays or of bridges. Places that are
// not countries (unknown, anonymous proxies, satellite providers, the GeoIP data base's regions)
// are left out. Format: https://metrics.torproject.org/stats.html
func readTor(r io.Reader, from Source) (*gatherer, error) {
	return readTable(r, from, columns{date: "date", country: "country", values: []string{"users"}, coverage: "frac",
		skip: []string{"??", "a1", "a2", "ap", "eu", "o1"}})
}

// readOONI reads OONI's aggregation as CSV, by day or by hour: measurements with signs of blocking
// out of all of them. It shows blocking, not use. Format: https://api.ooni.io/apidocs/ (aggregation).
func readOONI(r io.Reader, from Source) (*gatherer, error) {
	return readTable(r, from, columns{date: "measurement_start_day", country: "probe_cc",
		values: []string{"anomaly_count", "confirmed_count"}, denominator: "measurement_count", within: summed})
}

// readRanks reads date, country and rank of an app in a store's chart. A rank stands for its
// inverse: downloads fall about as 1/rank (Garg and Telang, MIS Quarterly 37, 2013, find an
// exponent of .94). A day on which the app is not in the chart is missing, not zero.
func readRanks(r io.Reader, from Source) (*gatherer, error) {
	return readTable(r, from, columns{date: "date", country: "country", values: []string{"rank"},
		each: func(rank float64) float64 { return 1000 / rank }})
}

// readTable reads a CSV with a header line. Lines that begin with # are comments.
func readTable(r io.Reader, from Source, want columns) (*gatherer, error) {
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
	at, err := locate(header, want, from.Country == "")
	if err != nil {
		return nil, err
	}
	found := &gatherer{within: want.within, coverage: at.coverage >= 0, denominator: at.denominator >= 0}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, fmt.Errorf("series: %w", err)
		}
		line, _ := in.FieldPos(0)
		country, p, err := at.parse(record, want.each)
		if err != nil {
			return nil, fmt.Errorf("series: line %d: %w", line, err)
		}
		if at.country < 0 {
			country = from.Country
		}
		if !slices.Contains(want.skip, country) {
			found.add(country, p)
		}
	}
}

// position is where the columns are in a file, -1 where they are not.
type position struct {
	date, country, coverage, denominator int
	values                               []int
}

// locate finds the columns; the country's is needed where nothing else names it.
func locate(header []string, want columns, country bool) (position, error) {
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
	at := position{date: find(want.date, true), country: find(want.country, country),
		coverage: find(want.coverage, false), denominator: find(want.denominator, false)}
	for _, v := range want.values {
		at.values = append(at.values, find(v, true))
	}
	return at, missing
}

// parse reads one row. An empty value is a missing day.
func (at position) parse(record []string, each func(float64) float64) (string, point, error) {
	field := func(i int) string {
		if i < 0 || i >= len(record) {
			return ""
		}
		return strings.TrimSpace(record[i])
	}
	day, err := readTime(field(at.date))
	if err != nil {
		return "", point{}, err
	}
	p := point{at: day, coverage: math.NaN(), denominator: math.NaN()}
	read := func(i int, name string) float64 {
		v, e := number(field(i))
		if e != nil && err == nil {
			err = fmt.Errorf("%s %q: want a number that is not negative", name, field(i))
		}
		return v
	}
	for _, i := range at.values {
		p.value += read(i, "value")
	}
	if each != nil {
		if p.value == 0 {
			return "", point{}, errors.New("rank 0: the first rank is 1")
		}
		p.value = each(p.value)
	}
	p.coverage, p.denominator = read(at.coverage, "fraction"), read(at.denominator, "denominator")
	if err != nil {
		return "", point{}, err
	}
	return strings.ToLower(field(at.country)), p, nil
}

// timeLayouts are the ways in which the sources write a time, all of them UTC.
var timeLayouts = []string{time.DateOnly, time.RFC3339, "2006-01-02T15", "2006-01-02 15:04:05", "2006-01-02T15:04:05"}

func readTime(text string) (time.Time, error) {
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("date %q: want YYYY-MM-DD", text)
}
