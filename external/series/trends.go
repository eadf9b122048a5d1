package series

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// readTrends reads the CSV of "interest over time" of Google Trends: a line with the category, then
// Day or Time, and a column a term, "telegram: (Russia)". Values are relative to the largest one of
// the file; "<1" is half of one. It shows what people search for, not what they use.
// Format: as the page's download button gives it; there is no published description.
func readTrends(r io.Reader, from Source) (*gatherer, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = -1
	found := &gatherer{within: meaned}
	var countries []string
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("series: google-trends: %w", err)
		}
		line, _ := in.FieldPos(0)
		switch {
		case len(record) < 2: // the category
		case countries == nil:
			if countries, err = trendsCountries(record[1:], from.Country); err != nil {
				return nil, err
			}
		default:
			if err := addTrends(found, countries, record); err != nil {
				return nil, fmt.Errorf("series: google-trends: line %d: %w", line, err)
			}
		}
	}
	return found, weekly(found)
}

// ofPlace is a column's place: "telegram: (Russia)".
var ofPlace = regexp.MustCompile(`: \((.+)\)$`)

// trendsCountries gives each column its country.
func trendsCountries(header []string, only string) ([]string, error) {
	var countries []string
	seen := map[string]bool{}
	for _, h := range header {
		country := only
		if place := ofPlace.FindStringSubmatch(h); place != nil && (only == "" || len(header) > 1) {
			if place[1] == "Worldwide" {
				country = ""
			} else if country = codeOf(place[1]); country == "" {
				return nil, fmt.Errorf("series: google-trends: %q is no English name of a country; give the country of a file of one column", place[1])
			}
		} else if only == "" {
			return nil, fmt.Errorf("series: google-trends: column %q names no country", h)
		}
		if seen[country] {
			return nil, fmt.Errorf("series: google-trends: two columns for country %q: download each term by itself", country)
		}
		seen[country] = true
		countries = append(countries, country)
	}
	return countries, nil
}

// codeOf is the lower-case ISO code of a country's English name, empty of none.
func codeOf(name string) string {
	names := display.English.Regions()
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			region, err := language.ParseRegion(string([]rune{a, b}))
			if err == nil && region.IsCountry() && region.Canonicalize() == region && strings.EqualFold(names.Name(region), name) {
				return strings.ToLower(region.String())
			}
		}
	}
	return ""
}

func addTrends(found *gatherer, countries, record []string) error {
	at, err := readTime(strings.TrimSpace(record[0]))
	if err != nil {
		return err
	}
	for i, country := range countries {
		if i+1 >= len(record) {
			break
		}
		text := strings.TrimSpace(record[i+1])
		v := .5
		if text != "<1" {
			if v, err = number(text); err != nil {
				return fmt.Errorf("value %q: want a number that is not negative", text)
			}
		}
		found.add(country, point{at: at, value: v, coverage: math.NaN(), denominator: math.NaN()})
	}
	return nil
}

// weekly refuses files of weeks or months: their days are unknown.
func weekly(found *gatherer) error {
	for _, ps := range found.points {
		if len(ps) >= 3 && ps[1].at.Sub(ps[0].at).Hours() > 24 && ps[2].at.Sub(ps[1].at).Hours() > 24 {
			return errors.New("series: google-trends: a row is longer than a day: ask for at most nine months")
		}
	}
	return nil
}
