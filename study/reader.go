package study

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/banshift/banshift/load"
)

// Reader answers named queries about a store; *load.Store is one. A reader of the store
// needs no right to write.
type Reader interface {
	// Daily gives the days of the named query daily_series, by country and day.
	Daily(ctx context.Context, params map[string]string) ([]load.Day, error)
	// Query writes the rows of a named query.
	Query(ctx context.Context, name string, params map[string]string, w io.Writer, f load.Format) error
}

// ErrEmpty says what to do about a store without telemetry.
var ErrEmpty = errors.New("the store holds no telemetry; load some with 'banshift run', or give --series FILE")

// reading asks each question once in one study, and notes which were asked.
type reading struct {
	Reader
	days  map[string][]load.Day
	texts map[string][]byte
	asked map[string]bool
}

func newReading(r Reader) *reading {
	return &reading{Reader: r, days: map[string][]load.Day{}, texts: map[string][]byte{}, asked: map[string]bool{}}
}

// queries lists the named queries that were asked, by name.
func (r *reading) queries() []string { return slices.Sorted(maps.Keys(r.asked)) }

// Daily answers from what was read before where it can; the caller owns the rows.
func (r *reading) Daily(ctx context.Context, params map[string]string) ([]load.Day, error) {
	r.asked["daily_series"] = true
	key := fmt.Sprint(params) // fmt sorts the keys of maps
	if _, known := r.days[key]; !known {
		rows, err := r.Reader.Daily(ctx, params)
		if err != nil {
			return nil, err
		}
		r.days[key] = rows
	}
	return slices.Clone(r.days[key]), nil
}

// rows runs a named query and decodes its rows.
func rows[Row any](ctx context.Context, r *reading, name string, params map[string]string) ([]Row, error) {
	r.asked[name] = true
	key := name + fmt.Sprint(params)
	if _, known := r.texts[key]; !known {
		var text bytes.Buffer
		if err := r.Query(ctx, name, params, &text, load.JSON); err != nil {
			return nil, err
		}
		r.texts[key] = text.Bytes()
	}
	var list []Row
	if err := json.Unmarshal(r.texts[key], &list); err != nil {
		return nil, fmt.Errorf("query %s: %w", name, err)
	}
	return list, nil
}

// dayOf reads a day as the engine writes it.
func dayOf(text string) time.Time {
	day, _ := time.Parse(time.DateOnly, text)
	return day
}

// AskedNames gives how often each registered domain was asked for in the named query
// name_resolutions.
func AskedNames(ctx context.Context, r Reader, params map[string]string) (map[string]uint64, error) {
	list, err := rows[struct {
		Name    string
		Queries uint64
	}](ctx, newReading(r), "name_resolutions", params)
	asked := map[string]uint64{}
	for _, row := range list {
		asked[row.Name] += row.Queries
	}
	return asked, err
}
