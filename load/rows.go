package load

import (
	"context"
	"fmt"
	"time"
)

// Event is a row of table events.
type Event struct {
	ID          string     `json:"id"`
	Country     string     `json:"country"` // lower-case ISO code
	Target      string     `json:"target"`
	Kind        string     `json:"kind"`
	AnnouncedAt *time.Time `json:"announced_at"`
	EnforcedAt  *time.Time `json:"enforced_at"`
	EndedAt     *time.Time `json:"ended_at"`
	Precision   string     `json:"precision"`
	Notes       string     `json:"notes"`
}

// SeriesPoint is a row of table series.
type SeriesPoint struct {
	Series      string    `json:"series"`
	Country     string    `json:"country"`
	Time        time.Time `json:"time"`
	Value       float64   `json:"value"`
	Denominator *float64  `json:"denominator"` // what the value is out of, nil where unknown
	Fraction    *float64  `json:"fraction"`    // share of the sensors that reported, nil where unknown
	Source      string    `json:"source"`
	Licence     string    `json:"licence"`
	Simulated   uint8     `json:"simulated"`
}

// Spike is a row of table spikes: an alarm of the detector.
type Spike struct {
	Series    string  `json:"series"`
	Country   string  `json:"country"`
	Date      string  `json:"date"` // 2006-01-02
	Z         float64 `json:"z"`
	Direction string  `json:"direction"`
	Value     float64 `json:"value"`
	Expected  float64 `json:"expected"`
	Simulated uint8   `json:"simulated"`
	Pack      string  `json:"pack"`
	Lists     string  `json:"lists"`
}

// Effect is a row of table effects: what an event did to a series.
type Effect struct {
	Series     string   `json:"series"`
	Country    string   `json:"country"`
	Event      string   `json:"event"`
	Date       string   `json:"date"` // 2006-01-02
	EffectLog  float64  `json:"effect_log"`
	EffectPct  float64  `json:"effect_pct"`
	CILow      float64  `json:"ci_low"`  // percent
	CIHigh     float64  `json:"ci_high"` // percent
	PTime      *float64 `json:"p_time"`
	NTime      uint32   `json:"n_time"`
	PSpace     *float64 `json:"p_space"`
	NSpace     uint32   `json:"n_space"`
	Direction  string   `json:"direction"`
	Grade      string   `json:"grade"`
	Reasons    []string `json:"reasons"`
	BeforeDays uint16   `json:"before_days"`
	AfterDays  uint16   `json:"after_days"`
	Seed       int64    `json:"seed"`
	Simulated  uint8    `json:"simulated"`
	Pack       string   `json:"pack"`
	Lists      string   `json:"lists"`
}

// Blocked is a row of table blocklist: a prefix that a list held on a day.
type Blocked struct {
	List         string `json:"list"`
	AsOf         string `json:"as_of"` // 2006-01-02
	First        string `json:"first"` // IPv6 text, IPv4 as ::ffff:192.0.2.0
	Last         string `json:"last"`
	Prefix       string `json:"prefix"`
	Organisation string `json:"organisation"`
	Decree       string `json:"decree"`
	Source       string `json:"source"`
	Simulated    uint8  `json:"simulated"`
}

// PutEvents replaces the catalogue's rows of these ids.
func (s *Store) PutEvents(ctx context.Context, rows []Event) error {
	return put(ctx, s, "events", rows)
}

// PutSeries replaces the points of these series, countries and times.
func (s *Store) PutSeries(ctx context.Context, rows []SeriesPoint) error {
	return put(ctx, s, "series", rows)
}

// PutSpikes replaces the alarms of these series, countries and dates.
func (s *Store) PutSpikes(ctx context.Context, rows []Spike) error {
	return put(ctx, s, "spikes", rows)
}

// PutEffects replaces the effects of these series, countries, events and dates.
func (s *Store) PutEffects(ctx context.Context, rows []Effect) error {
	return put(ctx, s, "effects", rows)
}

// PutBlocklist adds prefixes of block lists; the same prefix of a day replaces itself.
func (s *Store) PutBlocklist(ctx context.Context, rows []Blocked) error {
	return put(ctx, s, "blocklist", rows)
}

func put[T any](ctx context.Context, s *Store, table string, rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	lines, err := jsonLines(rows)
	if err != nil {
		return fmt.Errorf("rows of %s: %w", table, err)
	}
	if err := s.insertJSON(ctx, table, lines); err != nil {
		return explain(s.name, err)
	}
	return nil
}
