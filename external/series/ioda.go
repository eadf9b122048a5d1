package series

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// iodaSignals is the answer of IODA's v2 API to signals/raw/country: lists of signals, each with equal steps
// from a time on. It shows whether networks can be reached, not use.
// Format: https://api.ioda.inetintel.cc.gatech.edu/v2/
type iodaSignals struct {
	Error any            `json:"error"`
	Data  [][]iodaSignal `json:"data"`
}

type iodaSignal struct {
	EntityType string            `json:"entityType"`
	EntityCode string            `json:"entityCode"`
	DataSource string            `json:"datasource"`
	From       int64             `json:"from"` // seconds since 1970
	Step       int64             `json:"step"` // seconds
	Values     []json.RawMessage `json:"values"`
}

// readIODA reads one signal (bgp, ping-slash24, …) of one or more countries. A day's value is its
// mean, its coverage the share of its steps that have one.
func readIODA(r io.Reader, _ Source) (*gatherer, error) {
	var answer iodaSignals
	if err := json.NewDecoder(r).Decode(&answer); err != nil {
		return nil, fmt.Errorf("series: ioda: %w", err)
	}
	if answer.Error != nil {
		return nil, fmt.Errorf("series: ioda: the file holds an error instead of signals: %v", answer.Error)
	}
	found := &gatherer{within: meaned}
	source := ""
	for _, list := range answer.Data {
		for _, s := range list {
			if s.EntityType != "country" {
				continue
			}
			if source == "" {
				source = s.DataSource
			}
			if s.DataSource != source {
				return nil, fmt.Errorf("series: ioda: signals %s and %s in one file: ask for one (datasource=%s)", source, s.DataSource, source)
			}
			if err := s.addTo(found); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

func (s iodaSignal) addTo(found *gatherer) error {
	if s.Step <= 0 || s.Step > 86400 {
		return fmt.Errorf("series: ioda: step of %d s: want at most a day", s.Step)
	}
	if int64(len(s.Values))*s.Step > maxDays*86400 {
		return errors.New("series: ioda: a signal is longer than can be")
	}
	for i, raw := range s.Values {
		value := math.NaN()
		if text := string(raw); text != "null" {
			v, err := number(text)
			if err != nil {
				return fmt.Errorf("series: ioda: value %q of %s: want a number that is not negative", text, s.EntityCode)
			}
			value = v
		}
		found.add(strings.ToLower(s.EntityCode), point{at: time.Unix(s.From+int64(i)*s.Step, 0).UTC(), value: value})
	}
	return nil
}
