package series

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// readRadar reads the JSON answer of a time series of Cloudflare Radar: under result, next to meta, one object
// of timestamps and values for each series asked for. A series named like a country (name=ru)
// is that country's; a single other one is the source's. Values are normalised by Radar. A day's value is
// the mean of its points. Format: https://developers.cloudflare.com/api/ (radar, timeseries).
func readRadar(r io.Reader, from Source) (*gatherer, error) {
	var answer struct {
		Success *bool                      `json:"success"`
		Result  map[string]json.RawMessage `json:"result"`
	}
	if err := json.NewDecoder(r).Decode(&answer); err != nil {
		return nil, fmt.Errorf("series: cloudflare-radar: %w", err)
	}
	if answer.Success != nil && !*answer.Success {
		return nil, errors.New("series: cloudflare-radar: the file holds an error instead of a series")
	}
	delete(answer.Result, "meta")
	found := &gatherer{within: meaned}
	for name, raw := range answer.Result {
		country := strings.ToLower(name)
		if len(country) != 2 {
			if country = from.Country; country == "" || len(answer.Result) > 1 {
				return nil, fmt.Errorf("series: cloudflare-radar: series %q names no country: ask for it by its code (name=ru), or give the country of a single one", name)
			}
		}
		if err := addRadar(found, country, raw); err != nil {
			return nil, fmt.Errorf("series: cloudflare-radar: %s: %w", name, err)
		}
	}
	return found, nil
}

func addRadar(found *gatherer, country string, raw json.RawMessage) error {
	var s struct {
		Timestamps []string          `json:"timestamps"`
		Values     []json.RawMessage `json:"values"` // numbers, or texts of them
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	if len(s.Timestamps) != len(s.Values) {
		return fmt.Errorf("%d timestamps and %d values", len(s.Timestamps), len(s.Values))
	}
	for i, text := range s.Timestamps {
		at, err := readTime(text)
		if err != nil {
			return err
		}
		v, err := number(strings.TrimPrefix(strings.Trim(string(s.Values[i]), `"`), "null"))
		if err != nil {
			return fmt.Errorf("value %s: want a number that is not negative", s.Values[i])
		}
		found.add(country, point{at: at, value: v})
	}
	return nil
}
